/// What a number of runs took, in milliseconds.
public struct Times: Sendable, Equatable {
    public let runs: Int
    public let least: Double
    public let median: Double
    public let p90: Double
    public let greatest: Double

    /// Nil where there are none.
    ///
    /// Quantiles between two runs are interpolated.
    public init?(milliseconds: [Double]) {
        let sorted = milliseconds.sorted()
        guard let least = sorted.first, let greatest = sorted.last else { return nil }
        runs = sorted.count
        self.least = least
        self.greatest = greatest
        median = Times.quantile(sorted, 0.5)
        p90 = Times.quantile(sorted, 0.9)
    }

    /// - Parameter sorted: at least one.
    static func quantile(_ sorted: [Double], _ part: Double) -> Double {
        let at = part * Double(sorted.count - 1)
        let below = sorted[Int(at)]
        return below + (sorted[min(Int(at) + 1, sorted.count - 1)] - below) * (at - at.rounded(.down))
    }
}
