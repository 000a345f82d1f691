import BSON
import DocumentStore

/// Everything a store knows of one customer, as events in time.
public struct CustomerActivity: Sendable {
    /// A sale order with at least one line that has a quantity and a price above zero.
    public struct Order: Sendable {
        /// Milliseconds since 1970, as all moments here.
        public let at: Int64
        /// Exact, for people.
        public let money: Decimal128
        /// The same for models.
        public let amount: Double
        public let units: Int
        /// Numbers of the products and of their categories, each once.
        public let products: Set<Int32>
        public let categories: Set<Int32>

        init(at: Int64, money: Decimal128, units: Int, products: Set<Int32>, categories: Set<Int32>) {
            self.at = at
            self.money = money
            amount = money.doubleValue
            self.units = units
            self.products = products
            self.categories = categories
        }
    }

    public let id: String
    /// By time.
    public internal(set) var orders: [Order] = []
    public internal(set) var returns: [Int64] = []
    public internal(set) var reviews: [(at: Int64, score: Int)] = []
    public internal(set) var views: [Int64] = []
    public internal(set) var sessions: [Int64] = []
}

/// The activity of all known customers, read once: what was known at any moment is then a matter of looking before it.
public struct ActivityLog: Sendable {
    static let millisecondsInDay: Int64 = 86_400_000

    /// Those who ever ordered, in the order of their ids.
    public let customers: [CustomerActivity]
    /// The days of the first and the last order, since 1970; nil where there is none.
    public let firstDay: Int?
    public let lastDay: Int?

    /// Reads orders, returns, reviews, views and design sessions: one pass over each collection, shrunk by the store to what
    /// is needed. Collections that are not there count as empty.
    ///
    /// - Parameter observe: is told how many documents have come and from where, and may throw to stop.
    public init(reading database: Database, observe: (Int, String) throws -> Void = { _, _ in }) throws {
        var reader = Reader(database: database)
        try withoutActuallyEscaping(observe) { observe in
            reader.observe = observe
            try reader.readOrders()
            try reader.readEvents()
            reader.observe = { _, _ in }
        }
        self.init(reader.customers)
    }

    init(_ customers: [CustomerActivity]) {
        self.customers = customers.filter { !$0.orders.isEmpty }.map(ActivityLog.sorted).sorted { $0.id < $1.id }
        firstDay = self.customers.lazy.compactMap(\.orders.first).map { ActivityLog.day($0.at) }.min()
        lastDay = self.customers.lazy.compactMap(\.orders.last).map { ActivityLog.day($0.at) }.max()
    }

    private static func sorted(_ customer: CustomerActivity) -> CustomerActivity {
        var customer = customer
        customer.orders.sort { ($0.at, $0.amount, $0.units) < ($1.at, $1.amount, $1.units) }
        customer.returns.sort()
        customer.reviews.sort { ($0.at, $0.score) < ($1.at, $1.score) }
        customer.views.sort()
        customer.sessions.sort()
        return customer
    }

    /// The day of a moment.
    static func day(_ at: Int64) -> Int { Int((Double(at) / Double(millisecondsInDay)).rounded(.down)) }

    /// The orders as the models of purchasing see them.
    public var purchases: PurchaseHistory {
        PurchaseHistory(
            customers.lazy.flatMap { customer in
                customer.orders.map { (customer: customer.id, day: ActivityLog.day($0.at), amount: $0.amount) }
            })
    }
}

/// Collects what the pipelines yield.
private struct Reader {
    let database: Database
    var observe: (Int, String) throws -> Void = { _, _ in }
    var customers: [CustomerActivity] = []
    private var places: [String: Int] = [:]
    private var count = 0

    init(database: Database) { self.database = database }

