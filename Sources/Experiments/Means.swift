/// Count, mean and variance of a sample.
public struct Moments: Sendable {
    public let count: Int
    public let mean: Double
    /// With one degree of freedom taken off; 0 of a single value.
    public let variance: Double

    /// O(n), two passes.
    public init(_ values: [Double]) {
        count = values.count
        let mean = values.isEmpty ? 0 : values.reduce(0, +) / Double(values.count)
        self.mean = mean
        variance =
            values.count < 2
            ? 0 : values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count - 1)
    }
}

/// Welch's test of two means whose variances may differ.
public struct WelchTest: Sendable {
    public let a: Moments
    public let b: Moments

    public init(_ a: Moments, _ b: Moments) {
        self.a = a
        self.b = b
    }

    public var difference: Double { b.mean - a.mean }
    public var uplift: Double? { a.mean == 0 ? nil : difference / a.mean }

    private var errors: (a: Double, b: Double) { (a.variance / Double(a.count), b.variance / Double(b.count)) }
    public var standardError: Double { (errors.a + errors.b).squareRoot() }

    /// Whether both samples can be tested: two values each, not all equal.
    private var isDefined: Bool { a.count > 1 && b.count > 1 && standardError > 0 }

    public var t: Double? { isDefined ? difference / standardError : nil }

    /// Welch and Satterthwaite's degrees of freedom.
    public var degrees: Double? {
        guard isDefined else { return nil }
        let (ea, eb) = errors
        return (ea + eb) * (ea + eb) / (ea * ea / Double(a.count - 1) + eb * eb / Double(b.count - 1))
    }

    public var p: Double? {
        guard let t, let degrees else { return nil }
        return Distribution.tTwoSided(t, degrees)
    }

    public func interval(level: Double) -> (lower: Double, upper: Double)? {
        guard let degrees else { return nil }
        let width = Distribution.tQuantile((1 + level) / 2, degrees) * standardError
        return (difference - width, difference + width)
    }
}

/// Mann and Whitney's test: whether values of B tend to be above those of A. No outlier moves it far.
public struct MannWhitney: Sendable {
    /// How many of the pairs have B above A, ties counting half.
    public let u: Double
    /// By the normal approximation with corrections for ties and continuity; nil where all values are equal.
    public let p: Double?

    /// O(n log n).
    public init(_ a: [Double], _ b: [Double]) {
        let all = (a.map { ($0, false) } + b.map { ($0, true) }).sorted { $0.0 < $1.0 }
        var rankSum = 0.0
        var ties = 0.0
        var start = 0
        while start < all.count {
            var end = start
            while end < all.count && all[end].0 == all[start].0 { end += 1 }
            let size = Double(end - start)
            let rank = Double(start + end + 1) / 2
            rankSum += rank * Double(all[start..<end].count { $0.1 })
            ties += size * size * size - size
            start = end
        }
        let (m, n) = (Double(a.count), Double(b.count))
        u = rankSum - n * (n + 1) / 2
        let total = m + n
        let variance = m * n / 12 * (total + 1 - ties / (total * (total - 1)))
        guard m > 0, n > 0, variance > 0 else {
            p = nil
            return
        }
        let distance = max(0, abs(u - m * n / 2) - 0.5)
        p = Distribution.normalTwoSided(distance / variance.squareRoot())
    }
}

/// A ratio of two sums, such as revenue over orders, where the denominator is as random as the numerator.
///
/// Customers, not orders, are what varies independently: each brings a numerator and a denominator.
/// Source: Deng, Knoblich and Lu, "Applying the Delta Method in Metric Analytics" (2018).
public struct RatioMetric: Sendable {
    public let customers: Int
    /// Nil where the denominators add up to 0.
    public let value: Double?
    /// Of the ratio, by the delta method.
    public let variance: Double

    public init(_ numerators: [Double], _ denominators: [Double]) {
        customers = numerators.count
        let (x, y) = (Moments(numerators), Moments(denominators))
        guard y.mean != 0, customers > 1 else {
            value = nil
            variance = 0
            return
        }
        let covariance =
            zip(numerators, denominators).reduce(0) { $0 + ($1.0 - x.mean) * ($1.1 - y.mean) } / Double(customers - 1)
        let ratio = x.mean / y.mean
        value = ratio
        variance =
            max(0, x.variance - 2 * ratio * covariance + ratio * ratio * y.variance) / (y.mean * y.mean)
            / Double(customers)
    }
}

/// Whether visitors were split as planned. Where they were not, something is broken and no result means anything.
public struct SampleRatio: Sendable {
    public let chiSquare: Double
    public let p: Double
    /// Alarms are raised below this: mismatches are either chance or plain.
    public static let threshold = 0.001

    public var isAlarm: Bool { p < SampleRatio.threshold }

    /// - Parameter shares: what was planned, in any unit; as many as counts, all above 0.
    public init(_ counts: [Int], shares: [Double]) {
        let total = Double(counts.reduce(0, +))
        let all = shares.reduce(0, +)
        var sum = 0.0
        for (count, share) in zip(counts, shares) {
            let expected = total * share / all
            sum += (Double(count) - expected) * (Double(count) - expected) / expected
        }
        chiSquare = sum
        p = Distribution.chiSquare(above: sum, Double(counts.count - 1))
    }
}

/// Holm's correction: p-values of several tests, so that all claims together are wrong no more often than one would be.
public enum Holm {
    /// The adjusted values, in the order they came.
    public static func adjusted(_ values: [Double]) -> [Double] {
        let order = values.indices.sorted { values[$0] < values[$1] }
        var result = values
        var least = 0.0
        for (rank, index) in order.enumerated() {
            least = max(least, min(1, values[index] * Double(values.count - rank)))
            result[index] = least
        }
        return result
    }
}
