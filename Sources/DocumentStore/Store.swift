import BSON
import Deployment

/// An open store: the embedded engine on a path, or a MongoDB deployment behind a `mongodb://` address.
///
/// ```swift
/// let store = try Store("./atelier.store")
/// let orders = store.database.collection("orders")
/// let big = try orders.find(["total": ["$gt": 1000]], sort: ["total": -1], limit: 10).all()
/// ```
///
/// Thread-safe: commands may run from any thread at once.
public final class Store: Sendable {
    /// The database used where a location names none.
    public static let defaultDatabase = "atelier"

    /// What carries out the commands.
    public let deployment: any Deployment
    private let databaseName: String

    /// A store over a deployment that is open already. `close()` closes it.
    public init(deployment: any Deployment, database: String = Store.defaultDatabase) {
        self.deployment = deployment
        databaseName = database
    }

    /// Opens the store at a path or an address.
    ///
    /// - Parameter location: a path of the embedded engine, which is created where there is nothing yet, or
    ///   `mongodb://…` or `mongodb+srv://…`, whose path may name the database.
    /// - Throws: `badValue` for a location that is neither; otherwise what opening or connecting throws.
    public convenience init(_ location: String, options: StoreOptions = .init()) throws {
        let parsed = try StoreLocation(location)
        let deployment = try parsed.open(options)
        if case .mongodb(_, let database?) = parsed {
            self.init(deployment: deployment, database: database)
        } else {
            self.init(deployment: deployment)
        }
    }

    /// The address's database, or the default one.
    public var database: Database { database(databaseName) }

    /// A database by name. Nothing is created until something is written to it.
    public func database(_ name: String) -> Database { Database(name: name, deployment: deployment) }

    /// Releases files, connections and open cursors. Idempotent; later commands fail.
    public func close() { deployment.close() }
}
