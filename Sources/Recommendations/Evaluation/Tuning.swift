/// Chooses settings inside the training data: each customer's last training order is held out in turn, the models learn from
/// what comes before it, and what ranks best (NDCG@10) is taken. The test orders are never seen.
struct Tuning {
    private let judge: Judge
    private let matrix: InteractionMatrix
    private let log: PurchaseLog
    private(set) var settings: RecommendationSettings
    private let observe: (String) throws -> Void

    private init(
        _ training: PurchaseLog, _ settings: RecommendationSettings, check: @escaping @Sendable () throws -> Void,
        observe: @escaping (String) throws -> Void
    ) {
        judge = Judge(HoldoutSplit(training), check: check)
        log = judge.split.training
        matrix = InteractionMatrix(log)
        self.settings = settings
        self.observe = observe
    }

    /// - Parameters:
    ///   - training: what may be known.
    ///   - observe: is told what is being tried.
    /// - Returns: the standard settings where nobody ordered often enough to choose by.
    static func choose(
        _ training: PurchaseLog, from settings: RecommendationSettings, check: @escaping @Sendable () throws -> Void,
        observe: (String) throws -> Void
    ) throws -> RecommendationSettings {
        try withoutActuallyEscaping(observe) { observe in
            var tuning = Tuning(training, settings, check: check, observe: observe)
            guard !tuning.judge.split.cases(.new).isEmpty, !tuning.judge.split.cases(.all).isEmpty else {
                return settings
            }
            try tuning.run()
            return tuning.settings
        }
    }

    private mutating func run() throws {
        try chooseNeighbours()
        try chooseDamping()
        let linear = matrix.columnCount <= settings.linearLimit ? try chooseLinear() : nil
        try chooseBlend(linear)
    }

    private mutating func chooseNeighbours() throws {
        var best = -1.0
        for neighbours in [20, 200] {
            for b in [0.5, 0.75] {
                try observe("BM25")
                var tried = settings.bm25
                (tried.neighbours, tried.b) = (neighbours, b)
                let gain = try judge.quality(of: NeighbourModel(matrix, tried), .new).gain
                if gain > best { (best, settings.bm25) = (gain, tried) }
            }
        }
        best = -1
        for neighbours in [20, 200] {
            try observe("cosine")
            var tried = settings.cosine
            tried.neighbours = neighbours
            let gain = try judge.quality(of: NeighbourModel(matrix, tried), .new).gain
            if gain > best { (best, settings.cosine) = (gain, tried) }
        }
    }

    /// On a part of the customers: a walk costs more than other scores.
    private mutating func chooseDamping() throws {
        var best = -1.0
        let step = max(1, judge.split.cases(.new).count / 400)
        for damping in [0.15, 0.3, 0.5, 0.85] {
            try observe("personalised PageRank")
            let model = try WalkModel(log, matrix, damping: damping)
            let gain = try judge.qualities(.new, variants: 1, every: step) { history, scratch, emit in
                try model.score(history, into: scratch.first)
                emit(0, scratch.first)
            }[0].gain
            if gain > best { (best, settings.damping) = (gain, damping) }
        }
    }

    /// One setting after the other, each from the best so far.
    private mutating func chooseLinear() throws -> LinearModel {
        let decays: [Float] = [0.5, 0.7, 0.85, 1]
        var best: (gain: Double, model: LinearModel)?
        func attempt(_ settings: LinearModel.Settings) throws {
            try observe("linear model")
            let learnt = try LinearModel(matrix, settings, limit: self.settings.linearLimit)
            for decay in decays {
                let model = LinearModel(learnt, decay: decay)
                let gain = try judge.quality(of: model, .new).gain
                if gain > best?.gain ?? -1 { best = (gain, model) }
            }
        }
        var tried = settings.linear
        for regularisation in [30.0, 100, 300, 1000] {
            tried.regularisation = regularisation
            try attempt(tried)
        }
        tried = best?.model.settings ?? tried
        for power in [0.0, 0.5] {
            tried.customerPower = power
            try attempt(tried)
        }
        guard let best else { return try LinearModel(matrix, tried, limit: settings.linearLimit) }
        settings.linear = best.model.settings
        return best.model
    }

    /// First what goes into new products, then repeat purchase, then how the two are put together.
    private mutating func chooseBlend(_ linear: LinearModel?) throws {
        try observe("the blend")
        let bm25 = try NeighbourModel(matrix, settings.bm25)
        let base: any ScoringModel = linear ?? bm25
        settings.walkWeight = 0
        settings.bm25Weight = 0
        if linear != nil { try chooseShare(of: bm25, beside: base) }

        var again: [RepeatModel] = []
        for decay: Float in [1, 0.9, 0.8] {
            for returnPower in [0, 0.5, 1] {
                for popularityPower in [0, 0.15, 0.3, 0.5] {
                    again.append(
                        RepeatModel(
                            matrix,
                            .init(decay: decay, returnPower: returnPower, popularityPower: popularityPower)))
                }
            }
        }
        let (models, weights, share) = (again, Tuning.weights, settings.bm25Weight)
        let isBlended = linear != nil && share > 0
        let found = try judge.qualities(.all, variants: models.count * weights.count) { history, scratch, emit in
            try base.score(history, into: scratch.first)
            Tuning.normalise(scratch.first)
            if isBlended {
                bm25.score(history, into: scratch.second)
                Tuning.normalise(scratch.second)
                for place in scratch.first.indices { scratch.first[place] += share * scratch.second[place] }
            }
            for (number, model) in models.enumerated() {
                model.score(history, into: scratch.second)
                Tuning.normalise(scratch.second)
                for (index, weight) in weights.enumerated() {
                    for place in scratch.sum.indices {
                        scratch.sum[place] = scratch.second[place] + weight * scratch.first[place]
                    }
                    emit(number * weights.count + index, scratch.sum)
                }
            }
        }
        guard let best = found.indices.max(by: { found[$0].gain < found[$1].gain }) else { return }
        settings.again = models[best / weights.count].settings
        settings.linearWeight = weights[best % weights.count]
        settings.bm25Weight = share * settings.linearWeight
    }

    private static let weights: [Float] = [0.1, 0.2, 0.3, 0.5, 1]

    /// How much BM25 adds to the linear model, if anything.
    private mutating func chooseShare(of model: any ScoringModel, beside base: any ScoringModel) throws {
        let shares: [Float] = [0, 0.1, 0.2, 0.4]
        let found = try judge.qualities(.new, variants: shares.count) { history, scratch, emit in
            try base.score(history, into: scratch.first)
            try model.score(history, into: scratch.second)
            Tuning.normalise(scratch.first)
            Tuning.normalise(scratch.second)
            for (variant, share) in shares.enumerated() {
                for place in scratch.sum.indices {
                    scratch.sum[place] = scratch.first[place] + share * scratch.second[place]
                }
                emit(variant, scratch.sum)
            }
        }
        // Max keeps the last of equals: smaller shares are preferred by going backwards.
        let best = found.indices.reversed().max { found[$0].gain < found[$1].gain } ?? 0
        settings.bm25Weight = shares[best]
    }

    private static func normalise(_ scores: UnsafeMutableBufferPointer<Float>) {
        let factor = 1 / BlendModel.largest(scores)
        for place in scores.indices { scores[place] *= factor }
    }
}
