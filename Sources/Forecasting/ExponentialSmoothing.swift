import Glibc

/// Exponential smoothing in its state space form with additive errors: a level, and as needed a trend and a season,
/// each of which moves with every observation by a part of what one step ahead was missed by.
///
/// Source: Hyndman and Athanasopoulos, "Forecasting: Principles and Practice" (3rd edition), chapter 8.
public struct ExponentialSmoothing: Sendable {
    public enum Trend: String, Sendable, CaseIterable {
        case none = "N"
        case additive = "A"
        case damped = "Ad"
    }

    public enum Season: String, Sendable, CaseIterable {
        case none = "N"
        case additive = "A"
        /// For positive values only.
        case multiplicative = "M"
    }

    /// Which components there are.
    public struct Form: Sendable, Equatable {
        public var trend: Trend
        public var season: Season
        /// Periods in a season; 1 where there is none.
        public var length: Int

        public init(trend: Trend, season: Season, length: Int) {
            self.trend = trend
            self.season = season
            self.length = season == .none ? 1 : length
        }

        /// `ETS(A,Ad,M)`: error, trend, season.
        public var name: String { "ETS(A,\(trend.rawValue),\(season.rawValue))" }

        /// Smoothing parameters: alpha, and as needed beta, gamma and phi.
        var parameterCount: Int {
            1 + (trend == .none ? 0 : 1) + (season == .none ? 0 : 1) + (trend == .damped ? 1 : 0)
        }

        /// Free initial states: the season's last follows from the others.
        var stateCount: Int { 1 + (trend == .none ? 0 : 1) + (season == .none ? 0 : length - 1) }
    }

    /// How fast each component moves, in the form of Holt and Winters; all from 0 to 1.
    ///
    /// With additive season l = α(y-s) + (1-α)(l'+φb'), b = β(l-l') + (1-β)φb', s = γ(y-l) + (1-γ)s'.
    public struct Parameters: Sendable, Equatable {
        public var alpha: Double
        public var beta: Double
        public var gamma: Double
        /// 1 where the trend is not damped.
        public var phi: Double

        public init(alpha: Double, beta: Double = 0, gamma: Double = 0, phi: Double = 1) {
            self.alpha = alpha
            self.beta = beta
            self.gamma = gamma
            self.phi = phi
        }
    }

    /// Where the components stand between two observations.
    public struct State: Sendable, Equatable {
        public var level: Double
        public var trend: Double
        /// The season's values; `position` is that of the next observation.
        public var season: [Double]
        public var position: Int

        public init(level: Double, trend: Double = 0, season: [Double] = []) {
            self.level = level
            self.trend = trend
            self.season = season
            position = 0
        }
    }

    public let form: Form
    public let parameters: Parameters

    public init(_ form: Form, _ parameters: Parameters) {
        self.form = form
        self.parameters = parameters
    }

    /// Takes in one observation.
    /// - Returns: by how much it was above its forecast.
    @discardableResult
    public func advance(_ state: inout State, _ value: Double) -> Double {
        let drift = parameters.phi * state.trend
        let base = state.level + drift
        let error: Double
        let step: Double
        switch form.season {
        case .none:
            error = value - base
            step = parameters.alpha * error
        case .additive:
            error = value - base - state.season[state.position]
            step = parameters.alpha * error
            state.season[state.position] += parameters.gamma * (1 - parameters.alpha) * error
        case .multiplicative:
            let factor = state.season[state.position]
            error = value - base * factor
            step = parameters.alpha * error / factor
            state.season[state.position] += parameters.gamma * (1 - parameters.alpha) * error / base
        }
        state.level = base + step
        if form.trend != .none { state.trend = drift + parameters.beta * step }
        if form.season != .none { state.position = state.position + 1 == form.length ? 0 : state.position + 1 }
        return error
    }

    /// Takes in a series.
    /// - Returns: the state after it, and the sum of the squared one-step errors.
    public func filter(_ values: [Double], from state: State) -> (state: State, squaredError: Double) {
        var state = state
        var sum = 0.0
        for value in values {
            let error = advance(&state, value)
            sum += error * error
        }
        return (state, sum)
    }

    /// Forecasts of the next observations.
    public func forecast(_ horizon: Int, from state: State) -> [Double] {
        var result: [Double] = []
        var weight = 0.0
        var power = 1.0
        for step in 0..<horizon {
            power *= parameters.phi
            weight += power
            let base = state.level + weight * state.trend
            let index = form.season == .none ? 0 : (state.position + step) % form.length
            switch form.season {
            case .none: result.append(base)
            case .additive: result.append(base + state.season[index])
            case .multiplicative: result.append(base * state.season[index])
            }
        }
        return result
    }

    /// The forecasts' variances in units of the one-step error's; nil for a multiplicative season, which has no closed form.
    ///
    /// Source: Hyndman and Athanasopoulos, table 8.8 ("class 1" models).
    public func variances(_ horizon: Int) -> [Double]? {
        guard form.season != .multiplicative else { return nil }
        var result: [Double] = []
        var sum = 1.0
        var weight = 0.0
        var power = 1.0
        for step in 1...max(1, horizon) {
            result.append(sum)
            power *= parameters.phi
            weight += power
            var reaction = parameters.alpha
            if form.trend != .none { reaction += parameters.alpha * parameters.beta * weight }
            if form.season == .additive && step % form.length == 0 {
                reaction += parameters.gamma * (1 - parameters.alpha)
            }
            sum += reaction * reaction
        }
        return Array(result.prefix(horizon))
    }
}
