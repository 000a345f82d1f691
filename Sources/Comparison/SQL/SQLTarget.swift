import BSON

/// How the data are laid out.
public enum DataModel: String, Sendable, CaseIterable {
    /// Documents, in a document store.
    case documents
    /// Normalised tables.
    case tables
    /// Documents as JSON, in tables of two columns with views over them.
    case json
}

/// A database that speaks SQL, as `--sql` names it.
public struct SQLTarget: Sendable {
    public let dialect: SQLDialect
    /// A file of SQLite, or the server's address.
    public let address: String

    public init(_ dialect: SQLDialect, at address: String) {
        self.dialect = dialect
        self.address = address
    }

    /// A new connection to where the data of a model are. Tables and documents as JSON never share a place.
    public func connect(_ model: DataModel = .tables) throws -> any SQLDatabase {
        switch dialect {
        case .sqlite: return try SQLiteDatabase(model == .json ? jsonPath : address)
        case .postgresql:
            return try PostgreSQLDatabase(address, schema: "atelier_comparison" + (model == .json ? "_json" : ""))
        case .mariadb: return try MariaDBDatabase(address)
        }
    }

    /// As questions are asked over it: nothing is written, and SQLite may keep all it reads in memory, like the store.
    func connectForReading(_ model: DataModel) throws -> any SQLDatabase {
        let database = try connect(model)
        if let sqlite = database as? SQLiteDatabase {
            try sqlite.enlargeCache()
            try sqlite.execute("PRAGMA query_only = ON")
        }
        return database
    }

    /// The file beside `address` that holds documents as JSON, for SQLite.
    public var jsonPath: String { address == ":memory:" ? address : address + "-json" }

    /// The files of an SQLite database; none of a server.
    func files(_ model: DataModel) -> [String] {
        dialect == .sqlite ? [model == .json ? jsonPath : address] : []
    }
}
