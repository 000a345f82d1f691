import DocumentStore

/// Who is asked: documents in a store, or tables or documents as JSON in a database of SQL.
public struct Side: Sendable {
    public enum Place: Sendable {
        /// A path of the embedded engine, or the address of a MongoDB deployment.
        case store(String)
        case sql(SQLTarget)
    }

    public let place: Place
    public let model: DataModel

    public init(place: Place, model: DataModel) {
        self.place = place
        self.model = model
    }

    public static func documents(in location: String) -> Side { Side(place: .store(location), model: .documents) }

    public static func tables(in target: SQLTarget) -> Side { Side(place: .sql(target), model: .tables) }

    public static func json(in target: SQLTarget) -> Side { Side(place: .sql(target), model: .json) }

    /// As results name it: atelier, mongodb, sqlite, postgresql, mariadb.
    public var database: String {
        switch place {
        case .store: isEmbeddedStore ? "atelier" : "mongodb"
        case .sql(let target): target.dialect.rawValue
        }
    }

    var isEmbeddedStore: Bool {
        guard case .store(let location) = place, case .path? = try? StoreLocation(location) else { return false }
        return true
    }

    /// The files whose pages a cold run drops from the system's cache; none where a server holds them.
    var files: [String] {
        switch place {
        case .store(let location): isEmbeddedStore ? [location] : []
        case .sql(let target): target.files(model)
        }
    }

    /// Opens the side for questions.
    ///
    /// - Parameter timeLimit: of a question, in seconds.
    func open(timeLimit: Double?) throws -> any Asked {
        switch place {
        case .store(let location):
            return AskedStore(
                try Store(location, options: StoreOptions(readOnly: isEmbeddedStore)),
                isEmbedded: isEmbeddedStore,
                timeLimit: timeLimit)
        case .sql(let target):
            let database = try target.connectForReading(model)
            try database.limitTime(toSeconds: timeLimit)
            return AskedDatabase(database)
        }
    }
}
