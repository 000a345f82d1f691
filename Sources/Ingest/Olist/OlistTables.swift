import BSON

/// What the nine files say, held compactly until documents can be made of them.
///
/// Ids, places, statuses and payment types are numbers into tables of texts.
struct OlistTables {
    struct Place {
        var postalCode: Int32
        var city: Int32
        var state: Int32
    }

    struct Customer {
        /// The person: `customer_unique_id`. `customer_id` is new with every order.
        var person: Int32
        var place: Place
    }

    struct Person {
        var firstOrder = Int64.max
        var lastOrder = Int64.min
        /// Where the last order went.
        var place: Place
    }

    struct Order {
        var id: Int32
        /// A row of the customers file; -1 where there is none for the order.
        var customer: Int32
        var status: Int32
        var orderedAt: Int64
        var approvedAt: Int64?
        var shippedAt: Int64?
        var deliveredAt: Int64?
        var estimatedAt: Int64?
        var items: [Item] = []
        var payments: [Payment] = []
    }

    struct Item {
        var line: Int32
        var product: Int32
        var seller: Int32
        var price: Decimal128
        var freight: Decimal128
    }

    struct Payment {
        var sequence: Int32
        var type: Int32
        var installments: Int32
        var amount: Decimal128
    }

    struct Product {
        /// -1 for none.
        var category: Int32 = -1
        /// Name length, description length, photos, grams, centimetres long, high and wide.
        var attributes: [Int32?] = []
        var isListed = false
        var firstSold: Int64?
        var price: Decimal128?
        var pricedAt = Int64.min
    }

    struct Seller {
        var place: Place?
    }

    struct Review {
        var id: Int32
        var order: Int32
        var score: Int32
        var title: String
        var comment: String
        var createdAt: Int64
        var answeredAt: Int64?
        /// Above 1 where the pair of review and order came before.
        var occurrence: Int
    }

    struct Points {
        var latitude = 0.0
        var longitude = 0.0
        var count = 0
    }

    static let statuses = [
        "created", "approved", "processing", "invoiced", "shipped", "delivered", "canceled", "unavailable",
    ]

    let words = TextTable()
    let customerIds = TextTable()
    let personIds = TextTable()
    let orderIds = TextTable()
    let productIds = TextTable()
    let sellerIds = TextTable()
    let reviewIds = TextTable()
    private let reviewKeys = TextTable()
    private var reviewCounts: [Int] = []
    private(set) var englishCategories: [Int32: Int32] = [:]
    private(set) var points: [Int32: Points] = [:]
    private(set) var pointsAbroad = 0
    private(set) var customers: [Customer] = []
    private(set) var persons: [Person] = []
    private(set) var orders: [Order] = []
    private(set) var products: [Product] = []
    private(set) var sellers: [Seller] = []
    private(set) var reviews: [Review] = []

    /// Takes in a row.
    /// - Throws: `Rejection` for what cannot be read or does not fit the rows before.
    mutating func append(_ row: OlistRow) throws {
        switch row.file {
        case .categoryTranslation: englishCategories[word(try row.required(0))] = word(try row.required(1))
        case .geolocation: try appendPoint(row)
        case .customers: try appendCustomer(row)
        case .orders: try appendOrder(row)
        case .orderItems: try appendItem(row)
        case .orderPayments: try appendPayment(row)
        case .products: try appendProduct(row)
        case .sellers: try appendSeller(row)
        case .orderReviews: try appendReview(row)
        }
    }

    private func word(_ text: UnsafeRawBufferPointer) -> Int32 { Int32(words.number(of: text)) }

    private func word(_ text: String) -> Int32 {
        var text = text
        return text.withUTF8 { word(UnsafeRawBufferPointer($0)) }
    }

    private func place(_ row: OlistRow, from column: Int) throws -> Place {
        Place(
            postalCode: word(try row.postalCode(column)), city: word(row.bytes(column + 1)),
            state: word(row.bytes(column + 2)))
    }

    private mutating func appendPoint(_ row: OlistRow) throws {
        let code = word(try row.postalCode(0))
        let latitude = try row.double(1, within: -90...90)
        let longitude = try row.double(2, within: -180...180)
        // Brazil lies between 5.3° N and 33.8° S, 34.7° W and 74.0° W, its islands reach to 28.8° W (IBGE). A point
        // elsewhere is a mistake in the data and would move the mean of its code to sea.
        guard -34...5.5 ~= latitude, -74.1 ... -28.5 ~= longitude else {
            pointsAbroad += 1
            return
        }
        points[code, default: Points()].latitude += latitude
        points[code]!.longitude += longitude
        points[code]!.count += 1
    }

    private mutating func appendCustomer(_ row: OlistRow) throws {
        let id = try row.required(0)
        let person = try row.required(1)
        let place = try place(row, from: 2)
        guard customerIds.find(id) == nil else { throw Rejection("duplicate", "the customer_id came before") }
        _ = customerIds.number(of: id)
        let number = personIds.number(of: person)
        if number == persons.count { persons.append(Person(place: place)) }
        customers.append(Customer(person: Int32(number), place: place))
    }

