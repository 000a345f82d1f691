import BSON
import Glibc

/// The BG/NBD model of who buys again: how often a customer buys, and whether they still do.
///
/// While active, a customer buys at random at a rate λ of their own; after each purchase they leave for good with a
/// probability p of their own. Over the customers λ is Gamma(r, α) and p is Beta(a, b).
/// Source: P. Fader, B. Hardie and K. L. Lee, "“Counting Your Customers” the Easy Way: An Alternative to the Pareto/NBD
/// Model", Marketing Science 24 (2005).
public struct BGNBD: Sendable, Equatable {
    public let r: Double
    /// In units of time: r/α is the mean rate of purchase.
    public let alpha: Double
    public let a: Double
    public let b: Double

    /// All parameters are above zero.
    public init(r: Double, alpha: Double, a: Double, b: Double) {
        self.r = r
        self.alpha = alpha
        self.a = a
        self.b = b
    }

    /// The probability that the customer is still active; 1 for who bought once, as the model lets nobody leave before
    /// a repeated purchase.
    public func probabilityAlive(_ customer: CustomerSummary) -> Double {
        guard customer.frequency > 0 else { return 1 }
        let x = Double(customer.frequency)
        let logOdds =
            log(a / (b + x - 1)) + (r + x) * (log(alpha + customer.age) - log(alpha + customer.recency))
        return 1 / (1 + exp(logOdds))
    }

    /// The probability of no purchase within so much time.
    public func probabilityOfNoPurchase(_ customer: CustomerSummary, within time: Double) -> Double {
        let x = Double(customer.frequency)
        let silent = exp(-(r + x) * log1p(time / (alpha + customer.age)))
        return 1 - probabilityAlive(customer) * (1 - silent)
    }

    /// How many purchases a customer of whom nothing is known makes within so much time after the first.
    ///
    /// For several times at once, which shares the work.
    public func expectedPurchases(within times: [Double]) -> [Double] { purchasesWhileAlive(0, age: 0, times) }

    public func expectedPurchases(within time: Double) -> Double { expectedPurchases(within: [time])[0] }

    /// How many purchases the customer makes within so much time from now.
    public func expectedPurchases(of customer: CustomerSummary, within time: Double) -> Double {
        probabilityAlive(customer) * purchasesWhileAlive(customer.frequency, age: customer.age, [time])[0]
    }

    /// The same for one who is known to be active.
    ///
    /// Given the past, λ is Gamma(r+x, α+T) and p is Beta(a, b+x), and the mean over λ is (1−(1+pt/(α+T))^−(r+x))/p. The mean
    /// over p is left to a quadrature: the closed form in ₂F₁ is singular at a = 1, and its series do not converge for large
    /// parameters.
    func purchasesWhileAlive(_ frequency: Int, age: Double, _ times: [Double]) -> [Double] {
        let x = Double(frequency)
        return purchasesWhileAlive(frequency, age: age, times, BetaQuadrature(a: a, b: b + x))
    }

    func purchasesWhileAlive(_ frequency: Int, age: Double, _ times: [Double], _ dropout: BetaQuadrature) -> [Double] {
        let k = r + Double(frequency)
        return times.map { time in
            let c = time / (alpha + age)
            return dropout.mean { p in p < 1e-290 ? k * c : -expm1(-k * log1p(p * c)) / p }
        }
    }
}

/// Expected purchases of many customers: what depends on frequency and age alone is computed once for each pair.
public struct PurchaseForecast {
    private struct Key: Hashable {
        let frequency: Int
        let age: Double
    }

    private let model: BGNBD
    private let times: [Double]
    private var dropouts: [Int: BetaQuadrature] = [:]
    private var known: [Key: [Double]] = [:]

    /// - Parameter times: how far from now, in units of time.
    public init(_ model: BGNBD, within times: [Double]) {
        self.model = model
        self.times = times
    }

    /// The customer's expected purchases within each of the times.
    public mutating func purchases(of customer: CustomerSummary) -> [Double] {
        let alive = model.probabilityAlive(customer)
        let key = Key(frequency: customer.frequency, age: customer.age)
        if let purchases = known[key] { return purchases.map { $0 * alive } }
        let dropout =
            dropouts[customer.frequency] ?? BetaQuadrature(a: model.a, b: model.b + Double(customer.frequency))
        dropouts[customer.frequency] = dropout
        let purchases = model.purchasesWhileAlive(customer.frequency, age: customer.age, times, dropout)
        known[key] = purchases
        return purchases.map { $0 * alive }
    }
}
