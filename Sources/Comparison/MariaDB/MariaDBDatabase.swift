import BSON
import CMariaDB
import Glibc
import Retail

/// A connection to MariaDB, with a database of its own on the server; one thread at a time.
public final class MariaDBDatabase: SQLDatabase {
    /// Open until the object goes.
    let handle: LibMariaDB.Connection
    let library: LibMariaDB
    public let location: String
    /// The name of the database on the server.
    public let database: String
    public let version: String

    /// Connects.
    ///
    /// - Parameter address: `mariadb://user:password@host:port/database`; without a database, `atelier_comparison`, which
    ///   `loading` creates.
    /// - Throws: `hostUnreachable`, `unauthorized`, `namespaceNotFound` for a named database that is not there,
    ///   `commandNotSupported` for MySQL, or where the connector is not installed.
    public init(_ address: String) throws {
        let library = try LibMariaDB.shared()
        self.library = library
        let parsed = try MariaDBAddress(address)
        location = SQLText.withoutSecrets(address)
        guard let handle = library.create(nil) else {
            throw AtelierError(.unknownError, "the MariaDB connector has no memory for a connection", at: location)
        }
        _ = library.setOption(handle, MYSQL_SET_CHARSET_NAME, "utf8mb4")
        var seconds: UInt32 = 10
        _ = library.setOption(handle, MYSQL_OPT_CONNECT_TIMEOUT, &seconds)
        let flags = UInt(CLIENT_MULTI_STATEMENTS)
        guard
            library.connect(
                handle, parsed.host, parsed.user, parsed.password, parsed.database, parsed.port, parsed.socket, flags)
                != nil
        else {
            defer { library.close(handle) }
            let reason = library.errorMessage(handle).map { String(cString: $0) } ?? ""
            throw MariaDBDatabase.refusal(library.errorNumber(handle), reason, at: location)
        }
        let answers = library.serverVersion(handle).map { String(cString: $0) } ?? ""
        guard let name = answers.firstRange(of: "-MariaDB") else {
            library.close(handle)
            throw AtelierError(
                .commandNotSupported, "the server is MySQL \(answers), and the statements are written for MariaDB",
                at: location, advice: "Name a server of MariaDB 10.6 or later.")
        }
        // Servers of some versions put 5.5.5- before their own, for clients of old.
        let whole = String(answers[..<name.lowerBound])
        version = whole.hasPrefix("5.5.5-") ? String(whole.dropFirst("5.5.5-".count)) : whole
        self.handle = handle
        database = parsed.database ?? "atelier_comparison"
        try execute(
            """
            SET NAMES utf8mb4 COLLATE utf8mb4_nopad_bin; SET time_zone = '+00:00';
            SET sql_mode = 'ANSI_QUOTES,PIPES_AS_CONCAT,NO_BACKSLASH_ESCAPES,STRICT_ALL_TABLES'
            """)
        if parsed.database == nil, try exists() { try execute("USE \(SQLDialect.quoted(database))") }
    }

    deinit { library.close(handle) }

    public var name: String { "mariadb" }
    public var title: String { "MariaDB" }
    public var dialect: SQLDialect { .mariadb }

    private func exists() throws -> Bool {
        try !rows("SELECT 1 FROM information_schema.schemata WHERE schema_name = ?", [.string(database)]).isEmpty
    }

    public func execute(_ text: String) throws { try execute(bytes: Array(text.utf8)) }

    func execute(bytes: [UInt8]) throws {
        let failed = bytes.withUnsafeBytes { buffer in
            library.query(handle, buffer.baseAddress?.assumingMemoryBound(to: CChar.self), UInt(buffer.count))
        }
        var status = failed
        while status == 0 {
            if let result = library.storeResult(handle) { library.freeResult(result) }
            // 0: there is another result; -1: there is none; otherwise the next statement failed.
            status = library.nextResult(handle)
        }
        guard failed == 0, status < 0 else {
            throw failure(String(decoding: bytes.prefix(200), as: UTF8.self))
        }
    }

    public func prepare(_ text: String, types: [String: RelationalType]) throws -> any SQLStatement {
        try MariaDBStatement(SQLPlaceholders(text, numbered: false), of: self)
    }

    /// A CREATE or DROP commits whatever is under way: what the body throws drops the tables.
    public func loading<R>(_ tables: [String], _ body: () throws -> R) throws -> R {
        if try !exists() {
            try execute(
                "CREATE DATABASE \(SQLDialect.quoted(database)) CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin")
        }
        try execute("USE \(SQLDialect.quoted(database)); SET foreign_key_checks = 0, unique_checks = 0, autocommit = 0")
        let checked = "SET foreign_key_checks = 1, unique_checks = 1, autocommit = 1"
        do {
            let result = try body()
            try execute("COMMIT; \(checked)")
            return result
        } catch {
            try? execute("ROLLBACK")
            for table in tables { try? execute("DROP TABLE IF EXISTS \(SQLDialect.quoted(table))") }
            try? execute(checked)
            throw error
        }
    }

