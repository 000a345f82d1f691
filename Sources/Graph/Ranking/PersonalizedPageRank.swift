import BSON

/// Personalised PageRank: how often a walker is at each node who starts over at given nodes.
///
/// At each step the walker, with the probability `damping`, follows an edge of the chosen types, in either direction, with
/// a probability in proportion to its weight; otherwise, and where there is no edge to follow, it starts over. Scores
/// are the stationary probabilities; they add up to 1.
///
/// ```swift
/// let rank = try PersonalizedPageRank(graph, edges: [.bought: 1])
/// let best = try rank.top(10, of: .product, from: [(customer, 1)])
/// ```
///
/// As edges are followed both ways, the scores solve a symmetric positive definite system: with the degrees D and weights
/// A, p = D^½ y where (I − damping · D^-½ A D^-½) y = (1 − damping) D^-½ r. It is solved by conjugate gradients, on one
/// side only where the edges join two sides. That takes about a dozen passes over the edges where repeated walking
/// takes 150. The residual bounds the error, so that the scores are as exact as `tolerance` says.
///
/// Immutable and thread-safe; making one takes a pass over the edges, each ranking one for each step.
public struct PersonalizedPageRank: Sendable {
    public let graph: Graph
    public let damping: Double
    /// Every node's summed weights; 0 for a node without an edge.
    let degrees: PackedColumn<Double>
    /// √degree and 1/√degree; 0 for a node without an edge.
    let roots: PackedColumn<Double>
    let inverseRoots: PackedColumn<Double>
    let network: RankNetwork

    /// - Parameters:
    ///   - edges: the types to follow, and what the weights of each are multiplied by.
    ///   - damping: at least 0 and below 1.
    /// - Throws: `badValue` for factors or a damping out of range.
    public init(_ graph: Graph, edges: [EdgeType: Double], damping: Double = 0.85) throws {
        guard damping >= 0 && damping < 1 else {
            throw AtelierError(
                .badValue, "expected a damping of at least 0 and below 1, found \(damping)",
                advice: "0.85 is usual: the walker starts over at about every seventh step.")
        }
        for (type, factor) in edges where !(factor > 0 && factor.isFinite) {
            throw AtelierError(.badValue, "expected a factor above 0 for \(type.name), found \(factor)")
        }
        self.graph = graph
        self.damping = damping
        network = RankNetwork(graph, edges)
        let count = graph.nodes.count
        let parts = network.parts
        degrees = PackedColumn(count: count) { degrees in
            degrees.initialize(repeating: 0)
            for part in parts {
                let (weights, offsets, first) = (
                    part.adjacency.weights, part.adjacency.offsets, part.adjacency.rows.lowerBound
                )
                for row in 0..<part.adjacency.rows.count {
                    var sum = 0.0
                    for i in Int(offsets[row])..<Int(offsets[row + 1]) { sum += Double(weights[i]) }
                    degrees[first + row] += sum * part.factor
                }
            }
        }
        let sums = degrees
        roots = PackedColumn(count: count) { roots in for i in 0..<count { roots[i] = sums[i].squareRoot() } }
        inverseRoots = PackedColumn(count: count) { roots in
            for i in 0..<count { roots[i] = sums[i] > 0 ? 1 / sums[i].squareRoot() : 0 }
        }
    }

    /// Every node's score, by number.
    ///
    /// - Parameters:
    ///   - restarts: the nodes to start over at, with weights in proportion to which.
    ///   - tolerance: what no score is off by more than.
    /// - Throws: `badValue` where the weights add up to nothing.
    public func scores(from restarts: [(node: Int, weight: Double)], tolerance: Double = 1e-13) throws -> [Double] {
        let solver = try RankSolver(self, restarts, focus: nil)
        solver.run(tolerance: tolerance)
        return solver.scores()
    }

    /// Every node's score where the walker starts over at any node that has an edge, all alike: PageRank.
    public func scores(tolerance: Double = 1e-13) throws -> [Double] {
        try scores(from: degrees.indices.filter { degrees[$0] > 0 }.map { ($0, 1) }, tolerance: tolerance)
    }

    /// The nodes of a kind with the highest scores, highest first, ties by id. Scores of 0 are left out.
    ///
    /// Stops as soon as the bounds of the errors say that no more steps can change which nodes these are or their order.
    ///
    /// - Parameters:
    ///   - tolerance: what no score is off by more than, however early it stops.
    ///   - isWanted: leaves out the nodes it returns false for.
    public func top(
        _ count: Int, of kind: NodeKind, from restarts: [(node: Int, weight: Double)], tolerance: Double = 1e-9,
        where isWanted: (Int) -> Bool = { _ in true }
    ) throws -> [RankedNode] {
        let solver = try RankSolver(self, restarts, focus: kind)
        return solver.top(count, of: kind, tolerance: tolerance, isWanted)
    }
}

/// A node and what it scored.
public struct RankedNode: Sendable, Equatable {
    public var node: Int
    public var score: Double

    public init(node: Int, score: Double) {
        self.node = node
        self.score = score
    }

    /// Higher scores first, then lower numbers, which are earlier ids.
    @inline(__always)
    static func precedes(_ a: RankedNode, _ b: RankedNode) -> Bool {
        a.score != b.score ? a.score > b.score : a.node < b.node
    }

    /// The best of some nodes, best first. O(n · log count).
    public static func best(_ count: Int, of nodes: some Sequence<Int>, scores: (Int) -> Double) -> [RankedNode] {
        var heap = TopNodes(count)
        for node in nodes { heap.offer(RankedNode(node: node, score: scores(node))) }
        return heap.sorted()
    }
}

/// The best nodes of many: a heap with the worst of them on top.
struct TopNodes {
    private let capacity: Int
    private var heap: [RankedNode] = []

    init(_ capacity: Int) { self.capacity = max(0, capacity) }

    @inline(__always)
    mutating func offer(_ node: RankedNode) {
        if heap.count < capacity {
            heap.append(node)
            var i = heap.count - 1
            while i > 0, RankedNode.precedes(heap[(i - 1) / 2], heap[i]) {
                heap.swapAt(i, (i - 1) / 2)
                i = (i - 1) / 2
            }
        } else if capacity > 0, RankedNode.precedes(node, heap[0]) {
            heap[0] = node
            sink()
        }
    }

    private mutating func sink() {
        var i = 0
        while true {
            var worst = i
            for child in [2 * i + 1, 2 * i + 2]
            where child < heap.count && RankedNode.precedes(heap[worst], heap[child]) { worst = child }
            if worst == i { return }
            heap.swapAt(i, worst)
            i = worst
        }
    }

    func sorted() -> [RankedNode] { heap.sorted(by: RankedNode.precedes) }
}
