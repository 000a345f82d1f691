import BSON
import Graph
import Testing

@Suite struct WalkingTests {
    private static let types: [EdgeType] = [.bought, .met, .designed, .boughtTogether]

    /// Shortest costs between all nodes (Floyd and Warshall).
    private func costs(_ matrix: [[Double]], _ cost: (Double) -> Double) -> [[Double]] {
        var costs = matrix.map { $0.map { $0 > 0 ? cost($0) : .infinity } }
        for i in costs.indices { costs[i][i] = 0 }
        for k in costs.indices {
            for i in costs.indices {
                for j in costs.indices { costs[i][j] = min(costs[i][j], costs[i][k] + costs[k][j]) }
            }
        }
        return costs
    }

    /// How many edges a walk looks at: the least that it may look at without failing.
    private func edgesLookedAt(_ graph: Graph, _ start: Int, _ depth: Int, _ choice: EdgeChoice) throws -> Int {
        var (low, high) = (0, 1000)
        while low < high {
            let middle = (low + high) / 2
            do {
                _ = try Neighborhood(graph, around: [start], depth: depth, choice, maximumEdges: middle)
                high = middle
            } catch is AtelierError {
                low = middle + 1
            }
        }
        return low
    }

    @Test("Distances, breadth and depth first", arguments: 1...6 as ClosedRange<UInt64>, Direction.allCases)
    func distances(_ seed: UInt64, _ direction: Direction) throws {
        let random = try RandomGraph(seed: seed, types: Self.types)
        let expected = costs(random.matrix(Self.types, direction)) { _ in 1 }
        let choice = EdgeChoice(Self.types, direction)
        for start in 0..<random.graph.nodes.count {
            for depth in [1, 2, 5] {
                let found = try Neighborhood(random.graph, around: [start], depth: depth, choice)
                var depths = [Double](repeating: .infinity, count: random.graph.nodes.count)
                for member in found.members { depths[member.node] = Double(member.depth) }
                #expect(depths == expected[start].map { $0 <= Double(depth) ? $0 : .infinity })
                #expect(found.isComplete)
                #expect(found.members.map(\.depth) == found.members.map(\.depth).sorted())
                // Depth first finds the same, at the same distances, each node below the one it was found from.
                let deep = try Neighborhood(random.graph, around: [start], depth: depth, choice, order: .depth)
                var deepDepths = [Double](repeating: .infinity, count: random.graph.nodes.count)
                for member in deep.members { deepDepths[member.node] = Double(member.depth) }
                #expect(deepDepths == depths && deep.members.count == found.members.count && deep.isComplete)
                var way: [Int] = []
                for member in deep.members {
                    way.removeLast(way.count - member.depth)
                    #expect(member.parent == way.last)
                    way.append(member.node)
                }
                // Looking again at the same edges is no reason to refuse.
                let most = max(1, try edgesLookedAt(random.graph, start, depth, choice))
                #expect(throws: Never.self) {
                    try Neighborhood(
                        random.graph, around: [start], depth: depth, choice, order: .depth, maximumEdges: most)
                }
            }
            // Depth first reaches the same where nothing limits it, every node along an edge from its parent.
            let deep = try Neighborhood(random.graph, around: [start], depth: 100, choice, order: .depth)
            #expect(
                Set(deep.members.map(\.node)) == Set(expected[start].indices.filter { expected[start][$0] < .infinity })
            )
            let matrix = random.matrix(Self.types, direction)
            for member in deep.members { if let parent = member.parent { #expect(matrix[parent][member.node] > 0) } }
            let limited = try Neighborhood(random.graph, around: [start], depth: 100, choice, limit: 2)
            #expect(limited.members.count <= 3)
            #expect(limited.isComplete == (deep.members.count <= 3))
        }
    }

    @Test("Cheapest ways", arguments: 1...6 as ClosedRange<UInt64>, EdgeCost.allCases)
    func cheapest(_ seed: UInt64, _ cost: EdgeCost) throws {
        // One type, so that an edge of the matrix is an edge of the graph.
        let random = try RandomGraph(seed: seed, types: [.boughtTogether], products: 14, edges: 25)
        let matrix = random.matrix([.boughtTogether], .both)
        let expected = costs(matrix) { cost == .one ? 1 : cost == .inverse ? 1 / $0 : $0 }
        let products = random.graph.nodes.range(.product)
        for a in products {
            for b in products {
                let path = try random.graph.path(from: a, to: b, EdgeChoice([.boughtTogether]), cost: cost)
                #expect((path != nil) == (expected[a][b] < .infinity))
                guard let path else { continue }
                #expect(abs(path.cost - expected[a][b]) < 1e-9)
                #expect(
                    path.nodes.first == a && path.nodes.last == b
                        && path.hops.map(\.node) == Array(path.nodes.dropFirst()))
                for (x, y) in zip(path.nodes, path.nodes.dropFirst()) { #expect(matrix[x][y] > 0) }
            }
        }
    }

