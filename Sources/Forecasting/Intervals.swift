import CGSL

/// Ranges that hold a future value with a given probability.
public struct Intervals: Sendable {
    /// How they were found, for people.
    public let method: String
    /// For each level the lower and upper bounds, step by step; nil where there is nothing to go by.
    public let bounds: [[(lower: Double, upper: Double)?]]

    /// Analytic for additive exponential smoothing; otherwise from what the model missed by before.
    ///
    /// - Parameter levels: probabilities between 0 and 1.
    public init(_ fitted: FittedModel, forecast: [Double], levels: [Double]) {
        if let smoothing = fitted.smoothing, let variances = smoothing.model.variances(forecast.count) {
            method = "analytic, from \(smoothing.model.form.name) with normal errors"
            bounds = levels.map { level in
                let z = Intervals.normalQuantile((1 + level) / 2)
                return zip(forecast, variances).map { value, factor in
                    let width = z * (smoothing.variance * factor).squareRoot()
                    return (value - width, value + width)
                }
            }
            return
        }
        let errors = fitted.errors(forecast.count)
        let sorted = errors.map { $0.sorted() }
        let fewest = errors.map(\.count).min() ?? 0
        var usesNormal = false
        bounds = levels.map { level in
            // An empirical quantile wants some errors beyond it.
            let needed = Int((4 / (1 - level)).rounded(.up))
            let z = Intervals.normalQuantile((1 + level) / 2)
            return forecast.indices.map { step in
                let errors = sorted[step]
                guard errors.count >= 2 else { return nil }
                if errors.count >= needed {
                    return (
                        forecast[step] + quantile(errors, (1 - level) / 2),
                        forecast[step] + quantile(errors, (1 + level) / 2)
                    )
                }
                usesNormal = true
                let width = z * (errors.reduce(0) { $0 + $1 * $1 } / Double(errors.count)).squareRoot()
                return (forecast[step] - width, forecast[step] + width)
            }
        }
        method =
            "empirical, from what the model missed by at \(errors.first?.count ?? 0) earlier times"
            + (usesNormal ? "; as if these were normal where too few (\(fewest) at the last step) reach that far" : "")
    }

    static func normalQuantile(_ probability: Double) -> Double { gsl_cdf_ugaussian_Pinv(probability) }
}

/// The quantile of sorted values, between neighbours by proportion (Hyndman and Fan's type 7).
func quantile(_ sorted: [Double], _ probability: Double) -> Double {
    let place = probability * Double(sorted.count - 1)
    let below = Int(place.rounded(.down))
    let above = min(below + 1, sorted.count - 1)
    return sorted[below] + (place - Double(below)) * (sorted[above] - sorted[below])
}