    mutating func readOrders() throws {
        var products = Numbering()
        var categories = Numbering()
        var categoryOf: [Int32: Int32] = [:]
        try forEach("products", [["$project": ["category": 1]]]) { row, _ in
            let (id, category) = (row.find("_id"), row.find("category"))
            if id.type == .string && category.type == .string {
                categoryOf[products.number(of: id.asString)] = categories.number(of: category.asString)
            }
        }
        try forEach("orders", Reader.orders) { row, reader in
            guard let place = reader.place(row), row.find("orderedAt").type == .date else { return }
            let at = row.find("orderedAt").asDate
            if row.find("kind").asString == "return" {
                reader.customers[place].returns.append(at)
                return
            }
            var bought = Set<Int32>()
            var cursor = row.find("products").asDocument.elements()
            while cursor.next() {
                if cursor.value.type == .string { bought.insert(products.number(of: cursor.value.asString)) }
            }
            guard !bought.isEmpty else { return }
            reader.customers[place].orders.append(
                CustomerActivity.Order(
                    at: at, money: row.find("amount").money,
                    units: Int(row.find("units").numberAsDouble ?? 0), products: bought,
                    categories: Set(bought.compactMap { categoryOf[$0] })))
        }
    }

    mutating func readEvents() throws {
        try forEach("reviews", Reader.events("createdAt", ["score": 1])) { row, reader in
            guard let place = reader.place(row), let at = row.moment("createdAt") else { return }
            reader.customers[place].reviews.append((at, Int(row.find("score").numberAsDouble ?? 0)))
        }
        try forEach("productViews", Reader.events("at")) { row, reader in
            guard let place = reader.place(row), let at = row.moment("at") else { return }
            reader.customers[place].views.append(at)
        }
        try forEach("designSessions", Reader.events("scheduledAt")) { row, reader in
            guard let place = reader.place(row), let at = row.moment("scheduledAt") else { return }
            reader.customers[place].sessions.append(at)
        }
    }

    private mutating func forEach(
        _ collection: String, _ pipeline: [Document], _ body: (DocumentView, inout Reader) throws -> Void
    ) throws {
        let cursor = try database.collection(collection).aggregate(pipeline, allowDiskUse: true)
        while try cursor.withNext({ row in try body(row, &self) }) != nil {
            count += 1
            if count & 0xFFF == 0 { try observe(count, collection) }
        }
        try observe(count, collection)
    }

    /// Where the row's customer stands.
    private mutating func place(_ row: DocumentView) -> Int? {
        let value = row.find("customerId")
        guard value.type == .string else { return nil }
        let id = value.asString
        if let place = places[id] { return place }
        places[id] = customers.count
        customers.append(CustomerActivity(id: id))
        return customers.count - 1
    }

    private static let orders: [Document] = [
        ["$match": ["kind": ["$in": ["sale", "return"]], "customerId": ["$ne": .null]]],
        [
            "$project": [
                "customerId": 1, "kind": 1, "orderedAt": 1,
                "lines": [
                    "$filter": [
                        "input": "$items", "as": "item",
                        "cond": [
                            "$and": [["$gt": ["$$item.quantity", 0]], ["$gt": ["$$item.unitPrice", 0]]]
                        ],
                    ]
                ],
            ]
        ],
        [
            "$project": [
                "customerId": 1, "kind": 1, "orderedAt": 1, "products": "$lines.productId",
                "units": ["$sum": "$lines.quantity"],
                "amount": [
                    "$sum": [
                        "$map": [
                            "input": "$lines", "as": "line",
                            "in": ["$multiply": ["$$line.quantity", "$$line.unitPrice"]],
                        ]
                    ]
                ],
            ]
        ],
    ]

    private static func events(_ time: String, _ more: Document = [:]) -> [Document] {
        [
            ["$match": ["customerId": ["$ne": .null]]],
            ["$project": .document(more.setting("customerId", 1).setting(time, 1))],
        ]
    }
}

/// Small numbers for names, in the order in which they come.
private struct Numbering {
    private var numbers: [String: Int32] = [:]

    mutating func number(of name: String) -> Int32 {
        if let number = numbers[name] { return number }
        let number = Int32(numbers.count)
        numbers[name] = number
        return number
    }
}

extension ValueView {
    /// The number as an amount of money; zero where it is none.
    fileprivate var money: Decimal128 {
        switch type {
        case .decimal: asDecimal
        case .int32, .int64: Decimal128(asInt64)
        case .double: Decimal128(exactly34: asDouble)
        default: .zero
        }
    }
}

extension DocumentView {
    fileprivate func moment(_ name: String) -> Int64? {
        let value = find(name)
        return value.type == .date ? value.asDate : nil
    }
}
