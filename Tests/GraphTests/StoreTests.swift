import BSON
import Deployment
import DocumentStore
import Glibc
import Graph
import MongoDriver
import Platform
import Testing
import WireServer

/// Where a test's store is: in this process, or behind MongoDB's wire protocol and libmongoc.
enum StorePlace: String, CaseIterable {
    case embedded
    case wire

    func withStore<R>(_ work: (Store) throws -> R) throws -> R {
        var name = Array("/tmp/atelier-graph-XXXXXX".utf8CString)
        guard mkdtemp(&name) != nil else { throw AtelierError(.fileOpenFailed, "no temporary folder") }
        let folder = name.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
        defer {
            for file in ["store", "store-lock"] { unlink("\(folder)/\(file)") }
            rmdir(folder)
        }
        let embedded = try Store("\(folder)/store")
        defer { embedded.close() }
        guard self == .wire else { return try work(embedded) }
        let server = try WireServer(deployment: embedded.deployment, listen: .tcp(host: "127.0.0.1", port: 0))
        defer { server.stop() }
        let store = Store(deployment: try MongoDriver(uri: server.address.uri))
        defer { store.close() }
        return try work(store)
    }
}

/// A deployment that does not tell the states of its collections, as MongoDB does not.
private final class WithoutStates: Deployment {
    private let inner: any Deployment
    init(_ inner: any Deployment) { self.inner = inner }
    func run(_ command: Document, in database: String) throws -> Document {
        guard command.keys.first != "collectionStates" else {
            throw AtelierError(.commandNotFound, "no such command: 'collectionStates'")
        }
        return try inner.run(command, in: database)
    }
    func close() { inner.close() }
}

@Suite struct StoreTests {
    private func order(
        _ id: String, _ customer: String?, _ products: [String], day: Int64, kind: String = "sale",
        status: String = "completed"
    ) -> Document {
        var order: Document = [
            "_id": .string(id), "kind": .string(kind), "status": .string(status), "orderedAt": .date(day * 86_400_000),
            "items": .array(
                BSONArray(
                    documents: products.enumerated().map { line, product in
                        [
                            "line": .int32(Int32(line + 1)), "productId": .string(product),
                            "quantity": .int32(product.hasPrefix("-") ? -1 : 1),
                            "unitPrice": .decimal(Decimal128(product.hasPrefix("free") ? "0.00" : "9.50")!),
                            "service": product.hasPrefix("fitting") ? .bool(true) : .null,
                        ]
                    })),
        ]
        if let customer { order = order.setting("customerId", .string(customer)) }
        return order
    }

    private func edges(_ graph: Graph, _ type: EdgeType) -> [String] {
        let rows = graph.edges(type).forward
        return rows.rows.flatMap { node in
            rows.row(of: node).map { place in
                let day = rows.times[place] == Graph.noTime ? "-" : "\(rows.times[place] / 86_400_000)"
                return
                    "\(graph.nodes.idText(node))>\(graph.nodes.idText(rows.neighbor(place))) \(Int(rows.weights[place])) \(day)"
            }
        }
    }

    @Test("What counts becomes an edge", arguments: StorePlace.allCases)
    func building(_ place: StorePlace) throws {
        try place.withStore { store in
            let database = store.database
            _ = try database.collection("orders").insert([
                order("1", "ann", ["sofa", "lamp", "lamp", "fitting", "free", "-desk"], day: 1),
                order("2", "ann", ["lamp", "sofa"], day: 5), order("3", nil, ["lamp", "sofa", "desk"], day: 9),
                order("4", "ann", ["desk"], day: 3, kind: "return"),
                order("5", "bob", ["desk"], day: 3, status: "canceled"),
            ])
            _ = try database.collection("customers").insert([["_id": "cid"], ["_id": "ann"]])
            _ = try database.collection("products").insert([
                ["_id": "sofa", "designerId": "dee", "createdAt": .date(0)], ["_id": "rug"],
            ])
            _ = try database.collection("productViews").insert([
                ["_id": 1, "customerId": "ann", "productId": "rug", "at": .date(86_400_000)],
                ["_id": 2, "customerId": "ann", "productId": "rug", "at": .date(0)], ["_id": 3, "productId": "rug"],
            ])
            _ = try database.collection("reviews").insert([
                [
                    "_id": 1, "customerId": "ann", "productIds": ["sofa", "lamp"], "score": 2,
                    "createdAt": .date(86_400_000),
                ],
                ["_id": 2, "customerId": "ann", "productIds": ["sofa"], "score": 5, "createdAt": .date(0)],
            ])
            _ = try database.collection("designSessions").insert([
                ["_id": 1, "customerId": "ann", "designerId": "dee", "status": "completed", "scheduledAt": .date(0)],
                ["_id": 2, "customerId": "cid", "designerId": "dee", "status": "noShow", "scheduledAt": .date(0)],
            ])
            let graph = try Graph(of: database)
            #expect(edges(graph, .bought) == ["ann>lamp 2 5", "ann>sofa 2 5"])
            #expect(edges(graph, .viewed) == ["ann>rug 2 1"])
            #expect(edges(graph, .reviewed) == ["ann>lamp 2 1", "ann>sofa 2 1"])
            #expect(edges(graph, .met) == ["ann>dee 1 0"])
            #expect(edges(graph, .designed) == ["dee>sofa 1 0"])
            // One sale with desk and another product is below the least count.
            #expect(edges(graph, .boughtTogether) == ["lamp>sofa 3 9", "sofa>lamp 3 9"])
            #expect(graph.nodes.range(.customer).map(graph.nodes.idText) == ["ann", "cid"])
            #expect(graph.provenance.latest == 9 * 86_400_000)

            var options = GraphOptions(types: [.bought])
            options.to = 5 * 86_400_000
            #expect(edges(try Graph(of: database, options), .bought) == ["ann>lamp 1 1", "ann>sofa 1 1"])
        }
    }

