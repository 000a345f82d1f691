import BSON
import Glibc
import Platform

/// How churn is defined and looked for.
public struct ChurnOptions: Sendable {
    /// Days without an order that count as churn.
    public var horizon = 90
    /// Days after the last order for which a customer counts as one who could still be lost.
    public var activeDays = 365
    public var seed: UInt32 = 1
    /// The fewest customers that are trained on or judged, and of each class.
    public var minimumCustomers = 200
    public var minimumOfClass = 20

    public init(horizon: Int = 90, activeDays: Int = 365, seed: UInt32 = 1) {
        self.horizon = horizon
        self.activeDays = activeDays
        self.seed = seed
    }
}

/// Boosted trees that tell the probability that a customer does not order within a horizon.
///
/// Trained on what was known before one day, labelled by whether an order came in the horizon from it on.
public final class ChurnModel {
    public let options: ChurnOptions
    /// The day the training's features end and its labels begin, since 1970.
    public let trainingDay: Int
    public let trainingCustomers: Int
    /// The share of the training's customers that churned.
    public let trainingRate: Double
    /// How many trees, chosen by cross-validation among the training's customers.
    public let rounds: Int
    let trees: BoostedTrees
    let recency: LogisticCurve

    /// - Parameters:
    ///   - day: what is known ends where this day begins.
    ///   - checkpoint: called before every tree; throws to stop.
    /// - Throws: `badValue` where there is too little to learn from.
    init(_ log: ActivityLog, trainedAt day: Int, _ options: ChurnOptions, checkpoint: () throws -> Void) throws {
        let snapshot = ChurnSnapshot(
            log, day: day, horizon: options.horizon, activeDays: options.activeDays)
        try ChurnModel.check(snapshot, options, "to learn from")
        self.options = options
        trainingDay = day
        trainingCustomers = snapshot.customers.count
        trainingRate = Double(snapshot.churned.count { $0 }) / Double(snapshot.churned.count)
        rounds = try ChurnModel.rounds(snapshot, options, checkpoint)
        trees = try BoostedTrees(
            snapshot.features, snapshot.churned, ChurnModel.treeOptions(rounds, options), checkpoint: checkpoint)
        recency = LogisticCurve(snapshot.features.map { log1p($0[0]) }, snapshot.churned)
    }

    private static func treeOptions(_ rounds: Int, _ options: ChurnOptions) -> BoostedTrees.Options {
        BoostedTrees.Options(rounds: rounds, seed: options.seed)
    }

    static func check(_ snapshot: ChurnSnapshot, _ options: ChurnOptions, _ purpose: String) throws {
        let day = UTCDate(milliseconds: Int64(snapshot.day) * ActivityLog.millisecondsInDay).iso8601().prefix(10)
        let count = snapshot.customers.count
        guard count >= options.minimumCustomers else {
            throw AtelierError(
                .badValue,
                "too few customers \(purpose): \(count) ordered in the \(options.activeDays) days before \(day), "
                    + "\(options.minimumCustomers) are needed",
                advice: "Take a later cut-off or a shorter horizon, or load more orders.")
        }
        let churned = snapshot.churned.count { $0 }
        guard min(churned, count - churned) >= options.minimumOfClass else {
            throw AtelierError(
                .badValue,
                "there is nothing to tell apart \(purpose): of \(count) customers known on \(day), \(churned) did not order in "
                    + "the \(options.horizon) days from then on; \(options.minimumOfClass) of each kind are needed",
                advice: churned * 2 > count ? "Take a longer horizon." : "Take a shorter horizon.")
        }
    }

    /// The number of trees, in tens, with the least loss over five folds.
    private static func rounds(
        _ snapshot: ChurnSnapshot, _ options: ChurnOptions, _ checkpoint: () throws -> Void
    ) throws -> Int {
        let (folds, highest, step) = (5, 300, 10)
        var random = SeededRandom(seed: UInt64(options.seed))
        // Both classes are spread evenly over the folds.
        var fold = [Int](repeating: 0, count: snapshot.churned.count)
        for label in [false, true] {
            var members = snapshot.churned.indices.filter { snapshot.churned[$0] == label }
            random.shuffle(&members)
            for (place, member) in members.enumerated() { fold[member] = place % folds }
        }
        var losses = [Double](repeating: 0, count: highest / step)
        for held in 0..<folds {
            let (inside, outside) = (fold.indices.filter { fold[$0] != held }, fold.indices.filter { fold[$0] == held })
            let trees = try BoostedTrees(
                inside.map { snapshot.features[$0] }, inside.map { snapshot.churned[$0] },
                treeOptions(highest, options), checkpoint: checkpoint)
            let (rows, labels) = (outside.map { snapshot.features[$0] }, outside.map { snapshot.churned[$0] })
            for index in losses.indices {
                try checkpoint()
                let probabilities = try trees.probabilities(rows, rounds: (index + 1) * step)
                losses[index] += ScoreQuality.logLoss(probabilities, labels) * Double(labels.count)
            }
        }
        let best = losses.indices.min { losses[$0] < losses[$1] } ?? 0
        return (best + 1) * step
    }
}

