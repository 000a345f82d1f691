import Glibc

/// How well scores rank customers who churned above those who stayed, and how true they are as probabilities.
public struct ScoreQuality: Sendable {
    /// The probability that a customer who churned has a higher score than one who stayed.
    public let auc: Double
    /// Its 95 % confidence interval.
    public let aucInterval: ClosedRange<Double>
    /// The mean squared distance of probability and outcome: 0 is perfect.
    public let brier: Double
    /// The mean negative logarithm of the outcome's probability.
    public let logLoss: Double

    /// - Parameters:
    ///   - scores: probabilities of the label, one each.
    ///   - labels: of both kinds.
    init(_ scores: [Double], _ labels: [Bool]) {
        let curve = ROCCurve(scores, labels)
        auc = curve.area
        aucInterval =
            max(
                0, auc - 1.96 * curve.deviation)...min(
                1, max(auc - 1.96 * curve.deviation, auc + 1.96 * curve.deviation))
        let count = Double(labels.count)
        brier = zip(scores, labels).reduce(0) { $0 + pow($1.0 - ($1.1 ? 1 : 0), 2) } / count
        logLoss = ScoreQuality.logLoss(scores, labels)
    }

    static func logLoss(_ scores: [Double], _ labels: [Bool]) -> Double {
        let sum = zip(scores, labels).reduce(0.0) { sum, pair in
            let probability = min(max(pair.0, 1e-12), 1 - 1e-12)
            return sum - log(pair.1 ? probability : 1 - probability)
        }
        return sum / Double(max(1, labels.count))
    }
}

/// The area under the ROC curve and its variance.
///
/// Source: E. DeLong, D. DeLong and D. Clarke-Pearson, "Comparing the Areas under Two or More Correlated Receiver Operating
/// Characteristic Curves" (1988), by midranks (X. Sun and W. Xu, 2014). O(n log n).
struct ROCCurve {
    let area: Double
    /// For each churned customer the share of stayed ones with a lower score, and for each stayed one the share of churned
    /// ones with a higher score.
    private let ofPositives: [Double]
    private let ofNegatives: [Double]

    init(_ scores: [Double], _ labels: [Bool]) {
        let positives = zip(scores, labels).filter(\.1).map(\.0)
        let negatives = zip(scores, labels).filter { !$0.1 }.map(\.0)
        let all = ROCCurve.midranks(positives + negatives)
        let (inPositives, inNegatives) = (ROCCurve.midranks(positives), ROCCurve.midranks(negatives))
        let (m, n) = (Double(positives.count), Double(negatives.count))
        ofPositives = positives.indices.map { (all[$0] - inPositives[$0]) / n }
        ofNegatives = negatives.indices.map { 1 - (all[positives.count + $0] - inNegatives[$0]) / m }
        area = ofPositives.reduce(0, +) / m
    }

    var deviation: Double { ROCCurve.deviation(ofPositives, ofNegatives) }

    /// The deviation of the difference to another curve over the same customers.
    func deviation(ofDifferenceTo other: ROCCurve) -> Double {
        ROCCurve.deviation(zip(ofPositives, other.ofPositives).map(-), zip(ofNegatives, other.ofNegatives).map(-))
    }

    private static func deviation(_ positives: [Double], _ negatives: [Double]) -> Double {
        func variance(_ values: [Double]) -> Double {
            let mean = values.reduce(0, +) / Double(values.count)
            return values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(max(1, values.count - 1))
        }
        return (variance(positives) / Double(positives.count) + variance(negatives) / Double(negatives.count))
            .squareRoot()
    }

    /// Ranks from 1; equal values share the middle of theirs.
    private static func midranks(_ values: [Double]) -> [Double] {
        let order = values.indices.sorted { values[$0] < values[$1] }
        var ranks = [Double](repeating: 0, count: values.count)
        var start = 0
        while start < order.count {
            var end = start
            while end + 1 < order.count && values[order[end + 1]] == values[order[start]] { end += 1 }
            for place in start...end { ranks[order[place]] = Double(start + end) / 2 + 1 }
            start = end + 1
        }
        return ranks
    }
}

/// A logistic regression on one number, by Newton's method: the probability that a baseline's score stands for.
struct LogisticCurve {
    private(set) var intercept = 0.0
    private(set) var slope = 0.0

    init(_ values: [Double], _ labels: [Bool]) {
        let share = Double(labels.count { $0 }) / Double(labels.count)
        intercept = log(share / (1 - share))
        for _ in 0..<50 {
            var (g0, g1, h00, h01, h11) = (0.0, 0.0, 1e-9, 0.0, 1e-9)
            for (value, label) in zip(values, labels) {
                let p = probability(value)
                let (residual, weight) = ((label ? 1 : 0) - p, p * (1 - p))
                g0 += residual
                g1 += residual * value
                h00 += weight
                h01 += weight * value
                h11 += weight * value * value
            }
            let determinant = h00 * h11 - h01 * h01
            guard determinant > 1e-12 * h00 * h11 else { return }
            let steps = ((h11 * g0 - h01 * g1) / determinant, (h00 * g1 - h01 * g0) / determinant)
            // A class that the number separates fully has no finite curve: steps are kept short, and few.
            intercept += max(-5, min(5, steps.0))
            slope += max(-5, min(5, steps.1))
            if abs(steps.0) < 1e-10 && abs(steps.1) < 1e-10 { return }
        }
    }

    func probability(_ value: Double) -> Double { 1 / (1 + exp(-(intercept + slope * value))) }
}