    /// Refreshes, and compares with a graph that is read anew.
    private func refresh(
        _ graph: inout Graph, from database: Database, _ options: GraphOptions, _ expected: RefreshKind,
        _ freshness: Freshness
    ) throws {
        let (fresh, kind) = try graph.refreshed(from: database, options)
        #expect(kind == expected)
        #expect(fresh.provenance.freshness == (kind == .rebuilt ? .read : freshness))
        let whole = try Graph(of: database, options)
        for type in EdgeType.allCases { #expect(edges(fresh, type) == edges(whole, type)) }
        #expect((0..<fresh.nodes.count).map(fresh.nodes.name) == (0..<whole.nodes.count).map(whole.nodes.name))
        graph = fresh
    }

    @Test("A refresh reads what the collections' states say has changed", arguments: StorePlace.allCases)
    func refreshingByStates(_ place: StorePlace) throws {
        try place.withStore { store in
            let orders = store.database.collection("orders")
            let options = GraphOptions(types: [.bought, .designed, .viewed])
            var graph = try Graph(of: store.database, options)
            func refresh(_ expected: RefreshKind) throws {
                try self.refresh(&graph, from: store.database, options, expected, .states)
            }
            try refresh(.unchanged)
            _ = try orders.insert([order("1", "ann", ["sofa"], day: 1), order("2", "bob", ["lamp"], day: 4)])
            _ = try store.database.collection("productViews").insert([["customerId": "vic", "productId": "rug"]])
            try refresh(.added)
            try refresh(.unchanged)
            // Earlier than what is known, and at the same time.
            _ = try orders.insert([order("3", "ann", ["lamp"], day: 2), order("4", "cid", ["sofa", "a"], day: 4)])
            try refresh(.added)
            _ = try store.database.collection("products").insert([["_id": "b", "designerId": "dee"]])
            try refresh(.added)
            // In place: neither counts nor times change.
            _ = try orders.updateOne(["_id": "3"], ["$set": ["items.0.productId": "rug"]])
            try refresh(.replaced)
            #expect(edges(graph, .bought).contains { $0.hasPrefix("ann>rug") })
            _ = try orders.updateOne(["_id": "4"], ["$set": ["status": "canceled"]])
            _ = try orders.insert([order("5", "ann", ["lamp"], day: 9)])
            try refresh(.replaced)
            #expect(graph.nodes.find(.customer, "cid") == nil, "nothing names cid any more")
            // Deleted and inserted, so that the count is as before.
            _ = try orders.deleteMany(["_id": "5"])
            _ = try orders.insert([order("6", "ann", ["b"], day: 9)])
            try refresh(.replaced)
            _ = try store.database.collection("products").updateOne(["_id": "b"], ["$set": ["designerId": "eve"]])
            try refresh(.replaced)
            #expect(edges(graph, .designed) == ["eve>b 1 -"])
            try store.database.run(["drop": "orders"])
            try refresh(.replaced)
            _ = try orders.insert((0..<9).map { order("\($0)", "zoe", ["b"], day: $0) })
            try refresh(.added)
            try refresh(.unchanged)
        }
    }

    @Test func pairsAreCountedAnewWhenOrdersChange() throws {
        try StorePlace.embedded.withStore { store in
            let orders = store.database.collection("orders")
            let options = GraphOptions(types: [.bought, .boughtTogether, .met])
            _ = try orders.insert([order("1", "ann", ["sofa", "lamp"], day: 1)])
            _ = try store.database.collection("designSessions").insert([
                ["customerId": "ann", "designerId": "dee", "status": "completed", "scheduledAt": .date(0)]
            ])
            var graph = try Graph(of: store.database, options)
            _ = try orders.insert([order("2", "bob", ["sofa", "lamp"], day: 2)])
            try refresh(&graph, from: store.database, options, .replaced, .states)
            #expect(edges(graph, .boughtTogether).count == 2)
        }
    }

    @Test func aSnapshotIsComparedWithTheStoreItIsGiven() throws {
        try StorePlace.embedded.withStore { store in
            let orders = store.database.collection("orders")
            let options = GraphOptions(types: [.bought])
            _ = try orders.insert([order("1", "ann", ["sofa"], day: 1)])
            let file = "/tmp/atelier-\(getpid())-\(UInt64.random(in: 0 ... .max)).graph"
            defer { unlink(file) }
            try Graph(of: store.database, options).write(snapshot: file)
            var graph = try Graph(snapshot: file)
            #expect(graph.provenance.freshness == .snapshot)
            try refresh(&graph, from: store.database, options, .unchanged, .states)
            _ = try orders.updateOne(["_id": "1"], ["$set": ["customerId": "bob"]])
            graph = try Graph(snapshot: file)
            try refresh(&graph, from: store.database, options, .replaced, .states)
        }
    }

    @Test("Without states a refresh goes by counts and times, and says so")
    func refreshingByCounts() throws {
        try StorePlace.embedded.withStore { embedded in
            let store = Store(deployment: WithoutStates(embedded.deployment))
            let orders = store.database.collection("orders")
            let options = GraphOptions(types: [.bought, .designed])
            var graph = try Graph(of: store.database, options)
            func refresh(_ expected: RefreshKind) throws {
                try self.refresh(&graph, from: store.database, options, expected, .counts)
            }
            try refresh(.unchanged)
            _ = try orders.insert([order("1", "ann", ["sofa"], day: 1), order("2", "bob", ["lamp"], day: 4)])
            try refresh(.added)
            try refresh(.unchanged)
            // At the latest time known, and later.
            _ = try orders.insert([order("3", "ann", ["lamp"], day: 4), order("4", "ann", ["sofa", "a"], day: 6)])
            try refresh(.added)
            _ = try store.database.collection("products").insert([["_id": "b", "designerId": "dee"]])
            try refresh(.added)
            // Earlier than what is known.
            _ = try orders.insert([order("5", "ann", ["lamp"], day: 2)])
            try refresh(.rebuilt)
            _ = try orders.deleteMany(["_id": "4"])
            try refresh(.rebuilt)
            try refresh(.unchanged)
        }
    }

    @Test("Two steps of a graph are what $graphLookup finds", arguments: StorePlace.allCases)
    func graphLookup(_ place: StorePlace) throws {
        try place.withStore { store in
            // Pairs of products as documents, each with what it is bought together with.
            var random = SeededRandom(seed: 4)
            let graph = try RandomGraph(seed: 6, types: [.boughtTogether], products: 20, edges: 22).graph
            let rows = graph.edges(.boughtTogether).forward
            _ = random.next()
            _ = try store.database.collection("links").insert(
                graph.nodes.range(.product).map { node in
                    [
                        "_id": .string(graph.nodes.idText(node)),
                        "with": .array(
                            BSONArray(rows.row(of: node).map { .string(graph.nodes.idText(rows.neighbor($0))) })),
                    ]
                })
            for depth in 0...3 {
                for node in graph.nodes.range(.product) {
                    let pipeline: [Document] = [
                        ["$match": ["_id": .string(graph.nodes.idText(node))]],
                        [
                            "$graphLookup": [
                                "from": "links", "startWith": "$with", "connectFromField": "with",
                                "connectToField": "_id", "as": "reached", "maxDepth": .int32(Int32(depth)),
                                "depthField": "depth",
                            ]
                        ],
                    ]
                    let answer = try store.database.collection("links").aggregate(pipeline).next()
                    var expected: [String: Int] = [:]
                    for value in answer?["reached"]?.arrayValue ?? [] {
                        let found = value.documentValue
                        expected[found?["_id"]?.stringValue ?? ""] = Int(found?["depth"]?.integerValue ?? -1) + 1
                    }
                    // The store comes back to where it started from; a walk does not.
                    expected[graph.nodes.idText(node)] = nil
                    var found: [String: Int] = [:]
                    let around = try Neighborhood(
                        graph, around: [node], depth: depth + 1, EdgeChoice([.boughtTogether]))
                    for member in around.members.dropFirst() { found[graph.nodes.idText(member.node)] = member.depth }
                    #expect(found == expected)
                }
            }
        }
    }
}
