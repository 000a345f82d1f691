import BSON
import Glibc

extension BGNBD {
    /// Fits the model by maximum likelihood.
    ///
    /// Customers with the same frequency, recency and age are looked at once. O(distinct customers) an evaluation.
    ///
    /// - Parameter checkpoint: called at every evaluation of the likelihood; throws to stop.
    /// - Throws: `badValue` where the customers are too few, nobody came back, or no time has passed.
    public static func fit(
        _ customers: [CustomerSummary], checkpoint: () throws -> Void = {}
    ) throws -> (model: BGNBD, maximum: LikelihoodMaximum) {
        try check(customers)
        let sample = Sample(customers)
        let meanAge = customers.reduce(0) { $0 + $1.age } / Double(customers.count)
        let starts = [[0.5, meanAge / 5, 0.8, 2.5], [1, meanAge, 0.5, 10], [0.1, meanAge / 50, 2, 2]]
        let maximum = try withoutActuallyEscaping(checkpoint) { checkpoint in
            try LikelihoodMaximizer(
                observations: customers.count, likelihood: sample.logLikelihood, checkpoint: checkpoint
            ).maximum(from: starts)
        }
        let found = maximum.parameters
        return (BGNBD(r: found[0], alpha: found[1], a: found[2], b: found[3]), maximum)
    }

    /// The log-likelihood of the customers' pasts.
    public func logLikelihood(_ customers: [CustomerSummary]) -> Double {
        var slopes = [0.0, 0, 0, 0]
        return Sample(customers).logLikelihood([r, alpha, a, b], &slopes)
    }

    /// What the likelihood cannot be computed for.
    private static func check(_ customers: [CustomerSummary]) throws {
        let minimum = 10
        guard customers.count >= minimum else {
            throw AtelierError(
                .badValue,
                "there \(customers.count == 1 ? "is one customer" : "are \(customers.count) customers") with a purchase",
                advice: "The model needs \(minimum) at least, and says little below some hundreds.")
        }
        guard customers.contains(where: { $0.frequency > 0 }) else {
            throw AtelierError(
                .badValue, "no customer bought on a second day",
                advice: "Where nobody comes back there is nothing to predict from; look at a longer time.")
        }
        guard customers.contains(where: { $0.frequency == 0 || $0.recency < $0.age }) else {
            throw AtelierError(
                .badValue, "every customer bought on the last day that was observed",
                advice:
                    "Nobody can be seen to stay away; name an earlier end of the calibration, or look at more customers."
            )
        }
    }
}

/// Customers as the likelihood sees them: each distinct past once.
private struct Sample {
    private struct Past: Hashable {
        let frequency: Int
        let recency: Double
        let age: Double
    }

    private let pasts: [(past: Past, count: Double)]
    private let highest: Int

    init(_ customers: [CustomerSummary]) {
        var counts: [Past: Double] = [:]
        var order: [Past] = []
        for customer in customers {
            let past = Past(frequency: customer.frequency, recency: customer.recency, age: customer.age)
            if counts[past] == nil { order.append(past) }
            counts[past, default: 0] += 1
        }
        pasts = order.map { ($0, counts[$0] ?? 0) }
        highest = order.map(\.frequency).max() ?? 0
    }

    /// ln of Γ(z+x)/Γ(z) and its slope in z, for x = 0, 1 … : sums, exact where differences of ln Γ lose their digits.
    private func rising(_ z: Double) -> (logs: [Double], slopes: [Double]) {
        var logs = [0.0]
        var slopes = [0.0]
        for x in 0..<highest {
            logs.append(logs[x] + log(z + Double(x)))
            slopes.append(slopes[x] + 1 / (z + Double(x)))
        }
        return (logs, slopes)
    }

    func logLikelihood(_ parameters: [Double], _ slopes: inout [Double]) -> Double {
        let (r, alpha, a, b) = (parameters[0], parameters[1], parameters[2], parameters[3])
        let (ofR, ofB, ofSum) = (rising(r), rising(b), rising(a + b))
        let logAlpha = log(alpha)
        var sum = 0.0
        var (slopeR, slopeAlpha, slopeA, slopeB) = (0.0, 0.0, 0.0, 0.0)
        for (past, count) in pasts {
            let x = past.frequency
            let k = r + Double(x)
            let logAge = log(alpha + past.age)
            let staying = -k * logAge
            var value = ofR.logs[x] + r * logAlpha + ofB.logs[x] - ofSum.logs[x]
            // The share of the likelihood that the customer left after the last purchase.
            var left = 0.0
            var logRecency = 0.0
            if x > 0 {
                logRecency = log(alpha + past.recency)
                let leaving = log(a / (b + Double(x) - 1)) - k * logRecency
                let top = max(staying, leaving)
                let total = top + log(exp(staying - top) + exp(leaving - top))
                left = exp(leaving - total)
                value += total
                slopeA += count * left / a
                slopeB -= count * left / (b + Double(x) - 1)
            } else {
                value += staying
            }
            sum += count * value
            slopeR += count * (ofR.slopes[x] + logAlpha - (1 - left) * logAge - left * logRecency)
            slopeAlpha +=
                count * (r / alpha - k * ((1 - left) / (alpha + past.age) + left / (alpha + past.recency)))
            slopeA -= count * ofSum.slopes[x]
            slopeB += count * (ofB.slopes[x] - ofSum.slopes[x])
        }
        slopes = [slopeR, slopeAlpha, slopeA, slopeB]
        return sum
    }
}
