import BSON
import Graph
import Testing

@Suite struct RankingTests {
    /// The definition, step by step: walk, and start over; what is at a node without an edge starts over too.
    private func walked(_ matrix: [[Double]], _ restarts: [(Int, Double)], _ damping: Double) -> [Double] {
        let count = matrix.count
        var restart = [Double](repeating: 0, count: count)
        let total = restarts.reduce(0) { $0 + $1.1 }
        for (node, weight) in restarts { restart[node] += weight / total }
        let degrees = matrix.map { $0.reduce(0, +) }
        var p = restart
        for _ in 0..<3000 {
            var next = [Double](repeating: 0, count: count)
            var lost = 0.0
            for i in 0..<count {
                if degrees[i] == 0 { lost += p[i] }
                for j in 0..<count where matrix[i][j] > 0 { next[j] += damping * p[i] * matrix[i][j] / degrees[i] }
            }
            for i in 0..<count { next[i] += (1 - damping + damping * lost) * restart[i] }
            let change = zip(p, next).reduce(0) { max($0, abs($1.0 - $1.1)) }
            p = next
            if change < 1e-16 { break }
        }
        return p
    }

    static let choices: [[EdgeType]] = [
        [.bought], [.bought, .viewed, .reviewed], [.bought, .met], [.met, .designed], [.bought, .met, .designed],
        [.boughtTogether], [.bought, .boughtTogether], EdgeType.allCases,
    ]

    @Test("Scores are those of the walk, whatever edges are followed", arguments: choices, [1, 2, 3, 4] as [UInt64])
    func scores(_ types: [EdgeType], _ seed: UInt64) throws {
        let random = try RandomGraph(seed: seed, types: types)
        let matrix = random.matrix(types, .both)
        let edges = Dictionary(uniqueKeysWithValues: types.map { ($0, 1.0) })
        for damping in [0, 0.5, 0.85, 0.99] {
            let rank = try PersonalizedPageRank(random.graph, edges: edges, damping: damping)
            for restarts in [[(0, 1.0)], [(12, 1.0)], [(3, 2.0), (14, 1.0), (20, 0.5)]] {
                let expected = walked(matrix, restarts, damping)
                let found = try rank.scores(from: restarts.map { (node: $0.0, weight: $0.1) })
                let error = zip(expected, found).map { abs($0 - $1) }.max() ?? 0
                #expect(error < 1e-11, "seed \(seed), damping \(damping), from \(restarts)")
            }
        }
    }

    @Test("Weights are multiplied by their type's factor")
    func factors() throws {
        let random = try RandomGraph(seed: 8, types: [.bought, .viewed])
        var matrix = random.matrix([.bought], .both)
        for (i, row) in random.matrix([.viewed], .both).enumerated() {
            for (j, weight) in row.enumerated() { matrix[i][j] += 0.25 * weight }
        }
        let found = try PersonalizedPageRank(random.graph, edges: [.bought: 1, .viewed: 0.25]).scores(from: [(2, 1)])
        for (a, b) in zip(walked(matrix, [(2, 1)], 0.85), found) { #expect(abs(a - b) < 1e-12) }
    }

    @Test("The best nodes are those of all scores, in their order", arguments: 1...20 as ClosedRange<UInt64>)
    func top(_ seed: UInt64) throws {
        let random = try RandomGraph(seed: seed, types: [.bought, .met], customers: 60, products: 80, edges: 500)
        let rank = try PersonalizedPageRank(random.graph, edges: [.bought: 1, .met: 2])
        let products = random.graph.nodes.range(.product)
        for start in [0, 7, products.lowerBound] {
            let scores = try rank.scores(from: [(start, 1)])
            for count in [0, 1, 10, 500] {
                let best = try rank.top(count, of: .product, from: [(start, 1)]) { $0 % 3 != 0 }
                let expected = products.filter { scores[$0] > 0 && $0 % 3 != 0 }.sorted {
                    (scores[$1], $0) < (scores[$0], $1)
                }.prefix(count)
                // Nodes whose scores differ by rounding only may change places.
                #expect(best.count == expected.count)
                for (a, b) in zip(best, expected) {
                    #expect(abs(a.score - scores[b]) < 1e-9 && abs(scores[a.node] - scores[b]) < 1e-12)
                }
            }
        }
    }

    @Test func whatCannotBeRankedIsRefused() throws {
        let random = try RandomGraph(seed: 1, types: [.bought])
        #expect(throws: AtelierError.self) { try PersonalizedPageRank(random.graph, edges: [.bought: 1], damping: 1) }
        #expect(throws: AtelierError.self) { try PersonalizedPageRank(random.graph, edges: [.bought: -1]) }
        let rank = try PersonalizedPageRank(random.graph, edges: [.bought: 1])
        #expect(throws: AtelierError.self) { try rank.scores(from: []) }
        #expect(throws: AtelierError.self) { try rank.scores(from: [(0, -1)]) }
        let empty = try PersonalizedPageRank(try GraphBuilder().finish(), edges: [.bought: 1])
        #expect(throws: AtelierError.self) { try empty.scores() }
    }
}
