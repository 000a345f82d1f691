import Testing

@testable import Experiments

/// What holds for whole families of experiments, by simulation; seeds are fixed, tolerances four standard errors.
@Suite struct PropertyTests {
    /// The largest distance of sorted p-values from the uniform distribution (Kolmogorov and Smirnov), times the root
    /// of their number: beyond 1.95 once in a thousand.
    private func distance(_ values: [Double]) -> Double {
        let sorted = values.sorted()
        let n = Double(sorted.count)
        let gaps = sorted.enumerated().map { max(abs($1 - Double($0) / n), abs(Double($0 + 1) / n - $1)) }
        return (gaps.max() ?? 1) * n.squareRoot()
    }

    @Test("Without a difference p-values are uniform; with one they are not")
    func pValues() {
        let random = RandomSource(seed: 42)
        func sample(_ count: Int, _ mean: Double, _ deviation: Double) -> [Double] {
            (0..<count).map { _ in random.normal(mean: mean, deviation: deviation) }
        }
        func values(_ shift: Double) -> (welch: [Double], rank: [Double]) {
            var (welch, rank): ([Double], [Double]) = ([], [])
            for _ in 0..<1500 {
                let a = sample(20, 3, 1)
                welch.append(WelchTest(Moments(a), Moments(sample(45, 3 + shift, 4))).p ?? .nan)
                rank.append(MannWhitney(a, sample(45, 3 + shift, 1)).p ?? .nan)
            }
            return (welch, rank)
        }
        let null = values(0)
        #expect(distance(null.welch) < 1.95)
        #expect(distance(null.rank) < 1.95)
        let shifted = values(0.5)
        #expect(distance(shifted.welch) > 3)
        #expect(distance(shifted.rank) > 3)
    }

    @Test("The test of two proportions raises as many false alarms as it says, and finds as much as planned")
    func proportions() throws {
        let random = RandomSource(seed: 7)
        func alarms(_ rate: Double, _ other: Double, _ visitors: Int) throws -> Double {
            var count = 0
            for _ in 0..<4000 {
                let a = try Proportion(random.binomial(visitors, rate), of: visitors)
                let b = try Proportion(random.binomial(visitors, other), of: visitors)
                if let p = TwoProportions(a, b).p, p < 0.05 { count += 1 }
            }
            return Double(count) / 4000
        }
        #expect(abs(try alarms(0.1, 0.1, 5000) - 0.05) < 0.014)
        let planned = SampleSize.visitors(.normal, from: 0.1, to: 0.12, alpha: 0.05, power: 0.8)
        #expect(abs(try alarms(0.1, 0.12, Int(planned.rounded(.up))) - 0.8) < 0.026)
    }

    @Test("The delta method's errors are those that drawing customers again shows")
    func deltaMethod() {
        let random = RandomSource(seed: 3)
        // Customers with one to five orders, larger ones from those who order more.
        let orders = (0..<400).map { _ in Double(1 + random.index(below: 5)) }
        let revenue = orders.map { $0 * (20 + 5 * $0) * (0.5 + random.uniform()) }
        let metric = RatioMetric(revenue, orders)
        var ratios: [Double] = []
        for _ in 0..<3000 {
            var (x, y) = (0.0, 0.0)
            for _ in orders {
                let index = random.index(below: orders.count)
                x += revenue[index]
                y += orders[index]
            }
            ratios.append(x / y)
        }
        let drawn = Moments(ratios)
        #expect(agree(metric.value, drawn.mean, 0.01))
        #expect(agree(metric.variance, drawn.variance, 0.12))
        // As if orders were independent, it would be far too small.
        let naive = Moments(zip(revenue, orders).flatMap { r, o in [Double](repeating: r / o, count: Int(o)) })
        #expect(naive.variance / Double(naive.count) < 0.75 * metric.variance)
    }

    @Test("Looking often makes false alarms of p, and none of boundaries or any-time intervals")
    func peeking() {
        let random = RandomSource(seed: 11)
        let looks = GroupSequential(looks: 10, alpha: 0.05, spending: .obrienFleming).looks
        var (fixed, bounded, always) = (0, 0, 0)
        let count = 4000
        for _ in 0..<count {
            var sum = 0.0
            var found = (fixed: false, bounded: false, always: false)
            for (index, look) in looks.enumerated() {
                sum += random.normal(mean: 0, deviation: 1)
                let n = Double(index + 1)
                let z = abs(sum) / n.squareRoot()
                if z > 1.96 { found.fixed = true }
                if z > look.boundary { found.bounded = true }
                let width = AlwaysValid.halfWidth(error: 1 / n.squareRoot(), scale: 0.5, level: 0.95)
                if abs(sum / n) > width { found.always = true }
            }
            if found.fixed { fixed += 1 }
            if found.bounded { bounded += 1 }
            if found.always { always += 1 }
        }
        #expect(Double(fixed) / Double(count) > 0.15)
        #expect(abs(Double(bounded) / Double(count) - 0.05) < 0.014)
        #expect(Double(always) / Double(count) < 0.05)
    }
}
