import BSON

/// How many of so many visitors did it.
public struct Proportion: Sendable, Equatable {
    public let successes: Int
    public let visitors: Int

    /// - Throws: `badValue` for more successes than visitors, or no visitors.
    public init(_ successes: Int, of visitors: Int) throws {
        guard visitors > 0, (0...visitors).contains(successes), visitors <= 1 << 40 else {
            throw AtelierError(
                .badValue,
                "expected successes from 0 to the visitors, of whom there is one at least; found \(successes)/\(visitors)"
            )
        }
        self.successes = successes
        self.visitors = visitors
    }

    /// Reads `480/10000`.
    public init(_ text: String) throws {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map { Int($0) }
        guard parts.count == 2, let successes = parts[0], let visitors = parts[1] else {
            throw AtelierError(
                .badValue, "expected SUCCESSES/VISITORS, found \"\(text)\"", advice: "For example: 480/10000")
        }
        try self.init(successes, of: visitors)
    }

    public var rate: Double { Double(successes) / Double(visitors) }

    /// Wilson's score interval, which stays between 0 and 1 and holds for rates near them.
    public func wilson(level: Double) -> (lower: Double, upper: Double) {
        let z = Distribution.normalQuantile((1 + level) / 2)
        let n = Double(visitors)
        let center = (rate + z * z / (2 * n)) / (1 + z * z / n)
        let width = z / (1 + z * z / n) * (rate * (1 - rate) / n + z * z / (4 * n * n)).squareRoot()
        return (max(0, center - width), min(1, center + width))
    }
}

/// Two proportions compared: pooled z for the test, unpooled errors for the interval of the difference.
public struct TwoProportions: Sendable {
    public let a: Proportion
    public let b: Proportion

    public init(_ a: Proportion, _ b: Proportion) {
        self.a = a
        self.b = b
    }

    public var difference: Double { b.rate - a.rate }
    /// Relative to A; nil where A's rate is 0.
    public var uplift: Double? { a.successes == 0 ? nil : difference / a.rate }

    /// Nil where everybody or nobody did it.
    public var z: Double? {
        let pooled = Double(a.successes + b.successes) / Double(a.visitors + b.visitors)
        let error = (pooled * (1 - pooled) * (1 / Double(a.visitors) + 1 / Double(b.visitors))).squareRoot()
        return error == 0 ? nil : difference / error
    }

    public var p: Double? { z.map(Distribution.normalTwoSided) }
    /// Pearson's statistic of the 2×2 table, without Yates' correction: z squared.
    public var chiSquare: Double? { z.map { $0 * $0 } }

    /// Of the difference, with the proportions' own variances.
    public var standardError: Double {
        (a.rate * (1 - a.rate) / Double(a.visitors) + b.rate * (1 - b.rate) / Double(b.visitors)).squareRoot()
    }

    public func interval(level: Double) -> (lower: Double, upper: Double) {
        let width = Distribution.normalQuantile((1 + level) / 2) * standardError
        return (difference - width, difference + width)
    }
}
