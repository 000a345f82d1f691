import BSON
import DocumentStore
import Glibc
import MongoDriver
import TestSupport
import WireServer

/// The path of an embedded store of its own for one test; nothing is there yet.
func temporaryStorePath() -> String {
    let marker = TemporaryFile("", name: "marker").path
    return marker.split(separator: "/").dropLast().map { "/" + $0 }.joined() + "/test.store"
}

/// Where a test's store is: in this process, or behind MongoDB's wire protocol and libmongoc.
enum StorePlace: String, CaseIterable {
    case embedded
    case wire

    /// Opens an empty store, does the work, and closes it.
    func withStore<R>(_ work: (Store) throws -> R) throws -> R {
        let embedded = try Store(temporaryStorePath())
        defer { embedded.close() }
        guard self == .wire else { return try work(embedded) }
        let server = try WireServer(deployment: embedded.deployment, listen: .tcp(host: "127.0.0.1", port: 0))
        defer { server.stop() }
        let store = Store(deployment: try MongoDriver(uri: server.address.uri))
        defer { store.close() }
        return try work(store)
    }
}

/// A folder of the package, for example `aggregations`.
func packageFolder(_ name: String) -> String {
    String(#filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3).joined(separator: "/")) + "/"
        + name
}
