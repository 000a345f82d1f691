/// How alike two nodes are by what they are linked to.
public enum SimilarityMeasure: String, CaseIterable, Sendable {
    /// Common neighbours, as a part of the neighbours of either.
    case jaccard
    /// The cosine of the angle between the nodes' weights.
    case cosine
    /// Common neighbours, as a part of the neighbours of the one that has fewer.
    case overlap
}

/// A node that is like another.
public struct SimilarNode: Sendable, Equatable {
    public let node: Int
    public let similarity: Double
    /// How many neighbours both have.
    public let common: Int
}

extension Graph {
    /// The nodes most like one, those with something in common: most similar first, then with more in common, then by
    /// number.
    ///
    /// Neighbours are those over edges of one type; the others are of the node's own kind. O(edges of its neighbours).
    ///
    /// - Parameters:
    ///   - limit: how many at most.
    ///   - maximumEdges: how many edges may be looked at.
    public func similar(
        to node: Int, by type: EdgeType, _ measure: SimilarityMeasure, limit: Int = 10,
        maximumEdges: Int = Traversal.standardMaximum, monitor: GraphMonitor = GraphMonitor()
    ) throws -> [SimilarNode] {
        let direction: Direction = nodes.kind(node) == type.source ? .out : .in
        let there = direction == .out ? edges(type).forward : edges(type).reverse
        let walker = try EdgeWalker(
            self, EdgeChoice([type], direction == .out ? .in : .out), maximumEdges: maximumEdges, monitor)
        var common: [Int: (count: Int, product: Double)] = [:]
        for place in there.row(of: node) {
            let weight = Double(there.weights[place])
            try walker.forEach(there.neighbor(place)) { hop in
                if hop.node == node { return }
                let before = common[hop.node] ?? (0, 0)
                common[hop.node] = (before.count + 1, before.product + weight * Double(hop.weight))
            }
        }
        func norm(_ node: Int) -> Double {
            there.row(of: node).reduce(0) { $0 + Double(there.weights[$1]) * Double(there.weights[$1]) }
        }
        let (own, ownNorm) = (there.row(of: node).count, norm(node))
        var found: [SimilarNode] = []
        for (other, (count, product)) in common {
            let degree = there.row(of: other).count
            let similarity =
                switch measure {
                case .jaccard: Double(count) / Double(own + degree - count)
                case .overlap: Double(count) / Double(min(own, degree))
                case .cosine: product / (ownNorm * norm(other)).squareRoot()
                }
            found.append(SimilarNode(node: other, similarity: similarity, common: count))
        }
        found.sort { ($1.similarity, $1.common, $0.node) < ($0.similarity, $0.common, $1.node) }
        return Array(found.prefix(limit))
    }

    /// The nodes that two nodes are both linked to, by number.
    public func commonNeighbors(_ a: Int, _ b: Int, _ choice: EdgeChoice, monitor: GraphMonitor = GraphMonitor())
        throws -> [Int]
    {
        let walker = try EdgeWalker(self, choice, monitor)
        var (ofA, ofB) = (Set<Int>(), Set<Int>())
        try walker.forEach(a) { ofA.insert($0.node) }
        try walker.forEach(b) { ofB.insert($0.node) }
        return ofA.intersection(ofB).sorted()
    }

    /// How many edges of these types each node has, and what they weigh together.
    public func degrees(_ choice: EdgeChoice, monitor: GraphMonitor = GraphMonitor()) throws -> [(
        count: Int, weight: Double
    )] {
        let walker = try EdgeWalker(self, choice, maximumEdges: Int.max, monitor)
        return try (0..<nodes.count).map { node in
            var (count, weight) = (0, 0.0)
            try walker.forEach(node) { hop in
                count += 1
                weight += Double(hop.weight)
            }
            return (count, weight)
        }
    }
}
