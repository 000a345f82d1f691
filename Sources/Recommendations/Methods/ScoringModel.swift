import BSON

/// One way to score every product for what somebody bought.
///
/// Immutable after it has learnt, and thread-safe. Scores of different models are not on one scale.
protocol ScoringModel: Sendable {
    var method: RecommendationMethod { get }

    /// Writes a score for every product into the buffer; higher is better, and 0 says nothing.
    func score(_ history: History, into scores: UnsafeMutableBufferPointer<Float>) throws

    /// What a product's score is made of; the amounts add up to the score.
    func contributions(to product: Int, from history: History) throws -> [Contribution]
}

/// The ways to recommend products.
public enum RecommendationMethod: String, CaseIterable, Sendable {
    case blend, linear, bm25, cosine, walk, `repeat`, popularity

    /// In a few words.
    public var title: String {
        switch self {
        case .blend: "a blend of repeat purchase and what goes with purchases"
        case .linear: "the linear model"
        case .bm25: "neighbours by BM25"
        case .cosine: "neighbours by cosine"
        case .walk: "personalised PageRank"
        case .repeat: "repeat purchase"
        case .popularity: "popularity"
        }
    }
}

/// A part of a score, and where it comes from.
struct Contribution: Sendable, Equatable {
    enum Source: Sendable, Hashable {
        /// Having bought another product, or having it in the basket.
        case product(Int32)
        /// Having bought the same product, in so many orders.
        case bought(times: Int)
        /// That so many customers bought it.
        case popularity(customers: Int)
    }

    let source: Source
    var amount: Float
}

/// How many customers bought a product. It knows nobody, and serves those nothing is known of.
struct PopularityModel: ScoringModel {
    let method = RecommendationMethod.popularity
    let customers: [Int]

    init(_ matrix: InteractionMatrix) { customers = matrix.columnSizes() }

    func score(_ history: History, into scores: UnsafeMutableBufferPointer<Float>) {
        for place in customers.indices { scores[place] = Float(customers[place]) }
    }

    func contributions(to product: Int, from history: History) -> [Contribution] {
        [Contribution(source: .popularity(customers: customers[product]), amount: Float(customers[product]))]
    }
}
