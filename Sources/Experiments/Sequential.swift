import BSON
import Glibc

/// How the probability of a false alarm is spent over planned looks.
public enum Spending: String, Sendable, CaseIterable {
    /// Hardly any early on (Lan and DeMets' function in O'Brien and Fleming's manner).
    case obrienFleming = "obrien-fleming"
    /// Evenly (Lan and DeMets' function in Pocock's manner).
    case pocock

    /// What is spent by the time this share of the information is in; two-sided.
    func spent(_ share: Double, alpha: Double) -> Double {
        switch self {
        case .obrienFleming:
            min(alpha, 4 * Distribution.normal(above: Distribution.normalQuantile(1 - alpha / 4) / share.squareRoot()))
        case .pocock: alpha * log(1 + (M_E - 1) * share)
        }
    }
}

/// Boundaries for looking at a test several times before its end: stop where |z| reaches the look's boundary.
///
/// Source: Lan and DeMets, "Discrete sequential boundaries for clinical trials" (1983); Armitage, McPherson and Rowe's
/// recursive integration.
public struct GroupSequential: Sendable {
    public struct Look: Sendable {
        /// The share of the visitors that are in.
        public let share: Double
        /// Of |z|.
        public let boundary: Double
        /// What the boundary is as a p-value.
        public let nominalP: Double
        /// Spent up to and with this look.
        public let spent: Double
    }

    public let looks: [Look]
    public let alpha: Double

    /// Looks at equal distances.
    /// - Parameter count: 1 to 50.
    public init(looks count: Int, alpha: Double, spending: Spending) {
        self.alpha = alpha
        var looks: [Look] = []
        var walk = Walk(drift: 0)
        var before = 0.0
        for index in 1...count {
            let share = Double(index) / Double(count)
            let spent = spending.spent(share, alpha: alpha)
            // Below what rounding leaves of the integral, the look cannot be decided by.
            let budget = max(spent - before, 1e-14)
            var (low, high) = (0.0, 12.0)
            for _ in 0..<100 {
                let middle = (low + high) / 2
                if walk.crossing(middle, at: share) > budget { low = middle } else { high = middle }
            }
            let boundary = (low + high) / 2
            walk.advance(boundary, to: share)
            looks.append(
                Look(
                    share: share, boundary: boundary, nominalP: Distribution.normalTwoSided(boundary), spent: spent))
            before = spent
        }
        self.looks = looks
    }

    /// How probable a boundary is to be reached where z is normal around `drift` at the end.
    public func power(drift: Double) -> Double {
        var walk = Walk(drift: drift)
        var sum = 0.0
        for look in looks {
            sum += walk.crossing(look.boundary, at: look.share)
            walk.advance(look.boundary, to: look.share)
        }
        return sum
    }

    /// By what the visitors of a test with one look are multiplied, to keep the power in spite of the looks.
    public func inflation(power: Double) -> Double {
        let single = SampleSize.reach(alpha: alpha, power: power)
        var (low, high) = (single * 0.9, single * 2)
        for _ in 0..<34 {
            let middle = (low + high) / 2
            if self.power(drift: middle) < power { low = middle } else { high = middle }
        }
        return (high / single) * (high / single)
    }

    /// The density of a Brownian motion with drift that has not been stopped yet, on a grid.
    private struct Walk {
        let drift: Double
        private var time = 0.0
        private var points: [Double] = [0]
        /// The density times the grid's weights (Simpson's rule); at the start all of it lies on 0.
        private var weights: [Double] = [1]

        init(drift: Double) { self.drift = drift }

        /// How probable it is to be beyond ±`boundary`, in units of z, at a time, not having been stopped before.
        func crossing(_ boundary: Double, at time: Double) -> Double {
            let limit = boundary * time.squareRoot()
            let step = (time - self.time).squareRoot()
            let shift = drift * (time - self.time)
            var sum = 0.0
            for (point, weight) in zip(points, weights) {
                sum +=
                    weight
                    * (Distribution.normal(above: (limit - point - shift) / step)
                        + Distribution.normal(below: (-limit - point - shift) / step))
            }
            return sum
        }

        /// Goes on to a time, stopping what is beyond ±`boundary` there.
        mutating func advance(_ boundary: Double, to time: Double) {
            let limit = boundary * time.squareRoot()
            let step = (time - self.time).squareRoot()
            let shift = drift * (time - self.time)
            // Twelve points to a standard deviation of the step, and an odd number for Simpson's rule.
            let count = 2 * max(60, Int((12 * limit / step).rounded(.up))) + 1
            let width = 2 * limit / Double(count - 1)
            let factor = 1 / (step * (2 * .pi).squareRoot())
            var newPoints: [Double] = []
            var newWeights: [Double] = []
            for index in 0..<count {
                let target = -limit + Double(index) * width
                var density = 0.0
                for index in 0..<points.count {
                    let z = (target - points[index] - shift) / step
                    if z * z < 80 { density += weights[index] * exp(-z * z / 2) }
                }
                let simpson = index == 0 || index == count - 1 ? 1.0 : index % 2 == 1 ? 4.0 : 2.0
                newPoints.append(target)
                newWeights.append(density * factor * simpson * width / 3)
            }
            (points, weights, self.time) = (newPoints, newWeights, time)
        }
    }
}

/// An interval that holds at every look, planned or not (a normal mixture's confidence sequence).
///
/// Source: Johari, Pekelis and Walsh, "Always valid inference" (2015), the mixture sequential probability ratio test.
public enum AlwaysValid {
    /// - Parameters:
    ///   - error: the estimate's standard error at the time one looks.
    ///   - scale: how large differences are expected to be, chosen beforehand; intervals are narrowest near it.
    public static func halfWidth(error: Double, scale: Double, level: Double) -> Double {
        let (v, t) = (error * error, scale * scale)
        guard v > 0, t > 0 else { return 0 }
        return (v * (v + t) / t * (2 * log(1 / (1 - level)) + log((v + t) / v))).squareRoot()
    }
}
