import Retail

/// A database's way of writing SQL where it differs from the others'.
public enum SQLDialect: String, Sendable, CaseIterable {
    case sqlite, postgresql, mariadb

    /// The type a column of the relational mapping has there.
    public func name(of type: RelationalType) -> String {
        switch type {
        case .varchar(let length): "VARCHAR(\(length))"
        case .char(let length): "CHAR(\(length))"
        case .text: "TEXT"
        case .integer: "INTEGER"
        case .bigint: "BIGINT"
        case .numeric(let precision, let scale): "NUMERIC(\(precision), \(scale))"
        case .double: "DOUBLE PRECISION"
        case .boolean: "BOOLEAN"
        case .timestamp:
            switch self {
            case .sqlite: "TIMESTAMP"
            case .postgresql: "TIMESTAMP(3)"
            case .mariadb: "DATETIME(3)"
            }
        }
    }

    /// A name as SQL quotes it.
    static func quoted(_ name: String) -> String { "\"\(name)\"" }

    /// Names as SQL quotes them, with commas between.
    static func quoted(_ names: [String]) -> String { names.map(quoted).joined(separator: ", ") }
}
