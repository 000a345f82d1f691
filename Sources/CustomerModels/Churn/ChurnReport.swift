import BSON
import Glibc

/// How well churn is predicted: trained on an earlier time, judged on a later one.
public struct ChurnReport: Sendable {
    /// Customers whose probability lies in one range.
    public struct Bin: Sendable {
        public let range: Range<Double>
        public let customers: Int
        public let predicted: Double
        public let actual: Double
    }

    /// A tenth of the customers, by probability.
    public struct Decile: Sendable {
        /// From 1, the likeliest.
        public let number: Int
        public let customers: Int
        public let churned: Int
        /// The share that churned, over the share of all that did.
        public let lift: Double
        /// The share of all who churned that is in this decile and those before it.
        public let captured: Double
    }

    /// How much the model makes of a feature.
    public struct Importance: Sendable {
        public let feature: ChurnFeature
        /// Its splits' share of the gain in training.
        public let gain: Double
        /// The mean size of its contribution to the logarithm of the odds (SHAP) among the judged.
        public let meanContribution: Double
        /// How value and contribution go together: above zero where more of it means more churn.
        public let direction: Double
    }

    /// Days since 1970: where the features of training and of judging end.
    public let trainingDay: Int
    public let judgingDay: Int
    public let horizon: Int
    public let trainingCustomers: Int
    public let judgedCustomers: Int
    /// The share of the judged that churned.
    public let rate: Double
    public let rounds: Int
    public let model: ScoreQuality
    /// A logistic curve over the days since the last order.
    public let recency: ScoreQuality
    /// BG/NBD's probability of no purchase; nil where that model could not be fitted.
    public let purchases: ScoreQuality?
    /// The model's AUC less that of the better baseline, with its 95 % confidence interval (DeLong).
    public let advantage: Double
    public let advantageInterval: ClosedRange<Double>
    public let bins: [Bin]
    public let deciles: [Decile]
    /// By mean contribution; those that do nothing are left out.
    public let importance: [Importance]

    /// Judges on the horizon before a day, trained on the one before that.
    ///
    /// - Parameters:
    ///   - day: where what is known ends; nil for the day after the last order.
    ///   - checkpoint: called before every tree; throws to stop.
    /// - Throws: `badValue` where there is too little to learn from or to judge by.
    public init(
        _ log: ActivityLog, before day: Int? = nil, _ options: ChurnOptions = ChurnOptions(),
        checkpoint: () throws -> Void = {}
    ) throws {
        let day = try ChurnModel.day(day, log, options, windows: 2)
        let judged = ChurnSnapshot(
            log, day: day - options.horizon, horizon: options.horizon, activeDays: options.activeDays)
        try ChurnModel.check(judged, options, "to judge by")
        let churnModel = try ChurnModel(
            log, trainedAt: day - 2 * options.horizon, options, checkpoint: checkpoint)
        trainingDay = churnModel.trainingDay
        judgingDay = judged.day
        horizon = options.horizon
        trainingCustomers = churnModel.trainingCustomers
        judgedCustomers = judged.customers.count
        let churned = judged.churned.count { $0 }
        rate = Double(churned) / Double(judgedCustomers)
        rounds = churnModel.rounds

        let probabilities = try churnModel.trees.probabilities(judged.features)
        let byRecency = judged.features.map { churnModel.recency.probability(log1p($0[0])) }
        let byPurchases = try ChurnReport.purchaseModel(log, judged, checkpoint)
        model = ScoreQuality(probabilities, judged.churned)
        recency = ScoreQuality(byRecency, judged.churned)
        purchases = byPurchases.map { ScoreQuality($0, judged.churned) }
        let baseline = (purchases?.auc ?? 0) > recency.auc ? byPurchases ?? byRecency : byRecency
        let (curve, other) = (ROCCurve(probabilities, judged.churned), ROCCurve(baseline, judged.churned))
        advantage = curve.area - other.area
        let margin = 1.96 * curve.deviation(ofDifferenceTo: other)
        advantageInterval = (advantage - margin)...(advantage + margin)
        bins = ChurnReport.bins(probabilities, judged.churned)
        deciles = ChurnReport.deciles(probabilities, judged)
        importance = try ChurnReport.importance(churnModel.trees, judged.features)
    }

    /// Whether the model ranks better than the better baseline, beyond chance.
    public var beatsBaselines: Bool { advantageInterval.lowerBound > 0 }

    /// BG/NBD on the same past; it needs no labels.
    private static func purchaseModel(
        _ log: ActivityLog, _ judged: ChurnSnapshot, _ checkpoint: () throws -> Void
    ) throws -> [Double]? {
        let summaries = log.purchases.summaries(until: judged.day - 1, unit: .day)
        let model: BGNBD
        do {
            model = try BGNBD.fit(summaries, checkpoint: checkpoint).model
        } catch let error as AtelierError where error.code == .badValue {
            return nil
        }
        let byId = Dictionary(uniqueKeysWithValues: summaries.map { ($0.id, $0) })
        return judged.customers.map { customer in
            byId[customer.id].map { model.probabilityOfNoPurchase($0, within: Double(judged.horizon)) } ?? 1
        }
    }

    private static func bins(_ probabilities: [Double], _ churned: [Bool]) -> [Bin] {
        (0..<10).compactMap { tenth in
            let members = probabilities.indices.filter { min(9, Int(probabilities[$0] * 10)) == tenth }
            guard !members.isEmpty else { return nil }
            let count = Double(members.count)
            return Bin(
                range: Double(tenth) / 10..<Double(tenth + 1) / 10, customers: members.count,
                predicted: members.reduce(0) { $0 + probabilities[$1] } / count,
                actual: Double(members.count { churned[$0] }) / count)
        }
    }

    private static func deciles(_ probabilities: [Double], _ judged: ChurnSnapshot) -> [Decile] {
        let order = probabilities.indices.sorted { a, b in
            probabilities[a] == probabilities[b]
                ? judged.customers[a].id < judged.customers[b].id : probabilities[a] > probabilities[b]
        }
        let total = judged.churned.count { $0 }
        let rate = Double(total) / Double(order.count)
        var captured = 0
        return (0..<10).map { tenth in
            let members = order[(order.count * tenth / 10)..<(order.count * (tenth + 1) / 10)]
            let churned = members.count { judged.churned[$0] }
            captured += churned
            return Decile(
                number: tenth + 1, customers: members.count, churned: churned,
                lift: Double(churned) / Double(max(1, members.count)) / rate,
                captured: Double(captured) / Double(total))
        }
    }

    private static func importance(_ trees: BoostedTrees, _ rows: [[Double]]) throws -> [Importance] {
        let gains = try trees.gains()
        let contributions = try trees.contributions(rows)
        let all = ChurnFeature.allCases.enumerated().map { place, feature in
            let mean = contributions.reduce(0) { $0 + abs($1[place]) } / Double(rows.count)
            let known = rows.indices.filter { !rows[$0][place].isNaN }
            return Importance(
                feature: feature, gain: gains[place], meanContribution: mean,
                direction: correlation(known.map { rows[$0][place] }, known.map { contributions[$0][place] }))
        }
        return all.filter { $0.gain > 0 || $0.meanContribution > 0 }.sorted {
            $0.meanContribution == $1.meanContribution
                ? $0.feature.rawValue < $1.feature.rawValue : $0.meanContribution > $1.meanContribution
        }
    }
}
