import Analytics
import BSON

/// A cell in which the rows of a pipeline and of its twin differ.
public struct RowDifference: Sendable, Equatable, CustomStringConvertible {
    /// From 1.
    public let row: Int
    public let column: String
    /// What the documents gave; nil where they have no such row.
    public let document: BSONValue?
    /// What SQL gave; nil where it has no such row.
    public let table: BSONValue?

    public var description: String {
        "row \(row), \(column): \(document.map(\.description) ?? "no row") from the documents, "
            + "\(table.map(\.description) ?? "no row") from the tables"
    }

    /// Where the rows of a pipeline differ from a twin's.
    public static func all(
        _ columns: [Column], documents: [Document], tables: [[BSONValue]]
    ) -> [RowDifference] {
        all(columns, documents: documents.map { row in columns.map { row[$0.name] ?? .null } }, tables: tables)
    }

    /// Where two answers differ, row for row and column for column.
    ///
    /// Integers, texts, dates and booleans are equal or not. Doubles may differ by a billionth part, because sums depend on the
    /// order of what is summed. Money is equal to the last digit where the database has decimals; SQLite has doubles, and a
    /// quotient has as many digits as each database gives it: both may be a millionth of the currency off, and a large sum by its
    /// hundred-billionth part, as adding up a million doubles one by one leaves that.
    public static func all(
        _ columns: [Column], documents: [[BSONValue]], tables: [[BSONValue]]
    ) -> [RowDifference] {
        var differences: [RowDifference] = []
        let first = columns.first?.name ?? ""
        for index in 0..<max(documents.count, tables.count) {
            guard index < documents.count, index < tables.count else {
                differences.append(
                    RowDifference(
                        row: index + 1, column: first,
                        document: index < documents.count ? documents[index].first : nil,
                        table: index < tables.count ? tables[index].first : nil))
                continue
            }
            for (place, column) in columns.enumerated() {
                let document = documents[index][place]
                let table = tables[index][place]
                if !column.type.areEqual(document, table) {
                    differences.append(
                        RowDifference(row: index + 1, column: column.name, document: document, table: table))
                }
            }
        }
        return differences
    }
}

extension ColumnType {
    fileprivate func areEqual(_ document: BSONValue, _ table: BSONValue) -> Bool {
        if document.isNull || table.isNull { return document.isNull && table.isNull }
        switch self {
        case .integer: return document.integerValue != nil && document.integerValue == table.integerValue
        case .number:
            guard let a = document.doubleValue, let b = table.doubleValue else { return false }
            return (a - b).magnitude <= 1e-9 * max(1, a.magnitude)
        case .decimal:
            guard let a = document.decimalValue, let b = table.decimalValue else { return false }
            if a.compare(b) == 0 { return true }
            return (a - b).magnitude.doubleValue <= 1e-6 + 1e-11 * a.magnitude.doubleValue
        case .boolean: return document.boolValue == table.isTruthy
        case .date:
            return document.dateValue != nil
                && document.dateValue == (table.dateValue ?? table.stringValue.flatMap(SQLText.milliseconds))
        case .string, .array, .document: return document == table
        }
    }
}
