/// Which nodes hang together, whatever the edges' direction.
public struct Components: Sendable {
    /// Each node's component, from 0 on: the largest first, those of a size by their lowest node.
    public let component: [Int]
    /// How many nodes each has.
    public let sizes: [Int]

    /// O(nodes + edges). Nodes without an edge of these types are components of their own.
    public init(_ graph: Graph, types: [EdgeType] = EdgeType.allCases) {
        let count = graph.nodes.count
        var parents = Array(0..<count)
        func root(_ node: Int) -> Int {
            var node = node
            while parents[node] != node {
                parents[node] = parents[parents[node]]
                node = parents[node]
            }
            return node
        }
        for type in types {
            let edges = graph.edges(type).forward
            for node in edges.rows {
                for place in edges.row(of: node) {
                    let (a, b) = (root(node), root(edges.neighbor(place)))
                    // The lowest node stays the root.
                    if a != b { parents[max(a, b)] = min(a, b) }
                }
            }
        }
        self.init(labels: (0..<count).map(root))
    }

    /// Numbers groups by size.
    init(labels: [Int]) {
        (component, sizes) = Components.numbered(labels)
    }

    static func numbered(_ labels: [Int]) -> (group: [Int], sizes: [Int]) {
        var firsts: [Int: Int] = [:]
        var sizes: [Int] = []
        let groups = labels.map { label in
            if let group = firsts[label] {
                sizes[group] += 1
                return group
            }
            firsts[label] = sizes.count
            sizes.append(1)
            return sizes.count - 1
        }
        let order = sizes.indices.sorted { sizes[$0] != sizes[$1] ? sizes[$0] > sizes[$1] : $0 < $1 }
        var ranks = [Int](repeating: 0, count: sizes.count)
        for (rank, group) in order.enumerated() { ranks[group] = rank }
        return (groups.map { ranks[$0] }, order.map { sizes[$0] })
    }
}
