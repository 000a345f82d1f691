/// The edges of one type, by the nodes at one of their ends: compressed sparse rows.
///
/// ```swift
/// let edges = graph.edges(.bought).forward
/// for i in edges.row(of: customer) { print(graph.nodes.idText(edges.neighbor(i)), edges.weights[i]) }
/// ```
public struct Adjacency: Sendable {
    /// The nodes that have a row, empty or not: those of one kind.
    public let rows: Range<Int>
    /// Where each row's edges begin, and where the last one's end: one more than there are rows.
    public let offsets: PackedColumn<UInt64>
    /// The nodes at the other ends, ascending within a row.
    public let targets: PackedColumn<UInt32>
    /// What the edges weigh.
    public let weights: PackedColumn<Float>
    /// The edges' times in milliseconds since 1970; `Graph.noTime` where the store has none.
    public let times: PackedColumn<Int64>

    /// How many edges there are.
    public var count: Int { targets.count }

    /// The places of a node's edges in `targets`, `weights` and `times`; empty for a node of another kind.
    @inline(__always)
    public func row(of node: Int) -> Range<Int> {
        guard rows.contains(node) else { return 0..<0 }
        let row = node - rows.lowerBound
        return Int(offsets[row])..<Int(offsets[row + 1])
    }

    /// The node at the other end of the edge at a place.
    @inline(__always)
    public func neighbor(_ place: Int) -> Int { Int(targets[place]) }

    /// The place of the edge to a node; nil where there is none. O(log of the row's length).
    public func place(from node: Int, to other: Int) -> Int? {
        var (low, high) = (row(of: node).lowerBound, row(of: node).upperBound)
        let end = high
        while low < high {
            let middle = (low + high) / 2
            if neighbor(middle) < other { low = middle + 1 } else { high = middle }
        }
        return low < end && neighbor(low) == other ? low : nil
    }

    var byteCount: Int { offsets.byteCount + targets.byteCount + weights.byteCount + times.byteCount }
}

/// The edges of one type, both ways.
public struct EdgeSet: Sendable {
    public let type: EdgeType
    /// By source. Of a symmetric type every edge stands here twice, once from each end.
    public let forward: Adjacency
    /// By target; of a symmetric type the same rows as `forward`.
    public let reverse: Adjacency

    /// How many edges there are; of a symmetric type, each counted once.
    public var count: Int { type.isSymmetric ? forward.count / 2 : forward.count }
}
