import BSON
import Deployment
import DocumentStore
import Graph
import MongoDriver
import Synchronization
import Testing
import WireServer

/// A store that behaves like a MongoDB deployment where change streams are concerned, in the documented shapes: it does not
/// tell states, and it logs every write as an event that `$changeStream` gives out from a resume token on.
private final class ScriptedMongo: Deployment {
    struct Log {
        var events: [Document] = []
        var hasStreams = true
        /// How many events the server has forgotten.
        var forgotten = 0
        /// Per open stream, how far it is.
        var streams: [Int64: Int] = [:]
        var opened: [Document] = []
    }
    let log = Mutex(Log())
    private let inner: any Deployment

    init(_ inner: any Deployment) { self.inner = inner }

    func close() { inner.close() }

    private func token(_ place: Int) -> BSONValue { ["_data": .string("82\(place)")] }

    func note(_ operation: String, _ collection: String, in database: String, to: String? = nil) {
        log.withLock { log in
            var event: Document = [
                "_id": token(log.events.count + 1), "operationType": .string(operation),
                "clusterTime": .timestamp(1_700_000_000 << 32 | UInt64(log.events.count)),
                "ns": ["db": .string(database), "coll": .string(collection)],
            ]
            if let to { event = event.setting("to", ["db": .string(database), "coll": .string(to)]) }
            log.events.append(event)
        }
    }

    func run(_ command: Document, in database: String) throws -> Document {
        let name = command.keys.first ?? ""
        switch name {
        case "collectionStates": throw AtelierError(.commandNotFound, "no such command: 'collectionStates'")
        case "aggregate":
            if let stage = command["pipeline"]?.arrayValue?.first?.documentValue?["$changeStream"]?.documentValue {
                return try open(stage, in: database)
            }
        case "getMore":
            if let id = command[name]?.integerValue, log.withLock({ $0.streams[id] != nil }) {
                #expect(command["collection"]?.stringValue == "$cmd.aggregate" && command["maxTimeMS"] != nil)
                return next(id, in: database)
            }
        case "killCursors":
            let ids = (command["cursors"]?.arrayValue ?? []).compactMap(\.integerValue)
            let known = log.withLock { log in ids.filter { log.streams.removeValue(forKey: $0) != nil } }
            if !known.isEmpty { return ["cursorsKilled": .array(BSONArray(known.map { .int64($0) })), "ok": 1.0] }
        case "insert", "update", "delete", "drop":
            let reply = try inner.run(command, in: database)
            note(name, command[name]?.stringValue ?? "", in: database)
            return reply
        default: break
        }
        return try inner.run(command, in: database)
    }

    private func open(_ stage: Document, in database: String) throws -> Document {
        try log.withLock { log in
            log.opened.append(stage)
            guard log.hasStreams else {
                throw AtelierError(40573, "The $changeStream stage is only supported on replica sets")
            }
            var place = log.events.count
            if let token = stage["resumeAfter"]?.documentValue?["_data"]?.stringValue {
                place = Int(token.dropFirst(2)) ?? 0
                if place < log.forgotten {
                    throw AtelierError(
                        286,
                        "Resume of change stream was not possible, as the resume point may no longer be in the oplog.")
                }
            }
            let id = Int64(9000 + log.opened.count)
            log.streams[id] = place
            return reply(id, "firstBatch", [], place, database)
        }
    }

    /// Two events at a time, and at the end an empty batch.
    private func next(_ id: Int64, in database: String) -> Document {
        log.withLock { log in
            let place = log.streams[id] ?? 0
            let batch = log.events[place...].prefix(2)
            log.streams[id] = place + batch.count
            let isOver = batch.contains { $0["operationType"]?.stringValue == "invalidate" }
            return reply(isOver ? 0 : id, "nextBatch", Array(batch), place + batch.count, database)
        }
    }

    private func reply(_ id: Int64, _ field: String, _ batch: [Document], _ place: Int, _ database: String) -> Document
    {
        [
            "cursor": [
                field: .array(BSONArray(documents: batch)), "postBatchResumeToken": token(place), "id": .int64(id),
                "ns": .string("\(database).$cmd.aggregate"),
            ], "ok": 1.0,
        ]
    }
}

/// Refreshes by a change stream, over the wire and through libmongoc, against a scripted server.
@Suite struct ChangeStreamTests {
    private func withStore(_ work: (Store, ScriptedMongo) throws -> Void) throws {
        try StorePlace.embedded.withStore { embedded in
            let scripted = ScriptedMongo(embedded.deployment)
            let server = try WireServer(deployment: scripted, listen: .tcp(host: "127.0.0.1", port: 0))
            defer { server.stop() }
            let store = Store(deployment: try MongoDriver(uri: server.address.uri))
            defer { store.close() }
            try work(store, scripted)
        }
    }

