import BSON
import CPostgreSQL
import Retail

/// A connection to PostgreSQL, with a schema of its own in the database; one thread at a time.
public final class PostgreSQLDatabase: SQLDatabase {
    /// Open until the object goes.
    let handle: OpaquePointer
    let library: LibPQ
    public let location: String
    /// Where the tables are.
    public let schema: String
    public let version: String
    private var statements = 0

    /// Connects.
    ///
    /// - Parameters:
    ///   - address: `postgresql://user:password@host:port/database`, as libpq reads it.
    ///   - schema: where tables are made and looked for. It is created by `loading`.
    /// - Throws: `hostUnreachable`, `unauthorized`, `namespaceNotFound` for a database that is not there, and
    ///   `commandNotSupported` where libpq is not installed.
    public init(_ address: String, schema: String = "atelier_comparison") throws {
        let library = try LibPQ.shared()
        self.library = library
        location = SQLText.withoutSecrets(address)
        self.schema = schema
        // What the address says of these counts, as it comes after them.
        let handle = withTexts(["connect_timeout", "application_name", "dbname", nil]) { names in
            withTexts(["10", "atelier", address, nil]) { library.connect(names, $0, 1) }
        }
        guard let handle else {
            throw AtelierError(.unknownError, "libpq has no memory for a connection", at: location)
        }
        guard library.status(handle) == CONNECTION_OK else {
            defer { library.finish(handle) }
            let reason = library.errorMessage(handle).map { String(cString: $0) } ?? ""
            throw PostgreSQLDatabase.refusal(reason, at: location)
        }
        self.handle = handle
        version =
            library.parameterStatus(handle, "server_version").map { String(cString: $0) }
            .flatMap { $0.split(separator: " ").first.map(String.init) } ?? ""
        // Notices, such as that something is dropped with something else, are no business of the terminal's.
        _ = library.setNoticeProcessor(handle, { _, _ in }, nil)
        try execute(
            """
            SET search_path TO \(SQLDialect.quoted(schema)); SET datestyle TO 'ISO, YMD'; SET timezone TO 'UTC';
            SET client_encoding TO 'UTF8'; SET standard_conforming_strings TO on; SET extra_float_digits TO 1
            """)
    }

    deinit { library.finish(handle) }

    public var name: String { "postgresql" }
    public var title: String { "PostgreSQL" }
    public var dialect: SQLDialect { .postgresql }

    public func execute(_ text: String) throws { _ = try check(library.execute(handle, text), text) }

    public func prepare(_ text: String, types: [String: RelationalType]) throws -> any SQLStatement {
        let placeholders = SQLPlaceholders(text, numbered: true)
        let numbers = placeholders.names.map { types[$0].map(PostgreSQLDatabase.number) ?? 0 }
        statements += 1
        return PostgreSQLStatement(placeholders, types: numbers, named: "atelier_\(statements)", of: self)
    }

    /// Frees what a prepared statement takes on the server. In a transaction that has failed nothing can be freed any more.
    func forget(_ statement: String) { try? execute("DEALLOCATE \(statement)") }

    /// The number of a type in PostgreSQL's catalog pg_type, where they are fixed.
    private static func number(of type: RelationalType) -> Oid {
        switch type {
        case .varchar, .char, .text: 25
        case .integer: 23
        case .bigint: 20
        case .numeric: 1700
        case .double: 701
        case .boolean: 16
        case .timestamp: 1114
        }
    }

    public func loading<R>(_ tables: [String], _ body: () throws -> R) throws -> R {
        try transaction {
            try execute("CREATE SCHEMA IF NOT EXISTS \(SQLDialect.quoted(schema))")
            return try body()
        }
    }

    public func insertion(into table: String, columns: [SQLColumn]) -> any RowInsertion {
        PostgreSQLInsertion(into: table, columns, of: self)
    }

    /// Sends rows in COPY's text format.
    func copy(_ statement: String, _ bytes: [UInt8]) throws {
        let start = PostgreSQLResult(try received(library.execute(handle, statement)), library)
        guard start.status == PGRES_COPY_IN else { throw failure(start, statement) }
        let sent = bytes.withUnsafeBytes { buffer in
            library.putCopyData(
                handle, buffer.baseAddress?.assumingMemoryBound(to: CChar.self), Int32(buffer.count))
        }
        let ended = library.putCopyEnd(handle, sent == 1 ? nil : "the rows could not be sent")
        // The connection takes nothing new before each reply was fetched.
        var fault: AtelierError?
        while let reply = library.nextResult(handle) {
            let result = PostgreSQLResult(reply, library)
            if result.status != PGRES_COMMAND_OK { fault = failure(result, statement) }
        }
        if let fault { throw fault }
        guard sent == 1, ended == 1 else { throw lost() }
    }

    public func tables() throws -> Set<String> {
        let names = try rows(
            "SELECT table_name::text FROM information_schema.tables WHERE table_schema = ?", [.string(schema)])
        return Set(names.compactMap { $0.first?.stringValue })
    }

