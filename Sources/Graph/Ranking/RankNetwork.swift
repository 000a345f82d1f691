/// The edges that a ranking follows, both ways, and whether they join two sides.
struct RankNetwork: Sendable {
    struct Part: Sendable {
        let adjacency: Adjacency
        let factor: Double
    }

    /// One side of a network: nodes, and the edges that lead from them to the other.
    struct Side: Sendable {
        let kinds: [NodeKind]
        let ranges: [Range<Int>]
        let parts: [Part]
    }

    let parts: [Part]
    /// Two where every edge leads from one to the other; one, of all nodes, where not.
    let sides: [Side]

    init(_ graph: Graph, _ edges: [EdgeType: Double]) {
        let used = EdgeType.allCases.compactMap { type in
            edges[type].flatMap { graph.edges(type).count > 0 ? (type: type, factor: $0) : nil }
        }
        let parts = used.flatMap { type, factor in
            graph.adjacencies(type, .both).map { (type, Part(adjacency: $0, factor: factor)) }
        }
        self.parts = parts.map(\.1)
        func side(_ kinds: [NodeKind]) -> Side {
            let ranges = kinds.map(graph.nodes.range)
            return Side(
                kinds: kinds, ranges: ranges.filter { !$0.isEmpty },
                parts: parts.map(\.1).filter { part in
                    ranges.contains { !$0.isEmpty && $0 == part.adjacency.rows }
                })
        }
        // Edges join the kinds of two sides where no type's ends lie on the same one.
        let divisions: [[NodeKind]] = [[.customer], [.product], [.designer]]
        for kinds in divisions {
            let isDivision = used.allSatisfy { kinds.contains($0.type.source) != kinds.contains($0.type.target) }
            if isDivision && !used.isEmpty {
                sides = [side(kinds), side(NodeKind.allCases.filter { !kinds.contains($0) })]
                return
            }
        }
        sides = [side(NodeKind.allCases)]
    }
}

extension RankNetwork.Side {
    /// For each node of the side, the weighted sum of a vector over its edges, times the node's scale; both by number.
    func gather(_ x: UnsafePointer<Double>, scale: UnsafePointer<Double>, into y: UnsafeMutablePointer<Double>) {
        for range in ranges { (y + range.lowerBound).update(repeating: 0, count: range.count) }
        for part in parts { part.gather(x, into: y) }
        for range in ranges { for i in range { y[i] *= scale[i] } }
    }

    var count: Int { ranges.reduce(0) { $0 + $1.count } }
}

extension RankNetwork.Part {
    func gather(_ x: UnsafePointer<Double>, into y: UnsafeMutablePointer<Double>) {
        let (targets, weights, offsets) = (
            adjacency.targets.pointer, adjacency.weights.pointer, adjacency.offsets.pointer
        )
        let first = adjacency.rows.lowerBound
        for row in 0..<adjacency.rows.count {
            var i = Int(offsets[row])
            let end = Int(offsets[row + 1])
            // Four sums, so that an addition need not wait for the one before.
            var (a, b, c, d) = (0.0, 0.0, 0.0, 0.0)
            while i + 4 <= end {
                a += Double(weights[i]) * x[Int(targets[i])]
                b += Double(weights[i + 1]) * x[Int(targets[i + 1])]
                c += Double(weights[i + 2]) * x[Int(targets[i + 2])]
                d += Double(weights[i + 3]) * x[Int(targets[i + 3])]
                i += 4
            }
            while i < end {
                a += Double(weights[i]) * x[Int(targets[i])]
                i += 1
            }
            y[first + row] += ((a + b) + (c + d)) * factor
        }
    }
}