    private func order(_ id: String, _ customer: String, _ product: String, day: Int64) -> Document {
        [
            "_id": .string(id), "kind": "sale", "status": "completed", "customerId": .string(customer),
            "orderedAt": .date(day * 86_400_000),
            "items": [["line": 1, "productId": .string(product), "quantity": 1, "unitPrice": 5]],
        ]
    }

    private let options = GraphOptions(types: [.bought, .viewed])

    private func refresh(
        _ graph: inout Graph, from store: Store, _ expected: RefreshKind, _ freshness: Freshness = .changes
    ) throws {
        let (fresh, kind) = try graph.refreshed(from: store.database, options)
        #expect(kind == expected)
        #expect(fresh.provenance.freshness == freshness)
        let whole = try Graph(of: store.database, options)
        func edges(_ graph: Graph) -> [String] {
            options.types.sorted { $0.rawValue < $1.rawValue }.flatMap { type -> [String] in
                let rows = graph.edges(type).forward
                return rows.rows.flatMap { node in
                    rows.row(of: node).map {
                        "\(type) \(graph.nodes.name(node)) \(graph.nodes.name(rows.neighbor($0))) \(rows.weights[$0])"
                    }
                }
            }
        }
        #expect(edges(fresh) == edges(whole))
        #expect((0..<fresh.nodes.count).map(fresh.nodes.name) == (0..<whole.nodes.count).map(whole.nodes.name))
        graph = fresh
    }

    @Test func whatChangedInPlaceIsNoticed() throws {
        try withStore { store, scripted in
            let orders = store.database.collection("orders")
            _ = try orders.insert([order("1", "ann", "sofa", day: 1), order("2", "bob", "lamp", day: 2)])
            var graph = try Graph(of: store.database, options)
            #expect(graph.provenance.freshness == .read)
            try refresh(&graph, from: store, .unchanged)
            _ = try orders.insert([order("3", "ann", "lamp", day: 2)])
            try refresh(&graph, from: store, .added)
            _ = try orders.updateOne(["_id": "1"], ["$set": ["items.0.productId": "rug"]])
            try refresh(&graph, from: store, .replaced)
            try refresh(&graph, from: store, .unchanged)
            // Another collection's events have nothing to do with it.
            _ = try store.database.collection("campaigns").insert([["_id": 1]])
            try refresh(&graph, from: store, .unchanged)
            // Several batches of events, of which the last is a delete.
            for day in 3..<8 { _ = try orders.insert([order("b\(day)", "cid", "desk", day: Int64(day))]) }
            _ = try store.database.collection("productViews").insert([["customerId": "vic", "productId": "rug"]])
            _ = try orders.deleteMany(["_id": "b3"])
            try refresh(&graph, from: store, .replaced)
            // With a time before the latest known: the count tells that it was not among what was read.
            _ = try orders.insert([order("early", "zoe", "desk", day: 0)])
            try refresh(&graph, from: store, .rebuilt, .read)
            try refresh(&graph, from: store, .unchanged)
            #expect(scripted.log.withLock { $0.streams.isEmpty }, "every stream is closed again")
            let stage = scripted.log.withLock { $0.opened.last { $0["resumeAfter"] != nil } }
            #expect(stage?["resumeAfter"]?.documentValue?["_data"] != nil)
        }
    }

    @Test func aRenameOntoACollectionIsAChangeOfIt() throws {
        try withStore { store, scripted in
            _ = try store.database.collection("orders").insert([order("1", "ann", "sofa", day: 1)])
            var graph = try Graph(of: store.database, options)
            scripted.note("rename", "staging", in: store.database.name, to: "orders")
            try refresh(&graph, from: store, .replaced)
        }
    }

    @Test func whereTheServerHasForgottenEverythingIsReadAnew() throws {
        try withStore { store, scripted in
            let orders = store.database.collection("orders")
            _ = try orders.insert([order("1", "ann", "sofa", day: 1)])
            var graph = try Graph(of: store.database, options)
            _ = try orders.updateOne(["_id": "1"], ["$set": ["customerId": "bob"]])
            scripted.log.withLock { $0.forgotten = $0.events.count }
            try refresh(&graph, from: store, .rebuilt, .read)
            scripted.note("invalidate", "orders", in: store.database.name)
            try refresh(&graph, from: store, .rebuilt, .read)
        }
    }

    @Test func aSingleServerGoesByCountsAndSaysSo() throws {
        try withStore { store, scripted in
            scripted.log.withLock { $0.hasStreams = false }
            _ = try store.database.collection("orders").insert([order("1", "ann", "sofa", day: 1)])
            var graph = try Graph(of: store.database, options)
            try refresh(&graph, from: store, .unchanged, .counts)
            let question = try GraphQuestion(.describe, ["edges": "bought"])
            let answer = try question.answer(graph, NodeDocuments(nil))
            #expect(answer.time["freshness"]?.stringValue == "counts")
            #expect(answer.answer.notes.last?.hasSuffix("changes in place were not.") == true)
        }
    }
}
