import BSON
import DocumentStore
import Glibc
import Graph

// Builds and ranks graphs, and prints what a peer has to agree with.
//
// Usage: GraphBenchmark store STORE ROUNDS EDGES CUSTOMER…   read a store against one plain scan of it, write its edges to the
//                                                            file EDGES, and rank from customers
//        GraphBenchmark scale ROUNDS COUNT…                  graphs of so many random edges: time and memory
//
// Times are of the processor, in milliseconds, the least of so many rounds: they do not grow with what else runs. One JSON
// object a line.

let arguments = Array(CommandLine.arguments.dropFirst())
do {
    switch arguments.first {
    case "store" where arguments.count >= 4:
        guard let rounds = Int(arguments[2]), rounds > 0 else { throw usage }
        try measureStore(arguments[1], rounds: rounds, edges: arguments[3], customers: Array(arguments.dropFirst(4)))
    case "scale" where arguments.count >= 3:
        guard let rounds = Int(arguments[1]), rounds > 0 else { throw usage }
        for text in arguments.dropFirst(2) {
            guard let count = Int(text) else { throw usage }
            try measureScale(count, rounds: rounds)
        }
    default: throw usage
    }
} catch {
    print("failed: \(error)")
    exit(1)
}

var usage: AtelierError {
    AtelierError(.badValue, "usage: GraphBenchmark store STORE ROUNDS EDGES CUSTOMER… | scale ROUNDS COUNT…")
}

/// The least processor time of several rounds, in milliseconds, and the last result.
func least<R>(_ rounds: Int, _ work: () throws -> R) rethrows -> (milliseconds: Double, result: R) {
    func now() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) * 1e3 + Double(time.tv_nsec) / 1e6
    }
    var best = Double.infinity
    var last: R?
    for _ in 0..<rounds {
        let start = now()
        last = try work()
        best = min(best, now() - start)
    }
    return (best, last!)
}

func measureStore(_ path: String, rounds: Int, edges file: String, customers: [String]) throws {
    let store = try Store(path)
    defer { store.close() }
    let orders = store.database.collection("orders")
    // What anybody pays who reads the orders: every document through the cursor, every field looked at.
    let scan = try least(rounds) {
        var (documents, fields) = (0, 0)
        let look: (DocumentView) -> Void = { document in
            documents += 1
            fields += document.count
        }
        let cursor = try orders.find(batchSize: 1000)
        while try cursor.withNext(look) != nil {}
        return (documents, fields)
    }
    // The least a scan can be: the engine counts and sums, nothing leaves it.
    let inner = try least(rounds) {
        try orders.aggregate([["$unwind": "$items"], ["$group": ["_id": .null, "n": ["$sum": "$items.quantity"]]]])
            .all()
    }
    let built = try least(rounds) { try Graph(of: store.database, GraphOptions(types: [.bought])) }
    let graph = built.result
    print(
        ([
            "task": "build", "orders": .integer(scan.result.0), "edges": .integer(graph.edgeCount),
            "scanMS": .double(scan.milliseconds), "innerScanMS": .double(inner.milliseconds),
            "buildMS": .double(built.milliseconds), "ratio": .double(built.milliseconds / scan.milliseconds),
            "bytesPerEdge": .double(Double(graph.edgeBytes) / Double(max(1, graph.edgeCount))),
        ] as Document).description)

    if let output = fopen(file, "w") {
        let rows = graph.edges(.bought).forward
        for node in rows.rows {
            for place in rows.row(of: node) {
                fputs("\(node)\t\(rows.neighbor(place))\t\(Int(rows.weights[place]))\n", output)
            }
        }
        fclose(output)
    }
    let prepared = try least(rounds) { try PersonalizedPageRank(graph, edges: [.bought: 1]) }
    for name in customers {
        let start = try graph.nodes.find(name: "customer:\(name)")
        let scores = try least(rounds) { try prepared.result.scores(from: [(start, 1)]) }
        let top = try least(rounds) { try prepared.result.top(10, of: .product, from: [(start, 1)]) }
        print(
            ([
                "task": "rank", "start": .integer(start), "nodes": .integer(graph.nodes.count),
                "products": [
                    .integer(graph.nodes.range(.product).lowerBound), .integer(graph.nodes.range(.product).upperBound),
                ],
                "prepareMS": .double(prepared.milliseconds), "rankMS": .double(scores.milliseconds),
                "topMS": .double(top.milliseconds),
                "scores": .array(BSONArray(scores.result.map { .double($0) })),
                "top": .array(BSONArray(top.result.map { .integer($0.node) })),
            ] as Document).description)
    }
}

func measureScale(_ count: Int, rounds: Int) throws {
    let nodes = max(10, count / 10)
    let built = try least(rounds) { () -> Graph in
        let builder = GraphBuilder()
        let customers = (0..<nodes).map { builder.node(.customer, "c\($0)") }
        let products = (0..<nodes).map { builder.node(.product, "p\($0)") }
        var state: UInt64 = 1
        func next() -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % nodes
        }
        for i in 0..<count { builder.add(.bought, from: customers[next()], to: products[next()], time: Int64(i)) }
        return try builder.finish()
    }
    let graph = built.result
    let rank = try PersonalizedPageRank(graph, edges: [.bought: 1])
    let ranked = try least(rounds) { try rank.scores(from: [(0, 1)]) }
    let walked = least(rounds) { Components(graph).sizes.count }
    var usage = rusage()
    getrusage(Int32(RUSAGE_SELF.rawValue), &usage)
    print(
        ([
            "task": "scale", "added": .integer(count), "edges": .integer(graph.edgeCount),
            "buildMS": .double(built.milliseconds), "buildNSPerEdge": .double(built.milliseconds * 1e6 / Double(count)),
            "bytesPerEdge": .double(Double(graph.edgeBytes) / Double(max(1, graph.edgeCount))),
            "rankMS": .double(ranked.milliseconds), "rankNSPerEdge": .double(ranked.milliseconds * 1e6 / Double(count)),
            "componentsMS": .double(walked.milliseconds), "components": .integer(walked.result),
            "peakMegabytes": .integer(Int(usage.ru_maxrss) / 1024),
        ] as Document).description)
}
