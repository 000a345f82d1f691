/// A weighted sum of models, each one's scores divided by the largest for the history at hand.
struct BlendModel: ScoringModel {
    struct Part: Sendable {
        let model: any ScoringModel
        let weight: Float
    }

    let method = RecommendationMethod.blend
    let parts: [Part]
    private let productCount: Int

    /// Parts of no weight are left out.
    init(_ parts: [Part], productCount: Int) {
        self.parts = parts.filter { $0.weight != 0 }
        self.productCount = productCount
    }

    func score(_ history: History, into scores: UnsafeMutableBufferPointer<Float>) throws {
        scores.update(repeating: 0)
        try forEachPart(history, scores.count) { _, factor, part in
            for place in part.indices { scores[place] += factor * part[place] }
        }
    }

    func contributions(to product: Int, from history: History) throws -> [Contribution] {
        var result: [Contribution] = []
        try forEachPart(history, productCount) { model, factor, _ in
            for contribution in try model.contributions(to: product, from: history) {
                let amount = factor * contribution.amount
                if let index = result.firstIndex(where: { $0.source == contribution.source }) {
                    result[index].amount += amount
                } else {
                    result.append(Contribution(source: contribution.source, amount: amount))
                }
            }
        }
        return result
    }

    /// Calls the closure with each model, what its scores are to be multiplied by, and its scores.
    private func forEachPart(
        _ history: History, _ count: Int,
        _ body: (any ScoringModel, Float, UnsafeMutableBufferPointer<Float>) throws -> Void
    ) throws {
        let scores = UnsafeMutableBufferPointer<Float>.allocate(capacity: count)
        scores.initialize(repeating: 0)
        defer { scores.deallocate() }
        for part in parts {
            try part.model.score(history, into: scores)
            let factor = part.weight / BlendModel.largest(scores)
            try body(part.model, factor, scores)
        }
    }

    /// The largest magnitude; 1 where all are zero.
    static func largest(_ scores: UnsafeMutableBufferPointer<Float>) -> Float {
        var largest: Float = 0
        for score in scores { largest = max(largest, score.magnitude) }
        return largest > 0 ? largest : 1
    }
}
