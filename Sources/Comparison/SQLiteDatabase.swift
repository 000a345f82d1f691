import BSON
import CSQLite

/// A connection to an SQLite database, in a file or in memory; one thread at a time.
public final class SQLiteDatabase {
    /// Open until the object goes.
    let handle: OpaquePointer
    public let path: String

    /// Opens the database, or creates it.
    ///
    /// - Parameter path: a file, or `:memory:`.
    /// - Throws: `fileOpenFailed`.
    public init(_ path: String) throws {
        var handle: OpaquePointer?
        let status = sqlite3_open_v2(path, &handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, nil)
        guard let handle, status == SQLITE_OK else {
            let reason = String(cString: sqlite3_errstr(status))
            sqlite3_close_v2(handle)
            throw AtelierError(.fileOpenFailed, "cannot open the SQLite database: \(reason)", at: path)
        }
        self.handle = handle
        self.path = path
        sqlite3_extended_result_codes(handle, 1)
    }

    deinit { sqlite3_close_v2(handle) }

    /// The library's version, such as 3.40.1.
    public static var version: String { String(cString: sqlite3_libversion()) }

    /// Runs statements without parameters and without rows.
    public func execute(_ text: String) throws {
        let status = sqlite3_exec(handle, text, nil, nil, nil)
        guard status == SQLITE_OK else { throw failure("cannot run the statement", at: text) }
    }

    /// Compiles one statement.
    public func prepare(_ text: String) throws -> SQLiteStatement {
        var statement: OpaquePointer?
        let status = sqlite3_prepare_v2(handle, text, -1, &statement, nil)
        guard status == SQLITE_OK else { throw failure("cannot read the statement", at: text) }
        guard let statement else {
            throw AtelierError(.failedToParse, "the text holds no statement", at: path)
        }
        return SQLiteStatement(statement, of: self)
    }

    /// Whether the database has a table of this name.
    public func hasTable(_ name: String) throws -> Bool {
        let statement = try prepare("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?")
        try statement.bind(.string(name), at: 1)
        return try statement.step()
    }

    /// How many bytes the database takes, free pages included.
    public func size() throws -> Int64 {
        let statement = try prepare("SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()")
        guard try statement.step() else { return 0 }
        return statement.value(at: 0).integerValue ?? 0
    }

    /// The error the connection met last.
    func failure(_ what: String, at text: String) -> AtelierError {
        let first = text.split(separator: "\n").first.map(String.init) ?? ""
        return AtelierError(
            .unknownError, "SQLite \(what): \(String(cString: sqlite3_errmsg(handle)))", at: "\(path): \(first)")
    }
}
