import BSON

/// The lines of a file of invoices, held compactly until every line of every invoice is known.
///
/// Texts are numbers into tables, prices numbers into a table of decimals: about 20 bytes a line.
struct InvoiceBook {
    struct Line {
        var product: Int32
        var quantity: Int32
        var price: Int32
        /// The next line of the same invoice; -1 after the last.
        var next: Int32
    }

    struct Invoice {
        var kind: OrderKind
        var date: Int64
        /// -1 where the row names none.
        var customer: Int32
        var country: Int32
        var firstLine: Int32
        var lastLine: Int32
        var hasOtherDates = false
        var hasOtherCustomers = false
        var hasOtherCountries = false
    }

    struct Product {
        var isService: Bool
        var firstSeen: Int64
        /// The last positive price of a sale, and when; -1 where there was none.
        var price: Int32 = -1
        var pricedAt = Int64.min
    }

    struct Customer {
        var firstSeen: Int64
        var country: Int32
        var lastSeen: Int64
    }

    /// How often a product stood under a description: on lines with a price, and on all.
    struct Naming {
        var product: Int32
        var description: Int32
        var priced = 0
        var all = 0
    }

    let invoiceIds = TextTable()
    let productIds = TextTable()
    let customerIds = TextTable()
    let countries = TextTable()
    let descriptions = TextTable()
    private let priceTexts = TextTable()
    private(set) var prices: [Decimal128] = []
    private(set) var lines: [Line] = []
    private(set) var invoices: [Invoice] = []
    private(set) var products: [Product] = []
    private(set) var customers: [Customer] = []
    private(set) var namings: [Naming] = []
    private let namingKeys = TextTable()
    private var code: [UInt8] = []

    /// A row's values, their texts still in the row.
    struct Entry {
        var invoice: UnsafeRawBufferPointer
        var product: UnsafeRawBufferPointer
        var description: UnsafeRawBufferPointer
        var quantity: Int32
        var date: Int64
        var price: UnsafeRawBufferPointer
        var customer: UnsafeRawBufferPointer
        var country: UnsafeRawBufferPointer
    }

    /// - Throws: `Rejection` for a price that is no number.
    mutating func append(_ entry: Entry, decimalSeparator: UInt8) throws {
        let price = try priceNumber(entry.price, decimalSeparator)
        let country: Int32 = entry.country.isEmpty ? -1 : Int32(countries.number(of: entry.country))
        let invoice = invoiceNumber(entry, country)
        let product = productNumber(entry)
        let customer = entry.customer.isEmpty ? -1 : customerNumber(entry, country)
        note(entry, invoice, customer, country)
        name(product, entry.description, isPriced: prices[price].isPositive)
        if invoices[invoice].kind == .sale, prices[price].isPositive, entry.date >= products[product].pricedAt {
            products[product].price = Int32(price)
            products[product].pricedAt = entry.date
        }
        let line = Int32(lines.count)
        if invoices[invoice].lastLine >= 0 {
            lines[Int(invoices[invoice].lastLine)].next = line
        } else {
            invoices[invoice].firstLine = line
        }
        invoices[invoice].lastLine = line
        lines.append(Line(product: Int32(product), quantity: entry.quantity, price: Int32(price), next: -1))
    }

    private mutating func priceNumber(_ text: UnsafeRawBufferPointer, _ separator: UInt8) throws -> Int {
        let number = priceTexts.number(of: text)
        if number == prices.count {
            // A text that is no number stays in the table as NaN, so that it is refused again without being parsed again.
            prices.append(NumberText.decimal(text, separator: separator) ?? .nan)
        }
        if prices[number].isNaN { throw Rejection("badPrice", "the price is not a number of at most 20 digits") }
        return number
    }

    private mutating func invoiceNumber(_ entry: Entry, _ country: Int32) -> Int {
        let number = invoiceIds.number(of: entry.invoice)
        if number == invoices.count {
            invoices.append(
                Invoice(
                    kind: OrderKind(invoice: entry.invoice), date: entry.date, customer: -1, country: country,
                    firstLine: -1,
                    lastLine: -1))
        }
        return number
    }

