import BSON
import DocumentStore
import Retail

/// Imports the invoice lines of the UCI data sets *Online Retail* and *Online Retail II* and files like them.
///
/// | column | becomes |
/// |---|---|
/// | `Invoice`, `InvoiceNo` | an order; `C…` is a return, `A…` an adjustment, all else a sale |
/// | `StockCode` | the product's id, in capitals; five digits and letters is goods, all else a service |
/// | `Description` | the product's name: the one it stood under most often |
/// | `Quantity`, `Price` or `UnitPrice` | the order's lines, as they are, and its exact total |
/// | `InvoiceDate` | `orderedAt`; the file's own clock is taken as UTC |
/// | `Customer ID` or `CustomerID` | the customer; without one the order has none |
/// | `Country` | the order's country, and the customer's |
///
/// A product's price is the last positive price it was sold at. Source of the columns: archive.ics.uci.edu, data sets 352 and 502.
public struct OnlineRetailImporter: Sendable {
    /// Changes when the rules above change, so that files are loaded anew.
    private static let rules = "1"
    private static let source = "raw_online_retail"

    static let columns = [
        CSVColumn("Invoice", "InvoiceNo"), CSVColumn("StockCode"), CSVColumn("Description"), CSVColumn("Quantity"),
        CSVColumn("InvoiceDate"), CSVColumn("Price", "UnitPrice"), CSVColumn("Customer ID"), CSVColumn("Country"),
    ]

    public let database: Database
    public let catalog: CollectionCatalog
    /// The currency of the prices, ISO 4217.
    public let currency: String

    public init(database: Database, catalog: CollectionCatalog, currency: String = "GBP") {
        self.database = database
        self.catalog = catalog
        self.currency = currency
    }

    /// What a first reading of a file found.
    public struct Survey: Sendable {
        fileprivate let rows: CSVSurvey
        fileprivate let dates: DateOrderEvidence
        fileprivate let fractions: FractionSignEvidence
    }

    /// Reads a file, plain or gzip, for the first time, which finds what is broken in it before a store is touched.
    ///
    /// - Throws: `fileOpenFailed`; `failedToParse` for a damaged file.
    public static func survey(_ path: String) throws -> Survey {
        var dates = DateOrderEvidence()
        var fractions = FractionSignEvidence()
        let rows = try CSVFile(path: path).survey(columns) { row, positions in
            if let position = positions[4], position < row.count { dates.observe(trimmed(row[position])) }
            if let position = positions[5], position < row.count { fractions.observe(row[position]) }
        }
        return Survey(rows: rows, dates: dates, fractions: fractions)
    }

    /// Surveys a file and loads it.
    public func load(_ path: String, options: LoadOptions = LoadOptions()) throws -> LoadReport {
        try load(OnlineRetailImporter.survey(path), options: options)
    }

    /// Loads a surveyed file. Loading the same content again changes nothing.
    ///
    /// - Throws: what the store throws.
    public func load(_ found: Survey, options: LoadOptions = LoadOptions()) throws -> LoadReport {
        let survey = found.rows
        let load = try Load(
            database, kind: "online-retail", salt: OnlineRetailImporter.rules + " " + currency,
            files: [
                LoadReport.File(
                    name: survey.file.name, sha256: survey.sha256, bytes: survey.byteCount, rows: survey.rowCount)
            ],
            assumptions: survey.assumptions + [found.dates.assumption, found.fractions.assumption].compactMap(\.self)
                + ["Times are kept as the file's own clock shows them, as if it ran on UTC."],
            options: options, catalog: catalog)
        if let before = try load.doneBefore() { return before }
        return try load.run {
            let book = try read(found, load)
            try OnlineRetailDocuments(book: book, currency: currency, load: load).write()
        }
    }

    /// Keeps every row as it is, rejects what cannot be read, and gathers the rest.
    private func read(_ found: Survey, _ load: Load) throws -> InvoiceBook {
        let survey = found.rows
        var book = InvoiceBook()
        let bronze = BronzeWriter(
            load, collection: OnlineRetailImporter.source, file: survey.file.name, columns: survey.header.names)
        let rejects = RejectWriter(load)
        let reader = OnlineRetailRow(survey: survey, order: found.dates.order)
        try survey.forEachRow { row in
            try bronze.append(row)
            load.report.rows += 1
            do {
                try book.append(reader.entry(row), decimalSeparator: found.fractions.sign)
            } catch let rejection as Rejection {
                try rejects.reject(
                    row, rejection, source: OnlineRetailImporter.source, file: survey.file.name,
                    columns: survey.header.names)
            }
            if load.report.rows & 0x3FFF == 0 { load.progress(survey.file.name, load.report.rows, of: survey.rowCount) }
        }
        try bronze.finish()
        try rejects.finish()
        load.progress(survey.file.name, load.report.rows, of: survey.rowCount)
        return book
    }
}

/// Reads the rows of one file.
struct OnlineRetailRow {
    let order: DateOrder
    private let fieldCount: Int
    private let positions: [Int]

    init(survey: CSVSurvey, order: DateOrder) {
        self.order = order
        fieldCount = survey.header.names.count
        positions = survey.header.positions.map { $0! }
    }

    /// - Throws: `Rejection` saying what cannot be read.
    func entry(_ row: CSVRow) throws -> InvoiceBook.Entry {
        guard row.count == fieldCount else {
            throw Rejection("fieldCount", "the row has \(row.count) fields, the header \(fieldCount)")
        }
        let invoice = trimmed(row[positions[0]])
        guard !invoice.isEmpty else { throw Rejection("missingInvoice", "the row names no invoice") }
        let product = trimmed(row[positions[1]])
        guard !product.isEmpty else { throw Rejection("missingStockCode", "the row names no stock code") }
        guard let quantity = NumberText.integer(row[positions[3]]) else {
            throw Rejection("badQuantity", "the quantity is not a whole number")
        }
        guard let date = DateText.milliseconds(trimmed(row[positions[4]]), order) else {
            throw Rejection("badDate", "the date is none, or not \(order.rawValue) as the file's others are")
        }
        return InvoiceBook.Entry(
            invoice: invoice, product: product, description: trimmed(row[positions[2]]), quantity: quantity, date: date,
            price: trimmed(row[positions[5]]), customer: withoutZeroFraction(trimmed(row[positions[6]])),
            country: trimmed(row[positions[7]]))
    }

    /// `13085.0`, as spreadsheets write ids, is `13085`.
    private func withoutZeroFraction(_ text: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        guard text.count > 2, text[text.count - 1] == UInt8(ascii: "0"), text[text.count - 2] == UInt8(ascii: "."),
            text.dropLast(2).allSatisfy({ 48...57 ~= $0 })
        else { return text }
        return UnsafeRawBufferPointer(rebasing: text.dropLast(2))
    }
}