    @Test("All ways up to a length", arguments: 1...5 as ClosedRange<UInt64>, Direction.allCases)
    func allWays(_ seed: UInt64, _ direction: Direction) throws {
        let random = try RandomGraph(seed: seed, types: [.met, .boughtTogether, .designed], edges: 30)
        let types: [EdgeType] = [.met, .boughtTogether, .designed]
        let matrix = random.matrix(types, direction)
        func ways(_ way: [Int], _ end: Int, _ rest: Int) -> [[Int]] {
            let last = way[way.count - 1]
            if last == end { return [way] }
            if rest == 0 { return [] }
            return matrix.indices.filter { matrix[last][$0] > 0 && !way.contains($0) }
                .flatMap { ways(way + [$0], end, rest - 1) }
        }
        for (a, b) in [(0, 12), (10, 15), (20, 11), (9, 9)] {
            let expected = ways([a], b, 4).sorted {
                $0.count != $1.count ? $0.count < $1.count : $0.lexicographicallyPrecedes($1)
            }
            let found = try random.graph.paths(
                from: a, to: b, maximumLength: 4, EdgeChoice(types, direction), limit: 100_000)
            #expect(found.paths.map(\.nodes) == expected)
            #expect(found.isComplete)
            if expected.count > 2 {
                let first = try random.graph.paths(
                    from: a, to: b, maximumLength: 4, EdgeChoice(types, direction), limit: 2)
                #expect(first.paths.map(\.nodes) == Array(expected.prefix(2)) && !first.isComplete)
            }
        }
    }

