import BSON
import Glibc

/// What customers will buy and bring in: BG/NBD for purchases, Gamma-Gamma for amounts.
public struct LifetimeValueModel: Sendable {
    public let unit: TimeUnit
    /// The day up to which the customers were observed.
    public let end: Int
    /// In the order of their ids.
    public let customers: [CustomerSummary]
    public let purchases: BGNBD
    public let purchaseFit: LikelihoodMaximum
    public let amounts: GammaGamma
    public let amountFit: LikelihoodMaximum
    /// How many customers the amounts were fitted on: those with a repeated purchase and a mean amount above zero.
    public let amountCustomers: Int

    /// Fits both models to what was known at the end of a day.
    ///
    /// - Parameter checkpoint: called at every evaluation of a likelihood; throws to stop.
    /// - Throws: `badValue` where the data are too few or too uniform.
    public init(
        _ history: PurchaseHistory, until end: Int, unit: TimeUnit, checkpoint: () throws -> Void = {}
    ) throws {
        self.unit = unit
        self.end = end
        customers = history.summaries(until: end, unit: unit)
        (purchases, purchaseFit) = try BGNBD.fit(customers, checkpoint: checkpoint)
        (amounts, amountFit, amountCustomers) = try GammaGamma.fit(customers, checkpoint: checkpoint)
    }

    /// A model with parameters that are known.
    init(unit: TimeUnit, end: Int, customers: [CustomerSummary], purchases: BGNBD, amounts: GammaGamma) {
        self.unit = unit
        self.end = end
        self.customers = customers
        self.purchases = purchases
        self.amounts = amounts
        purchaseFit = LikelihoodMaximum(
            parameters: [purchases.r, purchases.alpha, purchases.a, purchases.b],
            logLikelihood: purchases.logLikelihood(customers), standardErrors: nil, slope: 0)
        amountFit = LikelihoodMaximum(
            parameters: [amounts.p, amounts.q, amounts.v], logLikelihood: .nan, standardErrors: nil, slope: 0)
        amountCustomers = customers.count { $0.frequency > 0 && $0.meanAmount > 0 }
    }

    /// What a customer is expected to do and to be worth.
    public struct Prediction: Sendable {
        public let customer: CustomerSummary
        public let probabilityAlive: Double
        /// Within the horizon.
        public let expectedPurchases: Double
        /// The mean amount of a purchase; nil where it does not exist.
        public let expectedAmount: Double?
        /// What the purchases within the horizon bring in, discounted by the month.
        public let lifetimeValue: Double?
    }

    /// Predictions for all customers, in the order of their ids.
    ///
    /// - Parameters:
    ///   - horizon: in units of time.
    ///   - discount: a month's, 0.01 for 1 %. What is bought within a month counts as received at its end.
    public func predictions(within horizon: Double, discount: Double, month: Double? = nil) -> [Prediction] {
        let month = month ?? unit.month
        let times = LifetimeValueModel.months(of: horizon, month, unit: unit)
        var forecast = PurchaseForecast(purchases, within: times + [horizon])
        return customers.map { customer in
            let totals = forecast.purchases(of: customer)
            let amount = amounts.expectedAmount(customer)
            var discounted = 0.0
            var before = 0.0
            for (index, total) in totals.dropLast().enumerated() {
                discounted += (total - before) / pow(1 + discount, Double(index + 1))
                before = total
            }
            return Prediction(
                customer: customer, probabilityAlive: purchases.probabilityAlive(customer),
                expectedPurchases: totals[totals.count - 1], expectedAmount: amount,
                lifetimeValue: amount.map { $0 * discounted })
        }
    }

    /// The ends of the months that make up a horizon; the last may be shorter. What is left after whole months counts where
    /// it is a day at least: a year of 365 days is twelve months of 30.415.
    static func months(of horizon: Double, _ month: Double, unit: TimeUnit) -> [Double] {
        let whole = Int((horizon / month).rounded(.down))
        var ends = (0..<whole).map { Double($0 + 1) * month }
        if ends.isEmpty || horizon - (ends.last ?? 0) >= 1 / unit.days { ends.append(horizon) }
        return ends
    }

    /// How the mean amount goes with the frequency among those the amounts were fitted on. Gamma-Gamma takes it for zero.
    public var frequencyAmountCorrelation: Double {
        let buyers = customers.filter { $0.frequency > 0 && $0.meanAmount > 0 }
        return correlation(buyers.map { Double($0.frequency) }, buyers.map(\.meanAmount))
    }

    /// What a reader should know before believing the numbers.
    public var warnings: [String] {
        var warnings: [String] = []
        func check(_ names: [String], _ fit: LikelihoodMaximum, _ model: String, _ rest: String) {
            if fit.slope > 1e-5 {
                warnings.append("The search for the \(model) parameters stopped before its end; read them with care.")
            }
            guard let errors = fit.standardErrors else {
                warnings.append(
                    "The likelihood of \(model) is flat: its parameters are not determined one by one. \(rest)")
                return
            }
            let loose = names.indices.filter { errors[$0] > fit.parameters[$0] }.map { names[$0] }
            if !loose.isEmpty {
                warnings.append(
                    "\(loose.joined(separator: " and ")) of \(model) "
                        + "\(loose.count == 1 ? "is" : "are") hardly determined by these data (standard error above the "
                        + "value). \(rest)")
            }
        }
        check(
            ["r", "alpha", "a", "b"], purchaseFit, "BG/NBD", "Predictions are what counts, not the parameters.")
        check(["p", "q", "v"], amountFit, "Gamma-Gamma", "Mean amounts are what counts, not the parameters.")
        if amounts.q <= 1 {
            warnings.append(
                "The mean amount does not exist (q of Gamma-Gamma is \(amounts.q)): customers without a repeated purchase "
                    + "have no expected value.")
        }
        let correlation = frequencyAmountCorrelation
        if abs(correlation) > 0.3 {
            warnings.append(
                "Frequency and amount go together (correlation \((correlation * 100).rounded() / 100)), which Gamma-Gamma "
                    + "takes not to be: values of frequent customers are off.")
        }
        return warnings
    }
}

/// Pearson's correlation; 0 where one of the two does not vary.
func correlation(_ x: [Double], _ y: [Double]) -> Double {
    let count = Double(x.count)
    guard count > 1 else { return 0 }
    let (meanX, meanY) = (x.reduce(0, +) / count, y.reduce(0, +) / count)
    var (xx, yy, xy) = (0.0, 0.0, 0.0)
    for (x, y) in zip(x, y) {
        xx += (x - meanX) * (x - meanX)
        yy += (y - meanY) * (y - meanY)
        xy += (x - meanX) * (y - meanY)
    }
    return xx > 0 && yy > 0 ? xy / (xx * yy).squareRoot() : 0
}