/// A customer who may be lost, and why.
public struct ChurnRisk: Sendable {
    /// What drives a customer's probability, strongest first.
    public struct Driver: Sendable {
        public let feature: ChurnFeature
        /// NaN for what does not exist.
        public let value: Double
        /// What it adds to the logarithm of the odds.
        public let contribution: Double
    }

    public let id: String
    /// Of no order in the horizon.
    public let probability: Double
    /// The day of the last order, since 1970.
    public let lastOrderDay: Int
    public let orders: Int
    public let revenue: Decimal128
    public let drivers: [Driver]
}

extension ChurnModel {
    /// The customers who could be lost on a day, the likeliest first.
    ///
    /// The model is trained at one horizon before, with the labels that were known by the day.
    ///
    /// - Parameters:
    ///   - day: what is known ends where this day begins; nil for the day after the last order.
    ///   - checkpoint: called before every tree; throws to stop.
    /// - Throws: `badValue` where there is too little to learn from.
    public static func risks(
        _ log: ActivityLog, on day: Int? = nil, _ options: ChurnOptions = ChurnOptions(),
        checkpoint: () throws -> Void = {}
    ) throws -> (risks: [ChurnRisk], model: ChurnModel, day: Int) {
        let day = try ChurnModel.day(day, log, options, windows: 1)
        let model = try ChurnModel(log, trainedAt: day - options.horizon, options, checkpoint: checkpoint)
        let snapshot = ChurnSnapshot(log, day: day, horizon: options.horizon, activeDays: options.activeDays)
        let probabilities = try model.trees.probabilities(snapshot.features)
        let contributions = try model.trees.contributions(snapshot.features)
        let moment = Int64(day) * ActivityLog.millisecondsInDay
        let risks = snapshot.customers.indices.map { index in
            let customer = snapshot.customers[index]
            let orders = customer.orders.prefix { $0.at < moment }
            let drivers = ChurnFeature.allCases.enumerated().map { place, feature in
                ChurnRisk.Driver(
                    feature: feature, value: snapshot.features[index][place],
                    contribution: contributions[index][place])
            }
            return ChurnRisk(
                id: customer.id, probability: probabilities[index],
                lastOrderDay: orders.last.map { ActivityLog.day($0.at) } ?? 0, orders: orders.count,
                revenue: orders.reduce(.zero) { $0 + $1.money },
                drivers: drivers.sorted { abs($0.contribution) > abs($1.contribution) })
        }
        let ordered = risks.sorted { a, b in
            if a.probability != b.probability { return a.probability > b.probability }
            let revenue = a.revenue.compare(b.revenue)
            return revenue == 0 ? a.id < b.id : revenue > 0
        }
        return (ordered, model, day)
    }

    /// The day asked for, where the data reach so many horizons back from it.
    static func day(_ asked: Int?, _ log: ActivityLog, _ options: ChurnOptions, windows: Int) throws -> Int {
        guard let first = log.firstDay, let last = log.lastDay else {
            throw AtelierError(
                .badValue, "there are no sale orders of known customers",
                advice: "Load some with `atelier import`, or fill the store with `atelier generate`.")
        }
        let day = asked ?? last + 1
        guard day <= last + 1 else {
            throw AtelierError(
                .badValue, "the cut-off is after the data's end",
                advice:
                    "The last order is of \(UTCDate(milliseconds: Int64(last) * ActivityLog.millisecondsInDay).iso8601().prefix(10))."
            )
        }
        let needed = (windows + 1) * options.horizon
        guard day - first >= needed else {
            throw AtelierError(
                .badValue,
                "the orders cover \(max(0, day - first)) days before the cut-off; a horizon of \(options.horizon) days needs "
                    + "\(needed)",
                advice: "Take a shorter horizon or a later cut-off.")
        }
        return day
    }
}
