import Glibc

/// How many visitors each variant wants, for a test of two sides at a fixed horizon.
public enum SampleSize {
    /// The normal quantiles that error probability and power ask for, added up.
    static func reach(alpha: Double, power: Double) -> Double {
        Distribution.normalQuantile(1 - alpha / 2) + Distribution.normalQuantile(power)
    }

    /// What is compared: two rates, or two means of one standard deviation.
    public enum Measure: Sendable {
        /// Cohen's h: rates after the arcsine of their roots, whose variance is the same everywhere.
        case arcsine
        /// Rates with variances of their own.
        case normal
        /// Means with this standard deviation.
        case means(deviation: Double)

        /// The difference in units of the deviation of one visitor of each variant; its square times n is the signal.
        func effect(_ a: Double, _ b: Double) -> Double {
            switch self {
            case .arcsine: (2 * asin(b.squareRoot()) - 2 * asin(a.squareRoot())) / 2.0.squareRoot()
            case .normal: (b - a) / (a * (1 - a) + b * (1 - b)).squareRoot()
            case .means(let deviation): (b - a) / (deviation * 2.0.squareRoot())
            }
        }
    }

    /// Visitors per variant, before rounding up.
    ///
    /// By the textbook's formula, which leaves out that a difference may be found with the wrong sign. With the arcsine
    /// that is allowed for, as other programs do.
    public static func visitors(_ measure: Measure, from a: Double, to b: Double, alpha: Double, power: Double)
        -> Double
    {
        let ratio = reach(alpha: alpha, power: power) / measure.effect(a, b)
        let visitors = ratio * ratio
        guard case .arcsine = measure else { return visitors }
        var (low, high) = (visitors / 2, visitors)
        for _ in 0..<100 {
            let middle = (low + high) / 2
            let found = self.power(measure, from: a, to: b, alpha: alpha, visitors: middle)
            if found < power { low = middle } else { high = middle }
        }
        return high
    }

    /// How probable the test is to find the difference.
    public static func power(_ measure: Measure, from a: Double, to b: Double, alpha: Double, visitors: Double)
        -> Double
    {
        let signal = abs(measure.effect(a, b)) * visitors.squareRoot()
        let z = Distribution.normalQuantile(1 - alpha / 2)
        return Distribution.normal(above: z - signal) + Distribution.normal(below: -z - signal)
    }

    /// The least rise above `a` that the test finds with this power; nil where no rate is high enough.
    public static func detectable(_ measure: Measure, from a: Double, alpha: Double, power: Double, visitors: Double)
        -> Double?
    {
        if case .means(let deviation) = measure {
            return reach(alpha: alpha, power: power) * deviation * (2 / visitors).squareRoot()
        }
        var (low, high) = (a, 1.0)
        func finds(_ b: Double) -> Bool {
            self.power(measure, from: a, to: b, alpha: alpha, visitors: visitors) >= power
        }
        guard finds(high - 1e-12) else { return nil }
        for _ in 0..<200 {
            let middle = (low + high) / 2
            if finds(middle) { high = middle } else { low = middle }
        }
        return high - a
    }
}
