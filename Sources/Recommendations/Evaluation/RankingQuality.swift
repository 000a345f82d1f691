import Glibc
import Platform

/// How good ranked lists are, each judged against what was bought.
struct RankingQuality: Sendable {
    /// One list's: whether anything in it was bought, the normalised discounted gain, and 1 over the rank of the first hit.
    struct Score: Sendable, Equatable {
        var hit = 0.0
        var gain = 0.0
        var reciprocalRank = 0.0

        init() {}

        /// - Parameters:
        ///   - list: best first.
        ///   - truth: ascending.
        ///   - length: how long lists are judged to be: a shorter one misses the rest.
        init(_ list: [Int32], truth: [Int32], length: Int) {
            var ideal = 0.0
            for rank in 0..<min(truth.count, length) { ideal += 1 / log2(Double(rank) + 2) }
            guard ideal > 0 else { return }
            for (rank, place) in list.prefix(length).enumerated() where truth.contains(place) {
                gain += 1 / log2(Double(rank) + 2)
                if hit == 0 { reciprocalRank = 1 / Double(rank + 1) }
                hit = 1
            }
            gain /= ideal
        }
    }

    let users: Int
    let hitRate: Double
    let gain: Double
    let reciprocalRank: Double
    /// Distinct recommended products as a share of all.
    let coverage: Double
    let hitRateInterval: ClosedRange<Double>
    let gainInterval: ClosedRange<Double>

    /// - Parameters:
    ///   - products: how many there are to recommend.
    ///   - seed: draws the bootstrap samples of the intervals; nil for none.
    init(_ scores: [Score], recommended: Set<Int32>, products: Int, seed: UInt64?) {
        users = scores.count
        func mean(_ value: (Score) -> Double) -> Double {
            scores.isEmpty ? 0 : scores.reduce(0) { $0 + value($1) } / Double(scores.count)
        }
        hitRate = mean(\.hit)
        gain = mean(\.gain)
        reciprocalRank = mean(\.reciprocalRank)
        coverage = products > 0 ? Double(recommended.count) / Double(products) : 0
        guard let seed, !scores.isEmpty else {
            (hitRateInterval, gainInterval) = (hitRate...hitRate, gain...gain)
            return
        }
        var random = SeededRandom(seed: seed)
        var (hits, gains): ([Double], [Double]) = ([], [])
        for _ in 0..<RankingQuality.samples {
            var (hit, gain) = (0.0, 0.0)
            for _ in scores.indices {
                let score = scores[Int(random.next() % UInt64(scores.count))]
                hit += score.hit
                gain += score.gain
            }
            hits.append(hit / Double(scores.count))
            gains.append(gain / Double(scores.count))
        }
        func interval(_ values: [Double]) -> ClosedRange<Double> {
            let sorted = values.sorted()
            return sorted[sorted.count / 40]...sorted[sorted.count - 1 - sorted.count / 40]
        }
        (hitRateInterval, gainInterval) = (interval(hits), interval(gains))
    }

    /// Bootstrap samples of customers behind an interval of 95 %.
    static let samples = 1000
}