    public func size() throws -> Int64 {
        try rows(
            """
            SELECT COALESCE(SUM(pg_total_relation_size(c.oid)), 0)::bigint FROM pg_class c
            JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = ? AND c.relkind IN ('r', 'm')
            """, [.string(schema)]
        ).first?.first?.integerValue ?? 0
    }

    public func plan(of text: String, types: [String: RelationalType], values: [BSONValue]) throws -> [String] {
        let text = SQLPlaceholders("EXPLAIN " + text, numbered: true)
        let numbers = text.names.map { types[$0].map(PostgreSQLDatabase.number) ?? 0 }
        return try withTexts(try values.map(SQLText.parameter)) { texts in
            let reply = library.executeParameters(
                handle, text.text, Int32(values.count), numbers, texts, nil, nil, 0)
            return try check(reply, text.text).answer.rows.compactMap { $0.first?.stringValue }
        }
    }

    public func gatherStatistics() throws {
        for table in try tables().sorted() where try isTable(table) {
            try execute("VACUUM (ANALYZE) \(SQLDialect.quoted(table))")
        }
    }

    private func isTable(_ name: String) throws -> Bool {
        try !rows(
            """
            SELECT 1 FROM information_schema.tables
            WHERE table_schema = ? AND table_name = ? AND table_type = 'BASE TABLE'
            """, [.string(schema), .string(name)]
        ).isEmpty
    }

    public func setDurability(_ durability: Durability) throws {
        try execute("SET synchronous_commit TO \(durability == .everyCommit ? "on" : "off")")
    }

    public func settings() throws -> [String] {
        try [
            "fsync", "synchronous_commit", "full_page_writes", "shared_buffers", "work_mem", "effective_cache_size",
            "max_parallel_workers_per_gather", "jit",
        ].map { "\($0) = \(try rows("SHOW \($0)").first?.first?.stringValue ?? "")" }
    }

    public func limitTime(toSeconds seconds: Double?) throws {
        try execute("SET statement_timeout TO \(seconds.map { max(Int($0 * 1000), 1) } ?? 0)")
    }

    /// The connection's own server process, where it is on this machine: behind a Unix socket. Its memory includes what it
    /// has touched of the memory that all share.
    public func processes() -> [Int] {
        guard let host = library.host(handle).map({ String(cString: $0) }), host.hasPrefix("/") else { return [] }
        return [Int(library.backend(handle))]
    }
}

extension PostgreSQLDatabase {
    private func received(_ reply: OpaquePointer?) throws -> OpaquePointer {
        guard let reply else { throw lost() }
        return reply
    }

    /// - Throws: what the reply says was wrong.
    func check(_ reply: OpaquePointer?, _ text: String) throws -> PostgreSQLResult {
        let result = PostgreSQLResult(try received(reply), library)
        guard result.status == PGRES_COMMAND_OK || result.status == PGRES_TUPLES_OK else {
            throw failure(result, text)
        }
        return result
    }

    private func lost() -> AtelierError {
        let reason = library.errorMessage(handle).map { String(cString: $0) } ?? ""
        return AtelierError(.hostUnreachable, "PostgreSQL: \(SQLText.oneLine(reason))", at: location)
    }

    private func failure(_ result: PostgreSQLResult, _ text: String) -> AtelierError {
        let place = "\(location): \(SQLText.head(of: text))"
        switch result.state {
        // Source: PostgreSQL manual, appendix A, "PostgreSQL Error Codes".
        case "57014":
            return AtelierError(.maxTimeMSExpired, "PostgreSQL took longer than the time limit", at: place)
        case "42501": return AtelierError(.unauthorized, "PostgreSQL: \(result.message)", at: place)
        case "", "57P01", "57P02", "57P03", "08000", "08003", "08006": return lost()
        case "53100": return AtelierError(.outOfDiskSpace, "PostgreSQL: \(result.message)", at: place)
        case "23505": return AtelierError(.duplicateKey, "PostgreSQL: \(result.message)", at: place)
        case let state:
            return AtelierError(.unknownError, "PostgreSQL: \(result.message) (\(state))", at: place)
        }
    }

    /// libpq tells in words alone why there is no connection.
    private static func refusal(_ reason: String, at location: String) -> AtelierError {
        let reason = SQLText.oneLine(reason)
        if reason.contains("does not exist"), reason.contains("database \"") {
            return AtelierError(
                .namespaceNotFound, "PostgreSQL: \(reason)", at: location,
                advice: "Create the database first (createdb), or name another at the address's end.")
        }
        if reason.contains("authentication") || reason.contains("password") || reason.contains("role \"") {
            return AtelierError(
                .unauthorized, "PostgreSQL: \(reason)", at: location,
                advice: "Check the user and password: postgresql://user:password@host/database.")
        }
        return AtelierError(
            .hostUnreachable, "PostgreSQL: \(reason)", at: location,
            advice: "Check the address, and that the server runs. `make compare` starts one of its own.")
    }
}
