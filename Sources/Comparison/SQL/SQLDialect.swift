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

    /// What makes texts of a column sort by their bytes, as in MongoDB; SQLite's do.
    func collation(of type: RelationalType) -> String {
        switch (self, type) {
        case (.postgresql, .varchar), (.postgresql, .char), (.postgresql, .text): " COLLATE \"C\""
        default: ""
        }
    }

    /// What follows a table's columns.
    var tableOptions: String {
        self == .mariadb ? " ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin" : ""
    }

    /// Whether foreign keys are added once the rows are there. SQLite can only create them with the table.
    var addsForeignKeysLater: Bool { self != .sqlite }

    /// A name as SQL quotes it.
    static func quoted(_ name: String) -> String { "\"\(name)\"" }

    /// Names as SQL quotes them, with commas between.
    static func quoted(_ names: [String]) -> String { names.map(quoted).joined(separator: ", ") }
}
