import BSON
import Graph

/// Personalised PageRank on the graph of customers and what they bought, starting over at the products of a history in
/// proportion to how often they were bought.
///
/// Of the products that is the same ranking as when starting over at the customer. Scores are exact to a millionth.
struct WalkModel: ScoringModel {
    let method = RecommendationMethod.walk
    private let rank: PersonalizedPageRank
    /// The graph's node of each product; nodes of a kind are numbered in the order of their ids, as products are here.
    private let nodes: [Int]

    init(_ log: PurchaseLog, _ matrix: InteractionMatrix, damping: Double) throws {
        let builder = GraphBuilder()
        let products = log.products.map { builder.node(.product, $0) }
        for (number, id) in log.customers.enumerated() {
            let customer = builder.node(.customer, id)
            for entry in matrix.entries(of: number) {
                builder.add(
                    .bought, from: customer, to: products[Int(matrix.columns[entry])], weight: matrix.values[entry])
            }
        }
        let graph = try builder.finish()
        rank = try PersonalizedPageRank(graph, edges: [.bought: 1], damping: damping)
        let range = graph.nodes.range(.product)
        nodes = Array(range)
    }

    func score(_ history: History, into scores: UnsafeMutableBufferPointer<Float>) throws {
        scores.update(repeating: 0)
        let weights = history.weights()
        guard !weights.places.isEmpty else { return }
        let ranks = try rank.scores(
            from: zip(weights.places, weights.values).map { (nodes[Int($0)], Double($1)) }, tolerance: 1e-6)
        for place in nodes.indices { scores[place] = Float(ranks[nodes[place]]) }
    }

    /// Exact: a ranking from several products is the mean of those from each.
    func contributions(to product: Int, from history: History) throws -> [Contribution] {
        let weights = history.weights()
        let total = weights.values.reduce(0, +)
        return try zip(weights.places, weights.values).map { place, weight in
            let ranks = try rank.scores(from: [(nodes[Int(place)], 1)], tolerance: 1e-6)
            return Contribution(source: .product(place), amount: Float(ranks[nodes[product]]) * weight / total)
        }
    }
}
