import BSON
import DocumentStore
import Retail

/// A copy of the data that workloads may read and change, in one database and model.
protocol WorkloadSide: AnyObject {
    var database: String { get }
    var title: String { get }
    var model: DataModel { get }
    /// What an acknowledgement promises.
    var durability: String { get }

    /// Makes the copy, in place of an earlier one.
    ///
    /// - Parameter progress: is told how many documents or rows have been written.
    func load(from source: Database, progress: (Int) -> Void) throws

    /// Reads one thing, all of it or its main row.
    func read(_ subject: WorkloadSubject, _ key: BSONValue) throws -> WorkloadReading

    /// Keeps orders in the form in which the side writes them.
    func prepare(_ orders: [Document])
    /// Adds prepared orders, at once; they are durable afterwards.
    func insert(_ range: Range<Int>) throws
    func setStatus(_ changes: [(key: BSONValue, status: String)]) throws
    /// Adds one to the quantity of a line.
    func increaseQuantity(of order: BSONValue, line: BSONValue) throws

    /// Gives one product, or all for nil, an attribute that none has.
    func addAttribute(to product: BSONValue?) throws
    func countWithAttribute() throws -> Int
    func removeAttribute() throws

    func addCards(_ cards: [GiftCard]) throws
    func countCards() throws -> Int
    func removeCards() throws

    func close()
}

/// A collection that is read by key, and the tables with the same.
struct WorkloadSubject {
    let source: RelationalSchema.Source
    /// Whether what the tables hold besides the main row is read too.
    let isWhole: Bool

    var tables: [RelationalTable] { isWhole ? source.tables : Array(source.tables.prefix(1)) }
}

/// What a side read: as it came, because only the reading is timed.
enum WorkloadReading {
    case document(Document?)
    /// One answer a statement.
    case answers([SQLAnswer])
}

extension WorkloadReading {
    /// The rows of each of the subject's tables, in the order of their keys.
    func rows(_ subject: WorkloadSubject) -> [[[BSONValue]]] {
        let tables = subject.tables
        let rows: [[[BSONValue]]] =
            switch self {
            case .document(nil): tables.map { _ in [] }
            case .document(let document?): tables.map { $0.rows(of: document) }
            case .answers(let answers): WorkloadReading.parted(answers, tables)
            }
        return zip(tables, rows).map { table, rows in table.sorted(rows) }
    }

    /// The first answer has the rows of the first two tables side by side, if there are two; each further one is of one table.
    private static func parted(_ answers: [SQLAnswer], _ tables: [RelationalTable]) -> [[[BSONValue]]] {
        guard tables.count > 1, let joined = answers.first?.rows else { return answers.map(\.rows) }
        let width = tables[0].columns.count
        let main = joined.prefix(1).map { Array($0.prefix(width)) }
        // A main row without others is joined with nulls.
        let keys = tables[1].primaryKey.compactMap { key in tables[1].columns.firstIndex { $0.name == key } }
        let others = joined.map { Array($0.dropFirst(width)) }.filter { row in keys.allSatisfy { !row[$0].isNull } }
        return [main, others] + answers.dropFirst().map(\.rows)
    }
}

extension RelationalTable {
    /// The rows a document gives the table, as values of their own.
    func rows(of document: Document) -> [[BSONValue]] {
        var rows: [[BSONValue]] = []
        document.withView { view in
            forEachRow(of: view) { values in
                rows.append(
                    zip(columns, values).map { column, value in
                        if value.isNullish { return .null }
                        // A TEXT holds what is no string as its Extended JSON.
                        return column.type == .text && value.type != .string
                            ? .string(value.extendedJSON()) : BSONValue(copying: value)
                    })
            }
        }
        return rows
    }

    fileprivate func sorted(_ rows: [[BSONValue]]) -> [[BSONValue]] {
        let keys = primaryKey.compactMap { key in columns.firstIndex { $0.name == key } }
        return rows.sorted { a, b in
            for key in keys {
                if let x = a[key].integerValue, let y = b[key].integerValue {
                    if x != y { return x < y }
                } else if let x = a[key].stringValue, let y = b[key].stringValue, x != y {
                    return x < y
                }
            }
            return false
        }
    }
}

/// What the new collection holds.
struct GiftCard {
    let id: String
    let customer: BSONValue
    let amount: Decimal128
    let issuedAt: Int64
}
