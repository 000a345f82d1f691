import BSON
import DocumentStore
import Retail
import TestSupport
import WireServer

/// A store of its own for one test, with the program's collections: the engine, or the engine behind a socket and libmongoc.
enum TestDeployment: String, CaseIterable, Sendable {
    case engine
    case mongodb
}

final class TestStore {
    let store: Store
    let catalog: CollectionCatalog
    private let engine: Store
    private let server: WireServer?

    init(_ deployment: TestDeployment = .engine) throws {
        catalog = try .standard()
        engine = try Store(
            TemporaryFile.folder() + "/test.store", options: StoreOptions(relaxedDurability: true))
        switch deployment {
        case .engine: (store, server) = (engine, nil)
        case .mongodb:
            let server = try WireServer(deployment: engine.deployment, listen: .tcp(host: "127.0.0.1", port: 0))
            store = try Store(server.address.uri + "?serverSelectionTimeoutMS=5000")
            self.server = server
        }
        try StoreInitializer(catalog: catalog, database: store.database).run()
    }

    deinit {
        if server != nil { store.close() }
        server?.stop()
        engine.close()
    }

    var database: Database { store.database }

    func collection(_ name: String) -> Collection { database.collection(name) }
}
