import Graph
import Platform

/// A random graph, and the same as a matrix: what algorithms are checked against.
struct RandomGraph {
    let graph: Graph
    /// `weights[a][b]`: what the edges of the chosen types from a to b weigh together, followed in the direction asked for.
    func matrix(_ types: [EdgeType], _ direction: Direction) -> [[Double]] {
        let count = graph.nodes.count
        var matrix = [[Double]](repeating: [Double](repeating: 0, count: count), count: count)
        for (type, a, b, weight) in edges where types.contains(type) {
            if direction != .in || type.isSymmetric { matrix[a][b] += weight }
            if direction != .out || type.isSymmetric { matrix[b][a] += weight }
        }
        return matrix
    }

    /// Every edge once: type, both ends, weight.
    private let edges: [(EdgeType, Int, Int, Double)]

    init(
        seed: UInt64, types: [EdgeType], customers: Int = 9, products: Int = 11, designers: Int = 4,
        edges count: Int = 40
    )
        throws
    {
        var random = SeededRandom(seed: seed)
        let builder = GraphBuilder()
        let sizes: [NodeKind: Int] = [.customer: customers, .product: products, .designer: designers]
        for kind in NodeKind.allCases { for i in 0..<sizes[kind]! { _ = builder.node(kind, "\(i + 10)") } }
        func number(_ kind: NodeKind, _ i: Int) -> Int {
            (kind == .customer ? 0 : kind == .product ? customers : customers + products) + i
        }
        var sums: [Int: (EdgeType, Int, Int, Double)] = [:]
        for _ in 0..<count {
            let type = types.randomElement(using: &random)!
            let (a, b) = (
                Int.random(in: 0..<sizes[type.source]!, using: &random),
                Int.random(in: 0..<sizes[type.target]!, using: &random)
            )
            let weight = Double(Int.random(in: 1...5, using: &random))
            builder.add(
                type, from: builder.node(type.source, "\(a + 10)"), to: builder.node(type.target, "\(b + 10)"),
                weight: Float(weight), time: Int64.random(in: 0..<1000, using: &random))
            var (x, y) = (number(type.source, a), number(type.target, b))
            if type.isSymmetric {
                if x == y { continue }
                (x, y) = (min(x, y), max(x, y))
            }
            let key = (Int(type.rawValue) * 1000 + x) * 1000 + y
            if type == .reviewed || type == .designed {
                sums[key] = nil  // The latest counts: taken from the graph below.
                sums[key] = (type, x, y, 0)
            } else {
                sums[key] = (type, x, y, (sums[key]?.3 ?? 0) + weight)
            }
        }
        let built = try builder.finish()
        graph = built
        edges = sums.keys.sorted().map { key in
            var edge = sums[key]!
            if edge.3 == 0 {
                let rows = built.edges(edge.0).forward
                edge.3 = Double(rows.weights[rows.place(from: edge.1, to: edge.2)!])
            }
            return edge
        }
    }
}