    public func insertion(into table: String, columns: [SQLColumn]) -> any RowInsertion {
        MariaDBInsertion(into: table, columns, of: self)
    }

    public func tables() throws -> Set<String> {
        let names = try rows(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = ?", [.string(database)])
        return Set(names.compactMap { $0.first?.stringValue })
    }

    /// The files of the tables; where the user may not see these, what the server estimates.
    public func size() throws -> Int64 {
        let files = try? rows(
            """
            SELECT CAST(SUM(file_size) AS SIGNED) FROM information_schema.innodb_sys_tablespaces
            WHERE SUBSTRING_INDEX(name, '/', 1) = ?
            """, [.string(database)]
        ).first?.first?.integerValue
        if let files { return files }
        return try rows(
            """
            SELECT CAST(COALESCE(SUM(data_length + index_length), 0) AS SIGNED) FROM information_schema.tables
            WHERE table_schema = ?
            """, [.string(database)]
        ).first?.first?.integerValue ?? 0
    }

    public func plan(of text: String, types: [String: RelationalType], values: [BSONValue]) throws -> [String] {
        let answer = try prepare("EXPLAIN " + text, types: types).answer(values)
        return answer.rows.map { row in
            zip(answer.columns, row).filter { !$1.isNull && $1 != "" }
                .map { "\($0)=\($1.stringValue ?? $1.description)" }.joined(separator: " ")
        }
    }

    public func gatherStatistics() throws {
        for table in try tables().sorted() { try execute("ANALYZE TABLE \(SQLDialect.quoted(table))") }
    }

    /// The setting is the whole server's.
    public func setDurability(_ durability: Durability) throws {
        try execute("SET GLOBAL innodb_flush_log_at_trx_commit = \(durability == .everyCommit ? 1 : 2)")
    }

    public func settings() throws -> [String] {
        try [
            "innodb_flush_log_at_trx_commit", "sync_binlog", "log_bin", "innodb_doublewrite",
            "innodb_buffer_pool_size", "innodb_flush_method", "join_buffer_size", "tmp_memory_table_size",
        ].map { name in
            let value = try rows("SELECT @@global.\(name)").first?.first ?? .null
            return "\(name) = \(value.stringValue ?? value.description)"
        }
    }

    public func limitTime(toSeconds seconds: Double?) throws {
        try execute("SET SESSION max_statement_time = \(seconds ?? 0)")
    }

    /// The server, where it is on this machine: behind a Unix socket. Source: unix(7), `SO_PEERCRED`.
    public func processes() -> [Int] {
        // As <sys/socket.h> declares `struct ucred`: process, user, group.
        var credentials: (process: Int32, user: UInt32, group: UInt32) = (0, 0, 0)
        var size = socklen_t(MemoryLayout.size(ofValue: credentials))
        guard getsockopt(library.socket(handle), SOL_SOCKET, SO_PEERCRED, &credentials, &size) == 0,
            credentials.process > 0
        else { return [] }
        return [Int(credentials.process)]
    }
}

extension MariaDBDatabase {
    /// The error the connection met last.
    func failure(_ text: String) -> AtelierError {
        failure(
            text, number: library.errorNumber(handle),
            message: library.errorMessage(handle).map { String(cString: $0) } ?? "")
    }

    func failure(_ text: String, number: UInt32, message: String) -> AtelierError {
        let place = "\(location): \(SQLText.head(of: text).prefix(120))"
        switch number {
        // Source: MariaDB documentation, "MariaDB Error Codes".
        case 1969: return AtelierError(.maxTimeMSExpired, "MariaDB took longer than the time limit", at: place)
        case 1044, 1142, 1227: return AtelierError(.unauthorized, "MariaDB: \(message)", at: place)
        case 1062: return AtelierError(.duplicateKey, "MariaDB: \(message)", at: place)
        case 1021, 1114: return AtelierError(.outOfDiskSpace, "MariaDB: \(message)", at: place)
        case 2006, 2013: return AtelierError(.hostUnreachable, "MariaDB: \(message)", at: location)
        default: return AtelierError(.unknownError, "MariaDB: \(message) (\(number))", at: place)
        }
    }

    private static func refusal(_ number: UInt32, _ reason: String, at location: String) -> AtelierError {
        let reason = SQLText.oneLine(reason)
        switch number {
        case 1049:
            return AtelierError(
                .namespaceNotFound, "MariaDB: \(reason)", at: location,
                advice: "Create the database first, or leave it out: then it is atelier_comparison.")
        case 1044, 1045, 1698:
            return AtelierError(
                .unauthorized, "MariaDB: \(reason)", at: location,
                advice: "Check the user and password: mariadb://user:password@host/database.")
        default:
            return AtelierError(
                .hostUnreachable, "MariaDB: \(reason)", at: location,
                advice: "Check the address, and that the server runs. `make compare` starts one of its own.")
        }
    }
}
