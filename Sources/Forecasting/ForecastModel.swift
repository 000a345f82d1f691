import BSON

/// The ways to forecast a series, from the plainest to the most adaptable.
public enum ForecastModel: String, Sendable, CaseIterable {
    /// What was a season ago.
    case seasonalNaive = "seasonal-naive"
    /// The last value.
    case naive
    /// The line through the first and the last value, continued.
    case drift
    /// The mean of all values.
    case mean
    /// The mean of the last four seasons, place by place.
    case seasonalMean = "seasonal-mean"
    /// Simple exponential smoothing.
    case ses
    /// Holt and Winters' trend and additive season.
    case holtWinters = "holt-winters"
    /// The same with a multiplicative season.
    case holtWintersMultiplicative = "holt-winters-multiplicative"
    /// The form of exponential smoothing with the least AICc.
    case ets

    /// How many seasons `seasonalMean` looks back.
    static let seasonsInMean = 4

    /// What every other model has to beat: seasonal naive, or naive where there is no season.
    public static func yardstick(season: Int) -> ForecastModel { season > 1 ? .seasonalNaive : .naive }

    /// Whether the model makes sense only with a season.
    var needsSeason: Bool {
        switch self {
        case .seasonalNaive, .seasonalMean, .holtWinters, .holtWintersMultiplicative: true
        default: false
        }
    }

    /// The model, ready to forecast what follows the values.
    ///
    /// - Parameter season: periods in a season; 1 for none.
    /// - Returns: nil where the series is too short, or not positive for a multiplicative season.
    public func fitted(to values: [Double], season: Int) -> FittedModel? {
        fitted(to: values, season: season, check: {})
    }

    /// The same, calling `check` between pieces of work.
    func fitted(to values: [Double], season: Int, check: () throws -> Void) rethrows -> FittedModel? {
        switch self {
        case .seasonalNaive, .naive, .drift, .mean, .seasonalMean:
            guard values.count >= minimumCount(season: season) else { return nil }
            return FittedModel(model: self, values: values, season: season, smoothing: nil)
        case .ses, .holtWinters, .holtWintersMultiplicative:
            let form: ExponentialSmoothing.Form =
                switch self {
                case .holtWinters: .init(trend: .additive, season: .additive, length: season)
                case .holtWintersMultiplicative: .init(trend: .additive, season: .multiplicative, length: season)
                default: .init(trend: .none, season: .none, length: 1)
                }
            guard season > 1 || form.season == .none else { return nil }
            return ExponentialSmoothing.fit(form, to: values).map {
                FittedModel(model: self, values: values, season: season, smoothing: $0)
            }
        case .ets:
            return try ExponentialSmoothing.best(for: values, season: season, check: check).map {
                FittedModel(model: self, values: values, season: season, smoothing: $0)
            }
        }
    }

    /// The fewest values that a model without parameters to fit can go by.
    func minimumCount(season: Int) -> Int {
        switch self {
        case .seasonalNaive, .seasonalMean: season
        case .drift: 2
        default: 1
        }
    }

    /// Forecasts of a model without parameters to fit. `values` holds at least `minimumCount`.
    static func plain(_ model: ForecastModel, _ values: ArraySlice<Double>, season: Int, horizon: Int) -> [Double] {
        let last = values[values.endIndex - 1]
        switch model {
        case .drift:
            let slope = (last - values[values.startIndex]) / Double(max(1, values.count - 1))
            return (1...horizon).map { last + slope * Double($0) }
        case .mean:
            return [Double](repeating: values.reduce(0, +) / Double(values.count), count: horizon)
        case .seasonalNaive, .seasonalMean:
            let seasons = model == .seasonalNaive ? 1 : min(seasonsInMean, values.count / season)
            return (0..<horizon).map { step in
                let place = values.endIndex - season + step % season
                return (0..<seasons).reduce(0) { $0 + values[place - $1 * season] } / Double(seasons)
            }
        default: return [Double](repeating: last, count: horizon)
        }
    }
}

/// A model with what it has learnt from a series.
public struct FittedModel: Sendable {
    public let model: ForecastModel
    let values: [Double]
    let season: Int
    /// Nil for models without parameters to fit.
    public let smoothing: ExponentialSmoothing.Fit?

    /// The model's name with what was fitted: `ets: ETS(A,Ad,A), alpha 0.31, …`.
    public var description: String {
        guard let smoothing else { return model.rawValue }
        let (form, parameters) = (smoothing.model.form, smoothing.model.parameters)
        var parts = ["alpha \(short(parameters.alpha))"]
        if form.trend != .none { parts.append("beta \(short(parameters.beta))") }
        if form.season != .none { parts.append("gamma \(short(parameters.gamma))") }
        if form.trend == .damped { parts.append("phi \(short(parameters.phi))") }
        return "\(model.rawValue): \(form.name), \(parts.joined(separator: ", "))"
    }

    /// Forecasts of the next values.
    public func forecast(_ horizon: Int) -> [Double] {
        if let smoothing { return smoothing.model.forecast(horizon, from: smoothing.final) }
        return ForecastModel.plain(model, values[...], season: season, horizon: horizon)
    }

    /// What the model would have missed by, so many steps ahead, from every earlier time it could have forecast at:
    /// actual less forecast, `[steps - 1]`.
    ///
    /// Parameters are those fitted to the whole series. O(values × horizon).
    func errors(_ horizon: Int) -> [[Double]] {
        var errors = [[Double]](repeating: [], count: horizon)
        func note(_ origin: Int, _ forecast: [Double]) {
            for (step, value) in forecast.enumerated() where origin + step < values.count {
                errors[step].append(values[origin + step] - value)
            }
        }
        if let smoothing {
            var state = smoothing.initial
            for origin in values.indices {
                if origin >= season { note(origin, smoothing.model.forecast(horizon, from: state)) }
                smoothing.model.advance(&state, values[origin])
            }
            return errors
        }
        let wanted = model == .seasonalMean ? ForecastModel.seasonsInMean * season : season
        let first = max(model.minimumCount(season: season), min(wanted, values.count / 2), 1)
        for origin in first..<max(first, values.count) {
            note(origin, ForecastModel.plain(model, values[..<origin], season: season, horizon: horizon))
        }
        return errors
    }
}

/// A number to three digits after the point, for sentences.
func short(_ number: Double) -> String {
    let scaled = (abs(number) * 1000).rounded()
    guard scaled < 1e15 else { return "\(number)" }
    let whole = Int(scaled)
    let fraction = String(1000 + whole % 1000).dropFirst()
    return (number < 0 && whole != 0 ? "-" : "") + "\(whole / 1000).\(fraction)"
}
