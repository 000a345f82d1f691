import BSON
import CMariaDB

/// A statement that MariaDB has prepared; values travel in its binary protocol.
final class MariaDBStatement: SQLStatement {
    /// Valid until the object goes, which holds its connection open.
    private let handle: LibMariaDB.Statement
    private let database: MariaDBDatabase
    private let library: LibMariaDB
    private let text: String
    private let occurrences: [Int]
    let parameters: [String]

    init(_ placeholders: SQLPlaceholders, of database: MariaDBDatabase) throws {
        library = database.library
        guard let handle = library.statement(database.handle) else { throw database.failure(placeholders.text) }
        self.handle = handle
        self.database = database
        text = placeholders.text
        occurrences = placeholders.occurrences
        parameters = placeholders.names
        var yes: my_bool = 1
        // How long the longest text of a column is, so that it has room.
        _ = library.setAttribute(handle, STMT_ATTR_UPDATE_MAX_LENGTH, &yes)
        guard library.prepare(handle, text, UInt(text.utf8.count)) == 0 else { throw failure() }
    }

    deinit { _ = library.closeStatement(handle) }

    private func failure() -> AtelierError {
        database.failure(
            text, number: library.statementErrorNumber(handle),
            message: library.statementErrorMessage(handle).map { String(cString: $0) } ?? "")
    }

    func answer(_ values: [BSONValue]) throws -> SQLAnswer {
        try execute(values)
        guard let metadata = library.columnsOf(handle) else { return SQLAnswer(columns: [], rows: []) }
        defer {
            library.freeResult(metadata)
            _ = library.freeRows(handle)
        }
        guard library.storeRows(handle) == 0 else { throw failure() }
        let count = Int(library.columnCount(metadata))
        let names = UnsafeBufferPointer(start: library.columns(metadata), count: count).map { String(cString: $0.name) }
        // Asked for again: how long texts are is known now.
        guard let measured = library.columnsOf(handle) else { throw failure() }
        defer { library.freeResult(measured) }
        let fields = UnsafeBufferPointer(start: library.columns(measured), count: count)
        let columns = MariaDBColumns(fields, longest: fields.map { Int($0.max_length) })
        guard columns.withBindings({ library.bindResult(handle, $0) }) == 0 else { throw failure() }
        var rows: [[BSONValue]] = []
        while true {
            switch library.fetch(handle) {
            case 0: rows.append(columns.values)
            case Int32(MYSQL_NO_DATA): return SQLAnswer(columns: names, rows: rows)
            case Int32(MYSQL_DATA_TRUNCATED):
                throw AtelierError(
                    .internalError, "MariaDB: a value is longer than announced", at: SQLText.head(of: text))
            default: throw failure()
            }
        }
    }

    @discardableResult
    func run(_ values: [BSONValue]) throws -> Int {
        try execute(values)
        // A statement that has rows has sent them, and the connection takes nothing new before they are gone.
        _ = library.freeRows(handle)
        let count = library.changedRows(handle)
        return count == UInt64.max ? 0 : Int(count)
    }

    private func execute(_ values: [BSONValue]) throws {
        guard values.count == parameters.count else {
            throw AtelierError(
                .badValue, "the statement has \(parameters.count) parameters and got \(values.count) values",
                at: SQLText.head(of: text))
        }
        let parameters = try MariaDBParameters(values, occurrences: occurrences)
        try parameters.withBindings { bindings in
            if !occurrences.isEmpty, library.bindParameters(handle, bindings) != 0 { throw failure() }
            guard library.execute(handle) == 0 else { throw failure() }
        }
    }
}
