import Analytics
import BSON
import DocumentStore
import Graph

/// One run of a method: its parameters, and what it may use.
struct Call: Sendable {
    let service: Service
    let parameters: Parameters
    let lease: SessionLease
    let cancellation: Cancellation
    /// Nil where the caller did not ask.
    let progress: Progress?

    /// What the request's commands run through.
    var session: Session { lease.session }

    /// The database the request is about. What runs through it stops when the request is cancelled.
    var database: Database {
        let store = Store(deployment: session)
        return store.database(parameters.string("database") ?? service.store.database.name)
    }

    /// The collection that the parameter `collection` names.
    var collection: Collection { database.collection(parameters.string("collection") ?? "") }
}

/// What all requests of a worker share.
final class Service: Sendable {
    let store: Store
    let catalog: AggregationCatalog
    let options: Worker.Options
    let methods: MethodTable
    let sessions: SessionPool
    let cursors: OpenCursors
    let running = RunningRequests()
    let recommenders = RecommenderCache()
    let statistics = Statistics()
    let graphs = GraphCache()

    init(store: Store, catalog: AggregationCatalog, options: Worker.Options, methods: MethodTable = MethodTable()) {
        self.store = store
        self.catalog = catalog
        self.options = options
        self.methods = methods
        sessions = SessionPool(store.deployment)
        cursors = OpenCursors(sessions: sessions, capacity: options.maximumCursors, timeout: options.cursorTimeout)
    }

    /// Gives back what the requests left open.
    func close() {
        cursors.closeAll()
        sessions.close()
    }
}