    private mutating func productNumber(_ entry: Entry) -> Int {
        code.removeAll(keepingCapacity: true)
        for byte in entry.product { code.append(97...122 ~= byte ? byte - 32 : byte) }
        let number = code.withUnsafeBytes { productIds.number(of: $0) }
        if number == products.count {
            products.append(Product(isService: !isProductCode(code), firstSeen: entry.date))
        } else {
            products[number].firstSeen = min(products[number].firstSeen, entry.date)
        }
        return number
    }

    private mutating func customerNumber(_ entry: Entry, _ country: Int32) -> Int32 {
        let number = customerIds.number(of: entry.customer)
        if number == customers.count {
            customers.append(Customer(firstSeen: entry.date, country: country, lastSeen: entry.date))
        } else {
            customers[number].firstSeen = min(customers[number].firstSeen, entry.date)
            if entry.date >= customers[number].lastSeen {
                customers[number].lastSeen = entry.date
                if country >= 0 { customers[number].country = country }
            }
        }
        return Int32(number)
    }

    /// The first row decides what an invoice says of itself; the first that names a customer or country, where the first does not.
    private mutating func note(_ entry: Entry, _ invoice: Int, _ customer: Int32, _ country: Int32) {
        if invoices[invoice].date != entry.date { invoices[invoice].hasOtherDates = true }
        if invoices[invoice].customer < 0 {
            invoices[invoice].customer = customer
        } else if customer >= 0 && invoices[invoice].customer != customer {
            invoices[invoice].hasOtherCustomers = true
        }
        if invoices[invoice].country < 0 {
            invoices[invoice].country = country
        } else if country >= 0 && invoices[invoice].country != country {
            invoices[invoice].hasOtherCountries = true
        }
    }

    private mutating func name(_ product: Int, _ description: UnsafeRawBufferPointer, isPriced: Bool) {
        if description.isEmpty { return }
        var pair = (Int32(product), Int32(descriptions.number(of: description)))
        let number = withUnsafeBytes(of: &pair) { namingKeys.number(of: $0) }
        if number == namings.count { namings.append(Naming(product: pair.0, description: pair.1)) }
        namings[number].all += 1
        if isPriced { namings[number].priced += 1 }
    }

    /// For each product the description it stood under most often, lines with a price before others, earlier before later;
    /// -1 for products that never had one.
    func names() -> [Int32] {
        var best = [Int](repeating: -1, count: products.count)
        for (index, naming) in namings.enumerated() {
            let product = Int(naming.product)
            if best[product] < 0
                || (namings[best[product]].priced, namings[best[product]].all) < (naming.priced, naming.all)
            {
                best[product] = index
            }
        }
        return best.map { $0 < 0 ? -1 : namings[$0].description }
    }
}

/// What an invoice of the Online Retail files is: the first letter of its number says so.
enum OrderKind: UInt8 {
    case sale
    case `return`
    case adjustment

    init(invoice: UnsafeRawBufferPointer) {
        switch invoice[0] | 0x20 {
        case UInt8(ascii: "c"): self = .return
        case UInt8(ascii: "a"): self = .adjustment
        default: self = .sale
        }
    }

    var kind: String {
        switch self {
        case .sale: "sale"
        case .return: "return"
        case .adjustment: "adjustment"
        }
    }

    var status: String {
        switch self {
        case .sale: "completed"
        case .return: "returned"
        case .adjustment: "adjusted"
        }
    }
}

/// Five digits and then letters only: goods. Everything else (POST, D, M, BANK CHARGES, …) is a service.
func isProductCode(_ code: [UInt8]) -> Bool {
    code.count >= 5 && code[..<5].allSatisfy { 48...57 ~= $0 } && code[5...].allSatisfy { 65...90 ~= $0 }
}

extension Decimal128 {
    /// Above zero, for finite numbers.
    var isPositive: Bool { !isNegative && !isZero }
}