    @Test(
        "Ways of a traversal are counted and weighed as products of matrices are",
        arguments: 1...6 as ClosedRange<UInt64>)
    func traversal(_ seed: UInt64) throws {
        let random = try RandomGraph(seed: seed, types: [.bought, .met], edges: 60)
        let out = random.matrix([.bought], .out)
        let back = random.matrix([.bought], .in)
        func product(_ v: [Double], _ m: [[Double]], _ f: (Double) -> Double) -> [Double] {
            m.indices.map { j in m.indices.reduce(0) { $0 + v[$1] * f(m[$1][j]) } }
        }
        let start = random.graph.nodes.count > 3 ? 3 : 0
        var paths = [Double](repeating: 0, count: out.count)
        paths[start] = 1
        var weights = paths
        for matrix in [out, back, out] {
            paths = product(paths, matrix) { $0 > 0 ? 1 : 0 }
            weights = product(weights, matrix) { $0 }
        }
        var traversal = Traversal(
            from: .names([random.graph.nodes.name(start)]),
            [.out, .in, .out].map { Traversal.Step(EdgeChoice([.bought], $0)) })
        traversal.rank = .weight
        let result = try traversal.run(on: random.graph, NodeDocuments(nil))
        #expect(result.reached == paths.filter { $0 > 0 }.count)
        #expect(result.arrivals.map(\.weight) == result.arrivals.map(\.weight).sorted(by: >))
        for arrival in result.arrivals {
            #expect(arrival.paths == UInt128(paths[arrival.node]) && arrival.weight == weights[arrival.node])
            #expect(arrival.example.count == 4 && arrival.example[0] == start && arrival.example[3] == arrival.node)
            for (a, b) in zip(arrival.example, arrival.example.dropFirst()) { #expect(out[a][b] + back[a][b] > 0) }
        }
    }

    @Test func filtersWindowsAndCapsChooseEdges() throws {
        let builder = GraphBuilder()
        let c = builder.node(.customer, "c")
        for i in 1...9 {
            let product = builder.node(.product, "p\(i)")
            builder.add(
                .bought, from: c, to: product, weight: Float(i % 4 + 1), time: i == 9 ? Graph.noTime : Int64(i * 10))
        }
        let graph = try builder.finish()
        func reached(_ change: (inout EdgeChoice) -> Void) throws -> [String] {
            var choice = EdgeChoice([.bought], .out)
            change(&choice)
            return try Neighborhood(graph, around: [0], depth: 1, choice).members.dropFirst().map {
                graph.nodes.idText($0.node)
            }
        }
        #expect(
            try reached {
                $0.from = 20
                $0.to = 50
            } == ["p2", "p3", "p4"])
        #expect(try reached { $0.filter = ["weight": ["$gte": 3], "time": ["$gt": .date(25)]] } == ["p3", "p6", "p7"])
        #expect(try reached { $0.filter = ["time": .null] } == ["p9"])
        #expect(try reached { $0.perNode = 3 } == ["p3", "p7", "p2"])
        #expect(
            try reached {
                $0.perNode = 2
                $0.preference = .recent
            } == ["p8", "p7"])
        #expect(try reached { $0.direction = .in } == [])
        #expect(throws: AtelierError.self) { try reached { $0.filter = ["weight": ["$gtt": 3]] } }
    }

    @Test("A hub of 10⁵ edges: walks end, or say why they would not")
    func hub() throws {
        let builder = GraphBuilder()
        let hub = builder.node(.product, "hub")
        for i in 0..<100_000 {
            let customer = builder.node(.customer, "\(i)")
            builder.add(.bought, from: customer, to: hub)
            builder.add(.bought, from: customer, to: builder.node(.product, "p\(i % 1000)"))
        }
        let graph = try builder.finish()
        let node = try graph.nodes.find(name: "product:hub")
        let choice = EdgeChoice([.bought])
        #expect(try Neighborhood(graph, around: [node], depth: 1, choice).members.count == 100_001)
        let error = #expect(throws: AtelierError.self) {
            try graph.paths(
                from: try graph.nodes.find(name: "product:p1"), to: try graph.nodes.find(name: "product:p2"),
                maximumLength: 6, choice, limit: 100_000, maximumEdges: 2_000_000)
        }
        #expect(error?.advice?.contains("perNode") == true)
        var capped = choice
        capped.perNode = 10
        #expect(try Neighborhood(graph, around: [node], depth: 3, capped).members.count < 1000)
        let best = try PersonalizedPageRank(graph, edges: [.bought: 1]).top(2, of: .product, from: [(node, 1)])
        #expect(graph.nodes.name(best[0].node) == "product:hub")
    }

    @Test("Work is stopped from outside")
    func cancelling() throws {
        struct Stopped: Error {}
        let builder = GraphBuilder()
        let hub = builder.node(.product, "hub")
        for i in 0..<300_000 { builder.add(.bought, from: builder.node(.customer, "\(i)"), to: hub) }
        let graph = try builder.finish()
        #expect(throws: Stopped.self) {
            try Neighborhood(
                graph, around: [300_000], depth: 3, EdgeChoice([.bought]),
                monitor: GraphMonitor(check: { throw Stopped() }))
        }
    }

    @Test(
        "What cannot be understood is refused, with its place",
        arguments: [
            (#"{"steps": [{"edges": "bought"}]}"#, "start"), (#"{"start": "customer:1"}"#, "steps"),
            (#"{"start": "customer:1", "steps": []}"#, "steps"),
            (#"{"start": {"kind": "person"}, "steps": [{}]}"#, "start.kind"),
            (#"{"start": "customer:1", "steps": [{}, {"edges": "bougt"}]}"#, "steps[1].edges"),
            (#"{"start": "customer:1", "steps": [{"perNode": 0}]}"#, "steps[0].perNode"),
            (#"{"start": "customer:1", "steps": [{"from": "soon"}]}"#, "steps[0].from"),
            (#"{"start": "customer:1", "steps": [{"way": "out"}]}"#, "steps[0].way"),
            (#"{"start": "customer:1", "steps": [{}], "rank": "best"}"#, "rank"),
            (#"{"start": "customer:1", "steps": [{}], "limit": -1}"#, "limit"),
        ])
    func refusal(_ json: String, _ place: String) throws {
        let document = try #require(try BSONValue(json: json).documentValue)
        let error = #expect(throws: AtelierError.self) { try Traversal(document) }
        #expect(error?.location == place)
    }

    @Test func unknownNodesAndEmptyGraphs() throws {
        let graph = try GraphBuilder().finish()
        #expect(Components(graph).sizes.isEmpty)
        #expect(try Communities(graph).sizes.isEmpty)
        for name in ["customer:1", "person:1", "customer", "customer:", ""] {
            #expect(throws: AtelierError.self) { try graph.nodes.find(name: name) }
        }
        for task in GraphQuestion.Task.allCases
        where [.components, .communities, .centrality, .describe].contains(task) {
            #expect(throws: Never.self) {
                try GraphQuestion(task, [:]).answer(graph, NodeDocuments(nil))
            }
        }
        #expect(try GraphQuestion(.rank, [:]).answer(graph, NodeDocuments(nil)).answer.rows.isEmpty)
    }
}
