import BSON

/// Everything the methods can be set to.
///
/// The standard values are those that `Tuning` chose on the validation split of a gift wholesaler's year; other shops are
/// better served by their own, which `tuned(on:)` finds.
public struct RecommendationSettings: Sendable, Equatable {
    var linear = LinearModel.Settings()
    var bm25 = NeighbourModel.Settings()
    var cosine = NeighbourModel.Settings(similarity: .cosine)
    var damping = 0.5
    var again = RepeatModel.Settings()
    /// What the parts of the blend weigh beside repeat purchase, which weighs 1.
    var linearWeight: Float = 0.3
    var bm25Weight: Float = 0
    var walkWeight: Float = 0
    var popularityWeight: Float = 0
    /// More products than this, and there is no linear model: BM25 takes its place in the blend.
    public var linearLimit = LinearModel.standardLimit

    public init() {}

    /// What a method is set to, for reports.
    func document(of method: RecommendationMethod) -> Document {
        func number(_ value: Float) -> BSONValue { .double(Double("\(value)") ?? Double(value)) }
        switch method {
        case .linear:
            return [
                "regularisation": .double(linear.regularisation), "customerPower": .double(linear.customerPower),
                "decay": number(linear.decay),
            ]
        case .bm25:
            return ["neighbours": .integer(bm25.neighbours), "k1": .double(bm25.k1), "b": .double(bm25.b)]
        case .cosine: return ["neighbours": .integer(cosine.neighbours)]
        case .walk: return ["damping": .double(damping)]
        case .repeat:
            return [
                "decay": number(again.decay), "returnPower": .double(again.returnPower),
                "popularityPower": .double(again.popularityPower),
            ]
        case .blend:
            return [
                "repeat": .double(1), "linear": number(linearWeight), "bm25": number(bm25Weight),
                "walk": number(walkWeight), "popularity": number(popularityWeight),
            ]
        case .popularity: return [:]
        }
    }
}

/// Models that have learnt from a log, each when it is asked for first.
struct ModelBuilder {
    let log: PurchaseLog
    let matrix: InteractionMatrix
    let settings: RecommendationSettings
    let check: @Sendable () throws -> Void

    init(
        _ log: PurchaseLog, _ settings: RecommendationSettings, check: @escaping @Sendable () throws -> Void = {}
    ) {
        self.log = log
        matrix = InteractionMatrix(log)
        self.settings = settings
        self.check = check
    }

    func model(_ method: RecommendationMethod) throws -> any ScoringModel {
        try check()
        switch method {
        case .popularity: return PopularityModel(matrix)
        case .repeat: return RepeatModel(matrix, settings.again)
        case .bm25: return try NeighbourModel(matrix, settings.bm25, check: check)
        case .cosine: return try NeighbourModel(matrix, settings.cosine, check: check)
        case .walk: return try WalkModel(log, matrix, damping: settings.damping)
        case .linear: return try LinearModel(matrix, settings.linear, limit: settings.linearLimit)
        case .blend: return try blend { try model($0) }
        }
    }

    /// The blend of models that the closure provides.
    func blend(_ provide: (RecommendationMethod) throws -> any ScoringModel) throws -> BlendModel {
        var parts = [BlendModel.Part(model: try provide(.repeat), weight: 1)]
        var bm25Weight = settings.bm25Weight
        if matrix.columnCount <= settings.linearLimit {
            if settings.linearWeight != 0 {
                parts.append(.init(model: try provide(.linear), weight: settings.linearWeight))
            }
        } else {
            bm25Weight = max(bm25Weight, settings.linearWeight)
        }
        if bm25Weight != 0 { parts.append(.init(model: try provide(.bm25), weight: bm25Weight)) }
        if settings.walkWeight != 0 { parts.append(.init(model: try provide(.walk), weight: settings.walkWeight)) }
        if settings.popularityWeight != 0 {
            parts.append(.init(model: try provide(.popularity), weight: settings.popularityWeight))
        }
        return BlendModel(parts, productCount: matrix.columnCount)
    }
}
