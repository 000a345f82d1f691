import Analytics
import BSON
import DocumentStore

/// An embedded store of its own for one test or suite, deleted afterwards.
final class TestStore {
    let store: Store
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        // Nothing here outlives the test, so nothing waits for the disk.
        store = try Store(folder.path + "/test.store", options: StoreOptions(relaxedDurability: true))
    }

    deinit { store.close() }

    /// Adds documents written in Extended JSON.
    func insert(_ collection: String, _ documents: [String]) throws {
        try store.database.collection(collection).insert(documents.map { try Document(json: $0) }).orThrow()
    }

    /// The rows of a shipped aggregation.
    func rows(_ name: String, _ arguments: Document = [:]) throws -> [Document] {
        let aggregation = try AggregationCatalog(directories: [CatalogTests.shipped]).aggregation(named: name)
        let result = try aggregation.run(try aggregation.arguments(arguments), on: store.database)
        return try result.rows.all()
    }

    /// The rows of a shipped aggregation, as relaxed Extended JSON.
    func json(_ name: String, _ arguments: Document = [:]) throws -> [String] {
        try rows(name, arguments).map { $0.extendedJSON() }
    }
}
