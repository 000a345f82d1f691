extension RecommendationSettings {
    /// The same with the weight of popularity in the blend that suits a log: what `recommend` does where nothing was tuned.
    ///
    /// Where customers come back for the same products, popularity adds nothing to the blend; where they draw whatever is
    /// popular, bestsellers would beat a blend without it. Which of the two a shop is shows on up to 500 customers, their
    /// last order held out: of a few weights the one that ranks best (NDCG@10 of all products and of new ones together). Up
    /// to 1,000 products the parts are those of the blend; beyond, BM25 of 20 neighbours stands in for the linear model,
    /// which would take longest.
    ///
    /// Takes about as long as learning BM25.
    /// - Returns: the settings as they are where fewer than 20 customers can be judged by.
    func weighingPopularity(
        by log: PurchaseLog, check: @escaping @Sendable () throws -> Void = {}
    ) throws -> RecommendationSettings {
        let judge = Judge(HoldoutSplit(log), check: check)
        let split = judge.split
        guard split.cases(.new).count >= 20 else { return self }
        let builder = ModelBuilder(split.training, self, check: check)
        var parts: [BlendModel.Part]
        if split.training.products.count <= min(1000, linearLimit) {
            parts = try builder.blend { try builder.model($0) }.parts
        } else {
            var neighbours = bm25
            neighbours.neighbours = 20
            parts = [
                .init(model: RepeatModel(builder.matrix, again), weight: 1),
                .init(
                    model: try NeighbourModel(builder.matrix, neighbours, check: check),
                    weight: max(linearWeight, bm25Weight)),
            ]
        }
        parts.removeAll { $0.model.method == .popularity }
        let (blend, popularity) = (
            BlendModel(parts, productCount: split.training.products.count), PopularityModel(builder.matrix)
        )
        let weights = RecommendationSettings.popularityWeights
        var gains = [Double](repeating: 0, count: weights.count)
        for setting in HoldoutSplit.Setting.allCases {
            let step = (split.cases(setting).count + 499) / 500
            let found = try judge.qualities(setting, variants: weights.count, every: step) { history, scratch, emit in
                try blend.score(history, into: scratch.first)
                popularity.score(history, into: scratch.second)
                let factor = 1 / BlendModel.largest(scratch.second)
                for (variant, weight) in weights.enumerated() {
                    for place in scratch.sum.indices {
                        scratch.sum[place] = scratch.first[place] + weight * factor * scratch.second[place]
                    }
                    emit(variant, scratch.sum)
                }
            }
            for variant in weights.indices { gains[variant] += found[variant].gain }
        }
        // Of equals the smallest; and popularity has to be worth it, for lists of bestsellers are the same for everybody.
        let best = gains.indices.reversed().max { gains[$0] < gains[$1] } ?? 0
        var chosen = self
        chosen.popularityWeight = gains[best] > gains[0] * RecommendationSettings.worthwhile ? weights[best] : 0
        return chosen
    }

    private static let popularityWeights: [Float] = [0, 0.3, 1, 3, 10]
    private static let worthwhile = 1.05
}
