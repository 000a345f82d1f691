import BSON
import CSQLite
import Glibc
import Retail

/// A connection to an SQLite database, in a file or in memory; one thread at a time.
public final class SQLiteDatabase: SQLDatabase {
    /// Open until the object goes.
    let handle: OpaquePointer
    public let path: String
    /// When a statement is given up, by the monotonic clock; nil for never.
    private var limit: Double?

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

    public var name: String { "sqlite" }
    public var title: String { "SQLite" }
    public var version: String { SQLiteDatabase.version }
    /// The library's version, such as 3.40.1.
    public static var version: String { String(cString: sqlite3_libversion()) }
    public var location: String { path }
    public var dialect: SQLDialect { .sqlite }

    /// Gives the database a cache like the store's: 256 MiB, and up to 2 GiB of the file mapped into memory.
    public func enlargeCache() throws {
        try execute("PRAGMA cache_size = -262144; PRAGMA mmap_size = 2147418112")
    }

    public func execute(_ text: String) throws {
        startClock()
        let status = sqlite3_exec(handle, text, nil, nil, nil)
        guard status == SQLITE_OK else { throw failure("cannot run the statement", at: text) }
    }

    public func prepare(_ text: String, types: [String: RelationalType]) throws -> any SQLStatement {
        try statement(text)
    }

    /// As `prepare`, with the functions that only SQLite's statements have.
    func statement(_ text: String) throws -> SQLiteStatement {
        var statement: OpaquePointer?
        let status = sqlite3_prepare_v2(handle, text, -1, &statement, nil)
        guard status == SQLITE_OK else { throw failure("cannot read the statement", at: text) }
        guard let statement else {
            throw AtelierError(.failedToParse, "the text holds no statement", at: path)
        }
        return SQLiteStatement(statement, of: self)
    }

    public func loading<R>(_ tables: [String], _ body: () throws -> R) throws -> R {
        try execute("PRAGMA foreign_keys = OFF; BEGIN IMMEDIATE")
        do {
            let result = try body()
            try execute("COMMIT; PRAGMA foreign_keys = ON")
            return result
        } catch {
            try? execute("ROLLBACK")
            throw error
        }
    }

    public func insertion(into table: String, columns: [SQLColumn]) throws -> any RowInsertion {
        let places = Array(repeating: "?", count: columns.count).joined(separator: ", ")
        let names = SQLDialect.quoted(columns.map(\.name))
        return SQLiteInsertion(
            try statement("INSERT INTO \(SQLDialect.quoted(table)) (\(names)) VALUES (\(places))"),
            types: columns.map(\.type))
    }

    public func tables() throws -> Set<String> {
        Set(
            try rows("SELECT name FROM sqlite_master WHERE type IN ('table', 'view')").compactMap {
                $0.first?.stringValue
            })
    }

    /// Free pages included.
    public func size() throws -> Int64 {
        try rows("SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()").first?.first?
            .integerValue ?? 0
    }

    public func plan(of text: String, types: [String: RelationalType], values: [BSONValue]) throws -> [String] {
        // Each row has its number, that of the row above it in the tree, and what is done.
        var depths: [Int64: Int] = [:]
        return try prepare("EXPLAIN QUERY PLAN " + text).answer(values).rows.map { row in
            let depth = depths[row[1].integerValue ?? 0] ?? 0
            if let id = row[0].integerValue { depths[id] = depth + 1 }
            return String(repeating: "  ", count: depth) + (row[3].stringValue ?? "")
        }
    }

    public func gatherStatistics() throws { try execute("ANALYZE") }

    /// With a write-ahead log: flushed at every commit, or at checkpoints only.
    public func setDurability(_ durability: Durability) throws {
        try execute(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = \(durability == .everyCommit ? "FULL" : "NORMAL")")
    }

    public func settings() throws -> [String] {
        let synchronous = ["OFF", "NORMAL", "FULL", "EXTRA"]
        return try ["journal_mode", "synchronous", "cache_size", "mmap_size", "page_size"].map { name in
            let value = try rows("PRAGMA \(name)").first?.first ?? .null
            let number = value.integerValue
            let text =
                name == "synchronous"
                ? number.flatMap { Int($0) < synchronous.count ? synchronous[Int($0)] : nil }
                : number.map { String($0) } ?? value.stringValue
            return "\(name) = \(text ?? "")"
        }
    }

    public func limitTime(toSeconds seconds: Double?) throws {
        timeLimit = seconds
        guard seconds != nil else { return sqlite3_progress_handler(handle, 0, nil, nil) }
        // Invariant: the handler runs within calls on this connection, which the object holds open.
        sqlite3_progress_handler(
            handle, 10_000,
            { context in
                guard let context else { return 0 }
                let database = Unmanaged<SQLiteDatabase>.fromOpaque(context).takeUnretainedValue()
                return database.limit.map { monotonicSeconds() > $0 } == true ? 1 : 0
            }, Unmanaged.passUnretained(self).toOpaque())
    }

    public func processes() throws -> [Int] { [Int(getpid())] }

    private var timeLimit: Double?

    /// A statement begins.
    func startClock() { limit = timeLimit.map { monotonicSeconds() + $0 } }

    /// The error the connection met last.
    func failure(_ what: String, at text: String) -> AtelierError {
        let place = "\(path): \(SQLText.head(of: text))"
        if sqlite3_errcode(handle) == SQLITE_INTERRUPT {
            return AtelierError(.maxTimeMSExpired, "SQLite took longer than the time limit", at: place)
        }
        return AtelierError(
            .unknownError, "SQLite \(what): \(String(cString: sqlite3_errmsg(handle)))", at: place)
    }
}

/// Seconds of the monotonic clock.
func monotonicSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}