    private mutating func appendOrder(_ row: OlistRow) throws {
        let id = try row.required(0)
        let customer = customerIds.find(try row.required(1)) ?? -1
        let status = String(decoding: row.bytes(2), as: UTF8.self)
        guard OlistTables.statuses.contains(status) else {
            throw Rejection("badStatus", "order_status is none of \(OlistTables.statuses.joined(separator: ", "))")
        }
        let order = Order(
            id: 0, customer: Int32(customer), status: word(status), orderedAt: try row.date(3),
            approvedAt: try row.optionalDate(4), shippedAt: try row.optionalDate(5),
            deliveredAt: try row.optionalDate(6),
            estimatedAt: try row.optionalDate(7))
        guard orderIds.find(id) == nil else { throw Rejection("duplicate", "the order_id came before") }
        orders.append(order)
        orders[orders.count - 1].id = Int32(orderIds.number(of: id))
        guard customer >= 0 else { return }
        let person = Int(customers[customer].person)
        persons[person].firstOrder = min(persons[person].firstOrder, order.orderedAt)
        if order.orderedAt >= persons[person].lastOrder {
            persons[person].lastOrder = order.orderedAt
            persons[person].place = customers[customer].place
        }
    }

    /// The order a row belongs to.
    private func order(_ row: OlistRow, _ column: Int) throws -> Int {
        guard let order = orderIds.find(try row.required(column)) else {
            throw Rejection("unknownOrder", "order_id is not among the orders")
        }
        return order
    }

    private mutating func appendItem(_ row: OlistRow) throws {
        let order = try order(row, 0)
        let line = try row.integer(1)
        let (productId, sellerId) = (try row.required(2), try row.required(3))
        let (price, freight) = (try row.decimal(4), try row.decimal(5))
        guard line >= 1, !orders[order].items.contains(where: { $0.line == line }) else {
            throw Rejection("duplicate", "order_item_id is below 1 or came before in the order")
        }
        let number = product(productId)
        let orderedAt = orders[order].orderedAt
        products[number].firstSold = min(products[number].firstSold ?? orderedAt, orderedAt)
        if orderedAt >= products[number].pricedAt {
            products[number].pricedAt = orderedAt
            products[number].price = price
        }
        orders[order].items.append(
            Item(line: line, product: Int32(number), seller: Int32(seller(sellerId)), price: price, freight: freight))
    }

    private mutating func product(_ id: UnsafeRawBufferPointer) -> Int {
        let number = productIds.number(of: id)
        if number == products.count { products.append(Product()) }
        return number
    }

    private mutating func seller(_ id: UnsafeRawBufferPointer) -> Int {
        let number = sellerIds.number(of: id)
        if number == sellers.count { sellers.append(Seller()) }
        return number
    }

    private mutating func appendPayment(_ row: OlistRow) throws {
        let order = try order(row, 0)
        let payment = Payment(
            sequence: try row.integer(1), type: word(try row.required(2)), installments: try row.integer(3),
            amount: try row.decimal(4))
        guard payment.sequence >= 1, !orders[order].payments.contains(where: { $0.sequence == payment.sequence }) else {
            throw Rejection("duplicate", "payment_sequential is below 1 or came before in the order")
        }
        guard payment.installments >= 0 else { throw Rejection("badNumber", "payment_installments is below 0") }
        orders[order].payments.append(payment)
    }

    private mutating func appendProduct(_ row: OlistRow) throws {
        let id = try row.required(0)
        let category = row.bytes(1)
        let attributes = try (2...8).map { try row.optionalInteger($0) }
        let number = product(id)
        guard !products[number].isListed else { throw Rejection("duplicate", "the product_id came before") }
        products[number].isListed = true
        products[number].category = category.isEmpty ? -1 : word(category)
        products[number].attributes = attributes
    }

    private mutating func appendSeller(_ row: OlistRow) throws {
        let id = try row.required(0)
        let place = try place(row, from: 1)
        let number = seller(id)
        guard sellers[number].place == nil else { throw Rejection("duplicate", "the seller_id came before") }
        sellers[number].place = place
    }

    private mutating func appendReview(_ row: OlistRow) throws {
        let id = try row.required(0)
        let order = try order(row, 1)
        let score = try row.integer(2)
        guard 1...5 ~= score else { throw Rejection("badNumber", "review_score is not from 1 to 5") }
        let (createdAt, answeredAt) = (try row.date(5), try row.optionalDate(6))
        var key = (Int32(reviewIds.number(of: id)), Int32(order))
        let pair = withUnsafeBytes(of: &key) { reviewKeys.number(of: $0) }
        if pair == reviewCounts.count { reviewCounts.append(0) }
        reviewCounts[pair] += 1
        reviews.append(
            Review(
                id: key.0, order: key.1, score: score, title: String(decoding: row.bytes(3), as: UTF8.self),
                comment: String(decoding: row.bytes(4), as: UTF8.self), createdAt: createdAt, answeredAt: answeredAt,
                occurrence: reviewCounts[pair]))
    }
}
