import Analytics
import BSON

/// What to forecast, and how.
public struct ForecastOptions: Sendable {
    /// Nil to choose the model by back-test.
    public var model: ForecastModel?
    /// How many periods; nil for the period's own.
    public var horizon: Int?
    /// Periods in a season; nil for the period's own, or none where the series is too short for that.
    public var season: Int?
    /// Probabilities of the intervals.
    public var levels: [Double] = [0.8, 0.95]
    /// From how many earlier times models are tried.
    public var origins = 8
    /// Whether the answer is how models did, instead of forecasts.
    public var isBacktest = false

    public init() {}

    public static let horizonRange = 1...1000
    public static let seasonRange = 1...1000
    public static let originRange = 1...200

    /// Levels as people write them: `0.8,0.95`.
    /// - Throws: `badValue`.
    public static func levels(_ text: String) throws -> [Double] {
        try levels(
            text.split(separator: ",", omittingEmptySubsequences: false).map { Double($0) ?? .nan },
            found: "\"\(text)\"")
    }

    /// - Throws: `badValue` where they are not one to five different probabilities.
    public static func levels(_ values: [Double], found: String? = nil) throws -> [Double] {
        let sorted = values.sorted()
        guard (1...5).contains(values.count), values.allSatisfy({ $0 > 0 && $0 < 1 && $0 <= 0.999 }),
            zip(sorted, sorted.dropFirst()).allSatisfy({ $0 < $1 })
        else {
            throw AtelierError(
                .badValue,
                "expected one to five different probabilities up to 0.999" + (found.map { ", found \($0)" } ?? ""),
                advice: "For example: 0.8,0.95")
        }
        return sorted
    }
}

/// Forecasts a series, and says what the forecasts are worth.
public struct Forecaster: Sendable {
    public let series: TimeSeries
    public let options: ForecastOptions
    public let season: Int
    public let horizon: Int
    private let seasonNote: String?

    /// - Throws: `badValue` for a series that is too short for what is asked.
    public init(_ series: TimeSeries, _ options: ForecastOptions) throws {
        self.series = series
        self.options = options
        let values = series.values
        guard values.allSatisfy({ abs($0) < 1e150 }) else {
            throw AtelierError(.badValue, "the series has values that are too large to calculate with")
        }
        guard values.count >= 2 else {
            throw AtelierError(
                .badValue, "the series has \(series.period.counted(values.count)): forecasts want two at least")
        }
        horizon = options.horizon ?? series.period.horizon
        let wanted = options.season ?? series.period.season
        if values.count >= 2 * wanted {
            season = wanted
            seasonNote = nil
        } else if options.season != nil {
            throw AtelierError(
                .badValue,
                "the series has \(series.period.counted(values.count)): a season of \(wanted) wants \(2 * wanted) at least",
                advice: "Give a shorter --season, or --season 1 for none.")
        } else {
            season = 1
            seasonNote =
                "The series is too short for a season of \(series.period.counted(wanted)), which wants \(2 * wanted): none is assumed."
        }
        if let model = options.model {
            if model.needsSeason && season == 1 {
                throw AtelierError(
                    .badValue, "\(model.rawValue) wants a season",
                    advice: seasonNote ?? "Give one with --season, or another model.")
            }
            if model == .holtWintersMultiplicative, let bad = values.firstIndex(where: { $0 <= 0 }) {
                throw AtelierError(
                    .badValue,
                    "\(model.rawValue) wants values above 0; that of \(series.period.label(series.first + bad)) is not",
                    advice: "Use holt-winters, whose season is additive.")
            }
        }
    }

    /// Values that never are negative are not forecast to be.
    private var floor: Double { series.values.allSatisfy { $0 >= 0 } ? 0 : -.infinity }

    private var candidates: [ForecastModel] {
        ForecastModel.allCases.filter { model in
            if season == 1 && model.needsSeason { return false }
            // `ets` tries the multiplicative forms where they can be had.
            return model != .holtWintersMultiplicative || options.model == model || series.values.allSatisfy { $0 > 0 }
        }
    }

    /// Tries the models on what is known.
    public func backtest(check: () throws -> Void = {}) throws -> Backtest {
        let origins = Backtest.origins(
            count: series.values.count, horizon: horizon, season: season, wanted: options.origins)
        let yardstick = ForecastModel.yardstick(season: season)
        let models = options.model.map { $0 == yardstick ? [$0] : [yardstick, $0] } ?? candidates
        return try Backtest(
            options.isBacktest ? candidates : models, on: series.values, season: season, horizon: horizon,
            origins: origins, levels: options.levels, floor: floor, check: check)
    }

