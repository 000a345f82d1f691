import BSON

/// How well each method foretells what customers bought last, on orders that neither the methods nor their settings saw.
public struct RecommendationEvaluation: Sendable {
    /// One method in one setting.
    public struct Row: Sendable {
        public let method: String
        /// `all` or `new`.
        public let setting: String
        let quality: RankingQuality
        let parameters: Document

        /// The settings on one line, such as `neighbours 200, b 0.75`; empty where there are none.
        public var parameterText: String {
            parameters.keys.map { name in
                let value = parameters[name]?.doubleValue ?? 0
                return value == value.rounded() ? "\(name) \(Int(value))" : "\(name) \(value)"
            }.joined(separator: ", ")
        }

        /// Figures are null where there is nobody to judge by.
        public var document: Document {
            func figure(_ value: Double) -> BSONValue { quality.users == 0 ? .null : .double(value) }
            return [
                "method": .string(method), "setting": .string(setting), "users": .integer(quality.users),
                "hitRate10": figure(quality.hitRate), "hitRate10Low": figure(quality.hitRateInterval.lowerBound),
                "hitRate10High": figure(quality.hitRateInterval.upperBound), "ndcg10": figure(quality.gain),
                "ndcg10Low": figure(quality.gainInterval.lowerBound),
                "ndcg10High": figure(quality.gainInterval.upperBound), "mrr10": figure(quality.reciprocalRank),
                "coverage10": figure(quality.coverage), "parameters": .document(parameters),
            ]
        }
    }

    public let rows: [Row]
    /// What was learnt from.
    public let customers: Int
    public let products: Int
    public let orders: Int
    /// The moment of the last order, in milliseconds since 1970.
    public let lastOrder: Int64?
    public let seed: UInt64
    /// Why methods are missing.
    public let remarks: [String]

    /// - Parameters:
    ///   - methods: those to judge.
    ///   - isTuned: whether settings are chosen on the training data; otherwise the standard ones are judged.
    ///   - seed: draws the bootstrap samples.
    ///   - observe: is told what is being done, and may throw to stop; `check` may too, from several threads.
    /// - Throws: `badValue` where no customer ordered twice.
    public init(
        _ log: PurchaseLog, methods: [RecommendationMethod] = RecommendationMethod.allCases, isTuned: Bool = true,
        settings: RecommendationSettings = RecommendationSettings(), seed: UInt64 = 1,
        observe: (String) throws -> Void = { _ in }, check: @escaping @Sendable () throws -> Void = {}
    ) throws {
        let split = HoldoutSplit(log)
        guard !split.cases.isEmpty else {
            throw AtelierError(
                .badValue,
                log.isEmpty
                    ? "the store holds no sale orders of known customers"
                    : "no customer has two orders of which the last holds a product that was bought before",
                advice: "Quality is measured on customers' last orders; load more orders first.")
        }
        var chosen = settings
        if isTuned {
            chosen = try Tuning.choose(split.training, from: settings, check: check) { what in
                try observe("Choosing settings: \(what)")
            }
        } else if methods.contains(.blend) {
            chosen = try settings.weighingPopularity(by: split.training, check: check)
        }
        let judge = Judge(split, check: check)
        let builder = ModelBuilder(split.training, chosen, check: check)
        var learnt: [RecommendationMethod: any ScoringModel] = [:]
        func model(_ method: RecommendationMethod) throws -> any ScoringModel {
            if let model = learnt[method] { return model }
            let model = method == .blend ? try builder.blend(model) : try builder.model(method)
            learnt[method] = model
            return model
        }
        var (rows, remarks): ([Row], [String]) = ([], [])
        for method in methods {
            try observe("Judging: \(method.title)")
            if method == .linear && split.training.products.count > chosen.linearLimit {
                remarks.append(
                    "\(split.training.products.count) products are more than the linear model takes; --max-linear-products allows more"
                )
                continue
            }
            for setting in HoldoutSplit.Setting.allCases {
                // Of what nobody bought before, repeat purchase knows nothing.
                if method == .repeat && setting == .new { continue }
                rows.append(
                    Row(
                        method: method.rawValue, setting: setting.rawValue,
                        quality: try judge.quality(of: try model(method), setting, seed: seed),
                        parameters: chosen.document(of: method)))
            }
            if method == .repeat {
                rows.append(
                    Row(
                        method: "repeat-counts", setting: HoldoutSplit.Setting.all.rawValue,
                        quality: try judge.quality(of: RepeatModel(builder.matrix, .counts), .all, seed: seed),
                        parameters: [:]))
            }
        }
        self.rows = rows
        self.remarks = remarks
        self.seed = seed
        customers = split.training.customers.count
        products = split.training.products.count
        orders = split.training.basketCount
        lastOrder = log.lastOrder
    }
}
