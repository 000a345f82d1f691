import BSON
import DocumentStore
import Retail

/// Puts the documents of a store into a database of a deployment, with the collections' validators and indexes.
public struct DocumentCopy {
    /// The database that a copy has of its own where the address names none.
    public static let databaseName = "atelier_comparison"

    private let catalog: CollectionCatalog
    private let schema: RelationalSchema
    private let database: Database

    /// - Parameter schema: names the collections that are copied.
    public init(_ schema: RelationalSchema, _ catalog: CollectionCatalog, into database: Database) {
        self.schema = schema
        self.catalog = catalog
        self.database = database
    }

    /// - Parameters:
    ///   - store: where the documents are.
    ///   - replacing: whether collections of these names may be dropped.
    ///   - progress: is told how many documents were written.
    /// - Returns: how many documents there are.
    /// - Throws: `namespaceExists` where a collection is there already, and what the deployment throws.
    @discardableResult
    public func load(from store: Database, replacing: Bool, progress: (Int) -> Void = { _ in }) throws -> Int {
        let names = schema.sources.map(\.collection.name)
        let taken = Set(try database.collectionNames()).intersection(names).sorted()
        if !replacing, let name = taken.first {
            throw AtelierError(
                .namespaceExists, "the database has a collection \(name) already", at: database.name,
                advice: "Name another database in the address, or replace the collections with --replace.")
        }
        for name in taken { try database.collection(name).drop() }
        var count = 0
        for name in names {
            let inserter = BulkInserter(database.collection(name))
            let documents = try store.collection(name).find()
            while try documents.withNext({ try inserter.append(Document(copying: $0)) }) != nil {
                count += 1
                progress(count)
            }
            _ = try inserter.finish()
        }
        // Indexes are quicker built of what is there, and what the store holds is not turned away by a validator.
        try StoreInitializer(catalog: catalog, database: database).run(only: names)
        return count
    }

    /// The address with a database of the copy's own where it names none: the store's documents are not to be mixed with others.
    public static func address(_ text: String) throws -> String {
        guard case .mongodb(_, let database) = try StoreLocation(text) else {
            throw AtelierError(
                .badValue, "\(text) is no address of a MongoDB deployment",
                advice: "Write mongodb://host:27017/database.")
        }
        guard database == nil, let scheme = text.firstRange(of: "://") else { return text }
        let rest = text[scheme.upperBound...]
        // The hosts of a Unix socket are written with %2F: the first slash ends them.
        let authority = rest.prefix { $0 != "/" && $0 != "?" }
        let options = rest.dropFirst(authority.count).drop { $0 == "/" }
        return "\(text[..<scheme.upperBound])\(authority)/\(databaseName)\(options)"
    }
}
