import BSON

/// How models would have done: each forecasts from several earlier times (rolling origins), knowing only what came before.
public struct Backtest: Sendable {
    /// One model from one origin.
    struct Trial: Sendable {
        let actual: [Double]
        let predicted: [Double]
        /// Nil where seasonal naive misses by nothing in the training data.
        let mase: Double?
        /// For each level how many of the values lay within the interval, and of how many.
        let covered: [(inside: Int, of: Int)]
        var mae: Double { Accuracy.mae(actual, predicted) }
    }

    /// One model from all origins.
    public struct Score: Sendable {
        public let model: ForecastModel
        let trials: [Trial]

        private var actual: [Double] { trials.flatMap(\.actual) }
        private var predicted: [Double] { trials.flatMap(\.predicted) }
        public var mae: Double { Accuracy.mae(actual, predicted) }
        public var rmse: Double { Accuracy.rmse(actual, predicted) }
        public var smape: Double { Accuracy.smape(actual, predicted) }
        public var wape: Double? { Accuracy.wape(actual, predicted) }
        /// The mean over the origins.
        public var mase: Double? { Score.mase(trials[...]) }
        /// The share of values within the interval of each level; nil where there was none.
        public func coverage(_ level: Int) -> Double? {
            let counts = trials.map { $0.covered[level] }
            let total = counts.reduce(0) { $0 + $1.of }
            return total == 0 ? nil : Double(counts.reduce(0) { $0 + $1.inside }) / Double(total)
        }

        fileprivate static func mase(_ trials: ArraySlice<Trial>) -> Double? {
            let values = trials.compactMap(\.mase)
            return values.count == trials.count ? values.reduce(0, +) / Double(values.count) : nil
        }

        /// What models are ranked by: the scaled error, or the plain one where there is no scale.
        func rank(_ range: Range<Int>) -> Double {
            let trials = trials[range]
            return Score.mase(trials) ?? trials.reduce(0) { $0 + $1.mae } / Double(trials.count)
        }
    }

    /// The first value that is forecast from each origin, ascending.
    public let origins: [Int]
    public let scores: [Score]

    /// The origins of a series: as many as asked for, a horizon apart where the series is long enough.
    ///
    /// Each leaves two seasons to learn from, and at least eight values.
    static func origins(count: Int, horizon: Int, season: Int, wanted: Int) -> [Int] {
        let least = max(2 * season + (season > 1 ? 1 : 0), 8)
        let last = count - horizon
        guard last >= least else { return [] }
        let step = wanted == 1 ? horizon : max(1, min(horizon, (last - least) / (wanted - 1)))
        return (0..<wanted).map { last - $0 * step }.filter { $0 >= least }.reversed()
    }

    /// Models that cannot forecast from every origin are left out.
    ///
    /// - Parameters:
    ///   - floor: forecasts below it are taken as it.
    ///   - check: called between pieces of work, to stop by throwing.
    init(
        _ models: [ForecastModel], on values: [Double], season: Int, horizon: Int, origins: [Int], levels: [Double],
        floor: Double, check: () throws -> Void
    ) throws {
        self.origins = origins
        var scores: [Score] = []
        for model in models {
            var trials: [Trial] = []
            for origin in origins {
                try check()
                let train = Array(values[..<origin])
                guard let fitted = try model.fitted(to: train, season: season, check: check) else { break }
                let actual = Array(values[origin..<(origin + horizon)])
                let predicted = fitted.forecast(horizon).map { max($0, floor) }
                guard predicted.allSatisfy(\.isFinite) else { break }
                let intervals = Intervals(fitted, forecast: predicted, levels: levels)
                trials.append(
                    Trial(
                        actual: actual, predicted: predicted,
                        mase: Accuracy.mase(actual, predicted, train: train, season: season),
                        covered: intervals.bounds.map { bounds in
                            let pairs = zip(bounds, actual).compactMap { bound, value in bound.map { ($0, value) } }
                            return (pairs.count { $0.lower <= $1 && $1 <= $0.upper }, pairs.count)
                        }))
            }
            if trials.count == origins.count { scores.append(Score(model: model, trials: trials)) }
        }
        self.scores = scores
    }

    subscript(_ model: ForecastModel) -> Score? { scores.first { $0.model == model } }
}
