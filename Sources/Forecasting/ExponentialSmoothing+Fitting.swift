import BSON
import Glibc

extension ExponentialSmoothing {
    /// A form with the parameters and initial states that miss a series least, one step ahead.
    public struct Fit: Sendable {
        public let model: ExponentialSmoothing
        /// Before the first observation.
        public let initial: State
        /// After the last.
        public let final: State
        public let squaredError: Double
        /// Akaike's criterion with the correction for short series, of normal errors; the variance counts as a parameter.
        public let aicc: Double
        /// The one-step errors' variance, for the degrees of freedom that are left.
        public let variance: Double
    }

    /// Fits a form by least squares, which normal errors make the likelihood's maximum.
    ///
    /// With an additive season, or none, errors are linear in the initial states: these are solved for exactly, and the
    /// search runs over the smoothing parameters alone. With a multiplicative season it runs over all of them. A season
    /// longer than 24 begins as the first seasons' means have it, as there is too little to learn so many states from.
    /// Parameters keep to the usual region: phi from 0.8 to 0.98, the others from 0 to 1 in the form of Holt and Winters.
    /// - Returns: nil where the series is too short for the form, or has values that are not positive and the season is
    ///   multiplicative.
    public static func fit(_ form: Form, to values: [Double]) -> Fit? {
        let free = form.parameterCount + form.stateCount + 1  // and the variance
        guard values.count > free + 1, form.season == .none || values.count >= 2 * form.length,
            form.season != .multiplicative || values.allSatisfy({ $0 > 0 })
        else { return nil }
        let (model, initial) =
            form.season == .multiplicative ? searchAll(form, values) : searchParameters(form, values)
        let (final, squaredError) = model.filter(values, from: initial)
        guard squaredError.isFinite else { return nil }
        let count = Double(values.count)
        let k = Double(free)
        // An exact fit has no finite likelihood; this keeps the order of what is fitted exactly by fewer parameters.
        let scale = values.reduce(0) { $0 + $1 * $1 }
        let error = max(squaredError, scale * 1e-30, .leastNormalMagnitude)
        let deviance = count * (log(2 * .pi * error / count) + 1)
        return Fit(
            model: model, initial: initial, final: final, squaredError: squaredError,
            aicc: deviance + 2 * k + 2 * k * (k + 1) / (count - k - 1),
            variance: squaredError / (count - k + 1))
    }

    /// The form with the least AICc among those the series allows.
    ///
    /// - Parameter season: periods in a season; 1 for none.
    public static func best(for values: [Double], season: Int, check: () throws -> Void) rethrows -> Fit? {
        var best: Fit?
        for kind in season > 1 ? Season.allCases : [.none] {
            for trend in Trend.allCases {
                try check()
                guard let fit = fit(Form(trend: trend, season: kind, length: season), to: values) else { continue }
                if fit.aicc < best?.aicc ?? .infinity { best = fit }
            }
        }
        return best
    }

    // MARK: Parameters as a point

    /// The longest season whose initial states are searched for.
    fileprivate static let longestSearchedSeason = 24

    private static let phiRange = 0.8...0.98

    private static func bounds(_ form: Form) -> [ClosedRange<Double>] {
        var bounds = [1e-4...0.9999]
        if form.trend != .none { bounds.append(1e-4...0.9999) }
        if form.season != .none { bounds.append(1e-4...0.9999) }
        if form.trend == .damped { bounds.append(phiRange) }
        return bounds
    }

    private static func parameters(_ form: Form, _ point: [Double]) -> Parameters {
        var rest = point[...]
        var parameters = Parameters(alpha: rest.removeFirst())
        if form.trend != .none { parameters.beta = rest.removeFirst() }
        if form.season != .none { parameters.gamma = rest.removeFirst() }
        if form.trend == .damped { parameters.phi = rest.removeFirst() }
        return parameters
    }

    /// Slow and quick: the squared error may have a minimum near each.
    private static func starts(_ form: Form) -> [[Double]] {
        [(0.1, 0.05, 0.1, 0.95), (0.5, 0.1, 0.3, 0.9)].map { alpha, beta, gamma, phi in
            var point = [alpha]
            if form.trend != .none { point.append(beta) }
            if form.season != .none { point.append(gamma) }
            if form.trend == .damped { point.append(phi) }
            return point
        }
    }

