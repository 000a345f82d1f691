import BSON
import DocumentStore
import TestSupport
import Testing
import WireServer

/// The two ways to a store: in process, and through libmongoc over MongoDB's wire protocol.
enum DeploymentKind: String, CaseIterable, Sendable, CustomTestStringConvertible {
    case engine = "engine in process"
    case wire = "libmongoc over the wire"
    var testDescription: String { rawValue }
}

/// An empty store of its own for one test.
final class DeploymentStore {
    let store: Store
    private let engine: Store
    private let server: WireServer?

    init(_ kind: DeploymentKind) throws {
        engine = try Store(TemporaryFile.folder() + "/test.store", options: StoreOptions(relaxedDurability: true))
        switch kind {
        case .engine: (store, server) = (engine, nil)
        case .wire:
            let server = try WireServer(deployment: engine.deployment, listen: .tcp(host: "127.0.0.1", port: 0))
            store = try Store(server.address.uri + "?serverSelectionTimeoutMS=5000")
            self.server = server
        }
    }

    deinit {
        if server != nil { store.close() }
        server?.stop()
        engine.close()
    }

    var database: Database { store.database }

    func insert(_ collection: String, _ documents: [Document]) throws {
        try database.collection(collection).insert(documents).orThrow()
    }
}