    /// The answer: forecasts, or how models did.
    ///
    /// - Parameters:
    ///   - subject: what is forecast, for the heading.
    ///   - unit: what the values count.
    ///   - check: called between pieces of work, to stop by throwing.
    public func answer(_ subject: String, unit: Unit?, check: () throws -> Void = {}) throws -> Answer {
        let backtest = try backtest(check: check)
        let verdict = Verdict(backtest, chosen: options.model, season: season)
        let notes = series.notes + (seasonNote.map { [$0] } ?? [])
        let isConstant = series.values.allSatisfy { $0 == series.values[0] }
        let constant = isConstant ? ["All values of the series are equal: scaled errors are undefined."] : []
        if options.isBacktest { return try backtestAnswer(backtest, verdict, subject, unit, notes + constant) }
        guard let fitted = try verdict.model.fitted(to: series.values, season: season, check: check) else {
            throw AtelierError(
                .badValue,
                "the series is too short for \(verdict.model.rawValue): \(series.period.counted(series.values.count))",
                advice: "Use a plainer model, such as seasonal-naive.")
        }
        let forecast = fitted.forecast(horizon).map { max($0, floor) }
        let intervals = Intervals(fitted, forecast: forecast, levels: options.levels)
        let floorNote = floor == 0 ? ["Forecasts and bounds below 0 are given as 0."] : []
        let labels = options.levels.map(Forecaster.percent)
        var columns = [
            Column(name: "date", type: .string, title: series.period == .week ? "Week of" : series.period.title),
            Column(name: "forecast", type: .number, unit: unit, title: "Forecast"),
        ]
        for label in labels {
            let field = Forecaster.fieldName(label)
            columns.append(Column(name: "lower\(field)", type: .number, unit: unit, title: "Lower \(label)%"))
            columns.append(Column(name: "upper\(field)", type: .number, unit: unit, title: "Upper \(label)%"))
        }
        let rows = forecast.indices.map { step in
            Document { writer in
                writer.append("date", BSONValue.string(series.period.label(series.end + step)))
                writer.append("forecast", BSONValue.double(forecast[step]))
                for (label, bounds) in zip(labels, intervals.bounds) {
                    let field = Forecaster.fieldName(label)
                    let bound = bounds[step]
                    writer.append("lower\(field)", BSONValue(bound.map { max($0.lower, floor) }))
                    writer.append("upper\(field)", BSONValue(bound.map { max($0.upper, floor) }))
                }
                writer.append("model", BSONValue.string(verdict.model.rawValue))
                writer.append("hasSkill", BSONValue.bool(verdict.hasSkill))
                writer.append("skill", BSONValue.string(verdict.statement))
                writer.append("intervals", BSONValue.string(intervals.method))
            }
        }
        let seasons = season > 1 ? ", season of \(series.period.counted(season))" : ""
        return Answer(
            heading: "\(subject) by \(series.period.rawValue), from \(series.period.counted(series.values.count)) to "
                + series.period.label(series.end - 1),
            columns: columns, rows: rows,
            notes: [verdict.statement, "Model: \(fitted.description)\(seasons).", "Intervals: \(intervals.method)."]
                + floorNote + notes + constant)
    }

    private func backtestAnswer(
        _ backtest: Backtest, _ verdict: Verdict, _ subject: String, _ unit: Unit?, _ notes: [String]
    ) throws -> Answer {
        guard !backtest.origins.isEmpty else {
            let least = max(2 * season + (season > 1 ? 1 : 0), 8)
            throw AtelierError(
                .badValue,
                "the series has \(series.period.counted(series.values.count)): a back-test wants \(least + horizon) (\(least) to learn from, and the horizon)",
                advice: "Give a shorter --horizon or --season.")
        }
        let labels = options.levels.map(Forecaster.percent)
        let columns =
            [
                Column(name: "model", type: .string, title: "Model"),
                Column(name: "mase", type: .number, title: "MASE"),
                Column(name: "smape", type: .number, title: "sMAPE"),
                Column(name: "wape", type: .number, unit: .ratio, title: "WAPE"),
                Column(name: "mae", type: .number, unit: unit, title: "MAE"),
                Column(name: "rmse", type: .number, unit: unit, title: "RMSE"),
            ]
            + labels.map {
                Column(name: "coverage\(Forecaster.fieldName($0))", type: .number, unit: .ratio, title: "In \($0)%")
            }
        let ranked = backtest.scores.sorted { ($0.mase ?? $0.mae) < ($1.mase ?? $1.mae) }
        let rows = ranked.map { score in
            Document { writer in
                writer.append("model", BSONValue.string(score.model.rawValue))
                writer.append("mase", BSONValue(score.mase))
                writer.append("smape", BSONValue.double(score.smape))
                writer.append("wape", BSONValue(score.wape))
                writer.append("mae", BSONValue.double(score.mae))
                writer.append("rmse", BSONValue.double(score.rmse))
                for (index, label) in labels.enumerated() {
                    writer.append(
                        "coverage\(Forecaster.fieldName(label))", BSONValue(score.coverage(index)))
                }
                writer.append("origins", BSONValue.integer(score.origins))
                writer.append("horizon", BSONValue.integer(horizon))
                writer.append("skill", BSONValue.string(verdict.statement))
            }
        }
        let first = series.period.label(series.first + backtest.origins[0])
        let count = backtest.origins.count
        return Answer(
            heading: "\(subject) by \(series.period.rawValue): models tried on what is known", columns: columns,
            rows: rows,
            notes: [
                verdict.statement,
                "\(series.period.counted(horizon)) ahead from \(count) \(count == 1 ? "origin" : "origins"), the first \(first); MASE in units of what repeating the last season of \(season) misses by, in the training data.",
                "In \(labels.joined(separator: "%, ")) %: the share of values that lay within the intervals.",
            ] + notes)
    }

    /// `80`, `97.5`.
    static func percent(_ level: Double) -> String {
        let tenths = Int((level * 1000).rounded())
        return tenths % 10 == 0 ? "\(tenths / 10)" : "\(tenths / 10).\(tenths % 10)"
    }

    /// A field's name may hold no point.
    static func fieldName(_ label: String) -> String { label.split(separator: ".").joined(separator: "_") }
}

extension Backtest.Score {
    /// From how many times it forecast.
    public var origins: Int { trials.count }
}

extension Period {
    fileprivate var title: String {
        switch self {
        case .day: "Day"
        case .week: "Week"
        case .month: "Month"
        }
    }
}
