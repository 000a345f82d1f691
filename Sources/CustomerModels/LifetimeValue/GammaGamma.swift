import BSON
import Glibc

/// The Gamma-Gamma model of how much a customer spends on a purchase.
///
/// A customer's amounts are Gamma(p, ν) with a ν of their own, which is Gamma(q, v) over the customers, whatever their
/// frequency. Source: P. Fader and B. Hardie, "The Gamma-Gamma Model of Monetary Value" (2013).
public struct GammaGamma: Sendable, Equatable {
    public let p: Double
    public let q: Double
    /// An amount of money.
    public let v: Double

    /// All parameters are above zero.
    public init(p: Double, q: Double, v: Double) {
        self.p = p
        self.q = q
        self.v = v
    }

    /// The mean amount of the customer's purchases to come; that of all customers for who bought once.
    /// Nil where the mean does not exist (q at most 1, for customers without a repeated purchase).
    public func expectedAmount(_ customer: CustomerSummary) -> Double? {
        let x = customer.meanAmount > 0 ? Double(customer.frequency) : 0
        let divisor = p * x + q - 1
        return divisor > 0 ? p * (v + x * customer.meanAmount) / divisor : nil
    }

    /// Fits the model by maximum likelihood to the customers with a repeated purchase and a mean amount above zero.
    ///
    /// - Throws: `badValue` where there are too few of them, or all spend the same.
    public static func fit(
        _ customers: [CustomerSummary], checkpoint: () throws -> Void = {}
    ) throws -> (model: GammaGamma, maximum: LikelihoodMaximum, customers: Int) {
        let buyers = customers.filter { $0.frequency > 0 && $0.meanAmount > 0 }
        guard buyers.count >= 3 else {
            throw AtelierError(
                .badValue,
                "\(buyers.count) customers bought on a second day and spent something: too few to tell how much people spend",
                advice: "Three are the least, and some hundreds sensible.")
        }
        let amounts = buyers.map(\.meanAmount)
        guard let (low, high) = Optional((amounts.min() ?? 0, amounts.max() ?? 0)), high - low > 1e-9 * high else {
            throw AtelierError(
                .badValue, "all customers spend the same on a purchase",
                advice: "There is nothing to predict about money: multiply the expected purchases by that amount.")
        }
        let mean = amounts.reduce(0, +) / Double(amounts.count)
        let maximum = try withoutActuallyEscaping(checkpoint) { checkpoint in
            try LikelihoodMaximizer(
                observations: buyers.count, likelihood: { logLikelihood(buyers, $0, &$1) }, checkpoint: checkpoint
            ).maximum(from: [[2, 3, mean], [6, 4, mean / 2], [1, 1.5, mean]])
        }
        let found = maximum.parameters
        return (GammaGamma(p: found[0], q: found[1], v: found[2]), maximum, buyers.count)
    }

    private static func logLikelihood(
        _ buyers: [CustomerSummary], _ parameters: [Double], _ slopes: inout [Double]
    ) -> Double {
        let (p, q, v) = (parameters[0], parameters[1], parameters[2])
        let (logGammaQ, digammaQ) = (SpecialFunctions.logGamma(q), SpecialFunctions.digamma(q))
        // What depends on the frequency alone.
        var terms: [Int: (logs: Double, digammaSum: Double, digammaShape: Double)] = [:]
        var sum = 0.0
        slopes = [0, 0, 0]
        for buyer in buyers {
            let x = Double(buyer.frequency)
            let shape = p * x
            let known =
                terms[buyer.frequency]
                ?? (
                    SpecialFunctions.logGamma(shape + q) - SpecialFunctions.logGamma(shape) - logGammaQ,
                    SpecialFunctions.digamma(shape + q), SpecialFunctions.digamma(shape)
                )
            terms[buyer.frequency] = known
            let (logM, logX, total) = (log(buyer.meanAmount), log(x), x * buyer.meanAmount + v)
            let logTotal = log(total)
            sum += known.logs + q * log(v) + (shape - 1) * logM + shape * logX - (shape + q) * logTotal
            slopes[0] += x * (known.digammaSum - known.digammaShape + logM + logX - logTotal)
            slopes[1] += known.digammaSum - digammaQ + log(v) - logTotal
            slopes[2] += q / v - (shape + q) / total
        }
        return sum
    }
}
