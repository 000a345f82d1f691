import BSON
import Comparison
import Glibc
import Testing

/// Where the tests find servers: `Scripts/with-sql-servers` starts them and names them in the environment.
enum Servers {
    static func address(_ dialect: SQLDialect) -> String? {
        switch dialect {
        case .sqlite: nil
        case .postgresql: getenv("ATELIER_POSTGRESQL").map { String(cString: $0) }
        case .mariadb: getenv("ATELIER_MARIADB").map { String(cString: $0) }
        }
    }

    /// The databases whose server runs; SQLite needs none.
    static let present = SQLDialect.allCases.filter { $0 == .sqlite || address($0) != nil }

    static let others = present.filter { $0 != .sqlite }

    /// An empty place of its own: in memory, a schema, or a database.
    static func connect(_ dialect: SQLDialect, _ label: String) throws -> any SQLDatabase {
        let name = "atelier_test_" + label
        let address = address(dialect) ?? ""
        switch dialect {
        case .sqlite: return try SQLiteDatabase(":memory:")
        case .postgresql:
            let database = try PostgreSQLDatabase(address, schema: name)
            try database.execute("DROP SCHEMA IF EXISTS \(name) CASCADE")
            return database
        case .mariadb:
            try MariaDBDatabase(address).execute("DROP DATABASE IF EXISTS \(name); CREATE DATABASE \(name)")
            return try MariaDBDatabase(mariadb(database: name))
        }
    }

    /// The server's address with a database of this name.
    static func mariadb(database name: String) -> String {
        let parts = (address(.mariadb) ?? "").split(separator: "?", maxSplits: 1)
        return "\(parts.first ?? "")/\(name)" + (parts.count > 1 ? "?\(parts[1])" : "")
    }
}

extension Trait where Self == ConditionTrait {
    /// Skips where the database's server does not run.
    static func needs(_ dialect: SQLDialect) -> Self {
        .enabled(
            if: Servers.address(dialect) != nil,
            "no \(dialect.rawValue): run the tests by Scripts/with-sql-servers, with the server installed")
    }
}