    // MARK: Additive: initial states solved for

    private static func searchParameters(_ form: Form, _ values: [Double]) -> (ExponentialSmoothing, State) {
        let system = InitialStates(form, values)
        var best: (point: [Double], value: Double)?
        for start in starts(form) {
            let found = Minimizer.minimize(from: start, within: bounds(form), evaluations: 300) { point in
                let model = ExponentialSmoothing(form, parameters(form, point))
                return model.filter(values, from: system.solve(model)).squaredError
            }
            if found.value < best?.value ?? .infinity { best = found }
        }
        let model = ExponentialSmoothing(form, parameters(form, best?.point ?? starts(form)[0]))
        return (model, system.solve(model))
    }

    // MARK: Multiplicative: one search over all

    private static func searchAll(_ form: Form, _ values: [Double]) -> (ExponentialSmoothing, State) {
        let guess = decomposition(form, values)
        let parameterCount = form.parameterCount
        let scale = max(guess.level, .leastNormalMagnitude)
        let searchesStates = form.length <= longestSearchedSeason
        // States are searched in units of the level.
        func state(_ point: [Double]) -> State {
            guard searchesStates else { return guess }
            var rest = point[parameterCount...]
            var state = guess
            state.level = rest.removeFirst() * scale
            if form.trend != .none { state.trend = rest.removeFirst() * scale }
            let free = Array(rest)
            state.season = free + [Double(form.length) - free.reduce(0, +)]
            return state
        }
        var box = bounds(form)
        var states: [Double] = []
        if searchesStates {
            states.append(1)
            box.append(0.05...5)
            if form.trend != .none {
                states.append(min(1, max(-1, guess.trend / scale)))
                box.append(-1...1)
            }
            states += guess.season.dropLast().map { min(9, max(0.02, $0)) }
            box += guess.season.dropLast().map { _ in 0.01...10 }
        }
        // Far above every reachable error, and finite.
        let worst = values.reduce(0) { $0 + $1 * $1 } * 1e6
        var best: (point: [Double], value: Double)?
        for start in starts(form) {
            let found = Minimizer.minimize(from: start + states, within: box, evaluations: 2000) { point in
                let model = ExponentialSmoothing(form, parameters(form, point))
                let initial = state(point)
                guard initial.season.allSatisfy({ $0 > 0 }) else { return worst }
                let error = model.filter(values, from: initial).squaredError
                return error.isFinite ? min(error, worst) : worst
            }
            if found.value < best?.value ?? .infinity { best = found }
        }
        let point = best?.point ?? starts(form)[0] + states
        return (ExponentialSmoothing(form, parameters(form, point)), state(point))
    }

    /// Initial states from the first seasons' means.
    private static func decomposition(_ form: Form, _ values: [Double]) -> State {
        let length = form.length
        func mean(_ season: Int) -> Double {
            values[(season * length)..<((season + 1) * length)].reduce(0, +) / Double(length)
        }
        let seasons = min(3, values.count / length)
        let growth = seasons > 1 ? (mean(seasons - 1) - mean(0)) / Double((seasons - 1) * length) : 0
        var factors = (0..<length).map { index in
            (0..<seasons).reduce(0.0) { $0 + values[$1 * length + index] / mean($1) } / Double(seasons)
        }
        let sum = factors.reduce(0, +)
        for index in factors.indices { factors[index] *= Double(length) / sum }
        // The first season's mean lies in its middle.
        let level = form.trend == .none ? mean(0) : max(mean(0) - growth * Double(length + 1) / 2, mean(0) / 2)
        return State(level: level, trend: form.trend == .none ? 0 : growth, season: factors)
    }
}

/// The least-squares problem for the initial states of a form whose errors are linear in them.
private struct InitialStates {
    private typealias State = ExponentialSmoothing.State
    private let form: ExponentialSmoothing.Form
    private let values: [Double]
    /// The season where it is not solved for; else zeros.
    private let season: [Double]
    private let solvesSeason: Bool
    /// States with one free component at 1 and the others at 0.
    private let units: [ExponentialSmoothing.State]

