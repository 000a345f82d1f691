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

    /// First what stands beside the linear model for products not bought yet, one model after the other; then repeat
    /// purchase, and how the two are put together.
    private mutating func chooseBlend(_ linear: LinearModel?) throws {
        try observe("the blend")
        let bm25 = try NeighbourModel(matrix, settings.bm25)
        var parts: [BlendModel.Part] = [.init(model: linear ?? bm25, weight: 1)]
        if linear != nil { try add(bm25, to: &parts, every: 1) }
        try add(PopularityModel(matrix), to: &parts, every: 1)
        try add(
            WalkModel(log, matrix, damping: settings.damping), to: &parts,
            every: max(1, judge.split.cases(.new).count / 400))

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
        let (models, weights, taken) = (again, Tuning.weights, parts)
        let found = try judge.qualities(.all, variants: models.count * weights.count) { history, scratch, emit in
            try Tuning.sum(taken, history, scratch)
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
        let weight = weights[best % weights.count]
        func weigh(_ method: RecommendationMethod) -> Float {
            let part = parts.first { $0.model.method == method }?.weight ?? 0
            return (part * weight * 1000).rounded() / 1000
        }
        settings.linearWeight = weigh(.linear)
        settings.bm25Weight = weigh(.bm25)
        settings.popularityWeight = weigh(.popularity)
        settings.walkWeight = weigh(.walk)
    }

    private static let weights: [Float] = [0.1, 0.2, 0.3, 0.5, 1, 3]
    private static let shares: [Float] = [0, 0.1, 0.2, 0.4, 1, 3]
    /// A further model has to make the blend better by one in a hundred: less may be chance.
    private static let worthwhile = 1.01

    /// Takes a model in, with the share that ranks products not bought yet best, where that is worthwhile.
    private func add(_ model: any ScoringModel, to parts: inout [BlendModel.Part], every step: Int) throws {
        let (taken, shares) = (parts, Tuning.shares)
        let found = try judge.qualities(.new, variants: shares.count, every: step) { history, scratch, emit in
            try Tuning.sum(taken, history, scratch)
            try model.score(history, into: scratch.second)
            Tuning.normalise(scratch.second)
            for (variant, share) in shares.enumerated() {
                for place in scratch.sum.indices {
                    scratch.sum[place] = scratch.first[place] + share * scratch.second[place]
                }
                emit(variant, scratch.sum)
            }
        }
        // Of equals the smallest share.
        let best = found.indices.reversed().max { found[$0].gain < found[$1].gain } ?? 0
        guard found[best].gain > found[0].gain * Tuning.worthwhile else { return }
        parts.append(.init(model: model, weight: shares[best]))
    }

    /// Puts the weighted sum of normalised scores into the first room.
    private static func sum(_ parts: [BlendModel.Part], _ history: History, _ scratch: Judge.Scratch) throws {
        for (number, part) in parts.enumerated() {
            let room = number == 0 ? scratch.first : scratch.second
            try part.model.score(history, into: room)
            normalise(room)
            guard number > 0 else { continue }
            for place in room.indices { scratch.first[place] += part.weight * room[place] }
        }
    }

    private static func normalise(_ scores: UnsafeMutableBufferPointer<Float>) {
        let factor = 1 / BlendModel.largest(scores)
        for place in scores.indices { scores[place] *= factor }
    }
}
