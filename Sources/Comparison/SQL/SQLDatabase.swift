import BSON
import Retail

/// A connection to a database that speaks SQL; one thread at a time.
///
/// What differs between databases is behind it: how values travel, how rows are loaded in bulk, what a commit promises, and
/// where the database says how it answered.
public protocol SQLDatabase: AnyObject {
    /// As `--sql` and results name it: sqlite, postgresql, mariadb.
    var name: String { get }
    /// As people write it: SQLite, PostgreSQL, MariaDB.
    var title: String { get }
    /// The version of what answers, such as 15.18.
    var version: String { get }
    /// Where it is: a file, or the address without a password.
    var location: String { get }
    var dialect: SQLDialect { get }

    /// Runs statements without parameters; rows are thrown away.
    func execute(_ text: String) throws

    /// Compiles one statement with parameters, each `?`, or `:name` which may occur more than once.
    ///
    /// - Parameter types: of parameters by name, where the statement does not tell.
    func prepare(_ text: String, types: [String: RelationalType]) throws -> any SQLStatement

    /// Creates and fills tables in the body: no key is checked row by row, no commit waits for the disk in between. What the
    /// body throws leaves the database as it was or, where creating a table is a commit of its own, without the tables.
    func loading<R>(_ tables: [String], _ body: () throws -> R) throws -> R

    /// What fills a table that is there, quicker than one statement a row; several may be under way at once.
    func insertion(into table: String, columns: [SQLColumn]) throws -> any RowInsertion

    /// The names of the tables and views that are there, ours or not.
    func tables() throws -> Set<String>

    /// How many bytes all tables and indexes here take.
    func size() throws -> Int64

    /// How the database would answer the statement, in its own words, a line each.
    func plan(of text: String, types: [String: RelationalType], values: [BSONValue]) throws -> [String]

    /// Has the database look at its tables, so that it plans well.
    func gatherStatistics() throws

    /// What a commit promises from now on.
    ///
    /// - Throws: `unauthorized` where the user may not decide that.
    func setDurability(_ durability: Durability) throws

    /// The settings that matter for speed and safety, each with its value: `fsync = on`.
    func settings() throws -> [String]

    /// Statements that take longer are given up with `maxTimeMSExpired`; nil for no limit.
    func limitTime(toSeconds seconds: Double?) throws

    /// The processes whose memory answers: the server's for this connection, or our own; none where it is on another machine.
    func processes() throws -> [Int]
}

/// What a commit promises.
public enum Durability: String, Sendable, CaseIterable {
    /// The change is on disk when the commit returns.
    case everyCommit
    /// The database stays whole after a crash of the machine, but the last changes may be lost.
    case relaxed
}

/// A compiled statement, to be run many times.
public protocol SQLStatement: AnyObject {
    /// The names of its parameters, in the order in which values are given; empty for a `?`.
    var parameters: [String] { get }

    /// Runs it, and gathers the names of its columns and all its rows.
    func answer(_ values: [BSONValue]) throws -> SQLAnswer

    /// Runs it and gives how many rows were changed.
    @discardableResult
    func run(_ values: [BSONValue]) throws -> Int
}

/// What a statement answered. Money is decimal where the database has decimals, moments are dates where it has moments.
public struct SQLAnswer: Sendable {
    public let columns: [String]
    public let rows: [[BSONValue]]

    public init(columns: [String], rows: [[BSONValue]]) {
        self.columns = columns
        self.rows = rows
    }
}

/// A column that rows are added to.
public struct SQLColumn: Sendable {
    public let name: String
    public let type: RelationalType

    public init(name: String, type: RelationalType) {
        self.name = name
        self.type = type
    }
}

/// Rows on their way into a table.
public protocol RowInsertion: AnyObject {
    /// Adds a row: one value a column, as the table's mapping gives them; `missing` is NULL.
    func add(_ values: [ValueView]) throws

    /// Sends what is left. Nothing may be added any more, and nothing is certain to be there before.
    func finish() throws
}

extension SQLDatabase {
    public func prepare(_ text: String) throws -> any SQLStatement { try prepare(text, types: [:]) }

    /// What fills a table of the mapping, all of its columns.
    public func insertion(into table: RelationalTable) throws -> any RowInsertion {
        try insertion(into: table.name, columns: table.columns.map { SQLColumn(name: $0.name, type: $0.type) })
    }

    /// The rows of a statement that is run once.
    public func rows(_ text: String, _ values: [BSONValue] = []) throws -> [[BSONValue]] {
        try prepare(text).answer(values).rows
    }

    /// Runs the body between BEGIN and COMMIT; what it throws rolls back.
    public func transaction<R>(_ body: () throws -> R) throws -> R {
        try execute("BEGIN")
        do {
            let result = try body()
            try execute("COMMIT")
            return result
        } catch {
            try? execute("ROLLBACK")
            throw error
        }
    }

    /// Whether a table or view of this name is there.
    public func hasTable(_ name: String) throws -> Bool { try tables().contains(name) }
}
