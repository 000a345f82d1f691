import BSON
import Retail

/// Rows into a table of SQLite: one statement, run for each of them.
final class SQLiteInsertion: RowInsertion {
    private let statement: SQLiteStatement
    private let types: [RelationalType]

    init(_ statement: SQLiteStatement, types: [RelationalType]) {
        self.statement = statement
        self.types = types
    }

    func add(_ values: [ValueView]) throws {
        for (place, value) in values.enumerated() {
            try statement.bind(value, as: types[place], at: place + 1)
        }
        try statement.run()
    }

    func finish() throws {}
}