    init(_ form: ExponentialSmoothing.Form, _ values: [Double]) {
        self.form = form
        self.values = values
        solvesSeason = form.season == .additive && form.length <= ExponentialSmoothing.longestSearchedSeason
        let length = form.season == .none ? 0 : form.length
        let zeros = [Double](repeating: 0, count: length)
        season = solvesSeason || length == 0 ? zeros : InitialStates.decomposition(values, length)
        var units = [State(level: 1, season: zeros)]
        if form.trend != .none { units.append(State(level: 0, trend: 1, season: zeros)) }
        if solvesSeason {
            for index in 0..<(length - 1) {
                var unit = State(level: 0, season: zeros)
                unit.season[index] = 1
                unit.season[length - 1] = -1
                units.append(unit)
            }
        }
        self.units = units
    }

    /// How far each place in the season lies from the mean of its season, over the first three.
    private static func decomposition(_ values: [Double], _ length: Int) -> [Double] {
        let seasons = min(3, values.count / length)
        var result = [Double](repeating: 0, count: length)
        for season in 0..<seasons {
            let part = values[(season * length)..<((season + 1) * length)]
            let mean = part.reduce(0, +) / Double(length)
            for (index, value) in part.enumerated() { result[index] += (value - mean) / Double(seasons) }
        }
        return result
    }

    /// The initial state with the least squared one-step error.
    func solve(_ model: ExponentialSmoothing) -> ExponentialSmoothing.State {
        let count = units.count
        var zero = State(level: 0, season: season)
        let errors = values.map { model.advance(&zero, $0) }
        // With all values zero the errors are what each unit of initial state is forecast as, negated.
        let responses = units.map { unit in
            var state = unit
            return values.indices.map { _ in -model.advance(&state, 0) }
        }
        let norms = responses.map { max($0.reduce(0) { $0 + $1 * $1 }.squareRoot(), 1e-150) }
        var matrix = [Double](repeating: 0, count: count * count)
        var right = [Double](repeating: 0, count: count)
        for row in 0..<count {
            for column in 0...row {
                matrix[row * count + column] =
                    dot(responses[row], responses[column]) / (norms[row] * norms[column])
            }
            // Enough to keep directions apart that hardly matter, too little to move any that does.
            matrix[row * count + row] += 1e-13
            right[row] = dot(responses[row], errors) / norms[row]
        }
        let solution = choleskySolution(&matrix, right)
        var state = State(level: 0, season: season)
        for (unit, (value, norm)) in zip(units, zip(solution, norms)) {
            let factor = value / norm
            state.level += factor * unit.level
            state.trend += factor * unit.trend
            for index in state.season.indices { state.season[index] += factor * unit.season[index] }
        }
        return state
    }

    private func dot(_ a: [Double], _ b: [Double]) -> Double {
        a.withUnsafeBufferPointer { a in
            b.withUnsafeBufferPointer { b in
                var sum = 0.0
                for index in 0..<a.count { sum += a[index] * b[index] }
                return sum
            }
        }
    }

    /// Solves a symmetric system of which the lower half is given; directions without weight get 0.
    private func choleskySolution(_ matrix: inout [Double], _ right: [Double]) -> [Double] {
        let count = right.count
        for column in 0..<count {
            var pivot = matrix[column * count + column]
            for k in 0..<column { pivot -= matrix[column * count + k] * matrix[column * count + k] }
            let root = pivot > 1e-15 ? pivot.squareRoot() : .infinity
            matrix[column * count + column] = root
            for row in (column + 1)..<max(count, column + 1) {
                var value = matrix[row * count + column]
                for k in 0..<column { value -= matrix[row * count + k] * matrix[column * count + k] }
                matrix[row * count + column] = value / root
            }
        }
        var solution = right
        for row in 0..<count {
            for k in 0..<row { solution[row] -= matrix[row * count + k] * solution[k] }
            solution[row] /= matrix[row * count + row]
        }
        for row in (0..<count).reversed() {
            for k in (row + 1)..<max(count, row + 1) { solution[row] -= matrix[k * count + row] * solution[k] }
            solution[row] /= matrix[row * count + row]
        }
        return solution
    }
}
