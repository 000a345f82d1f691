/// Expected purchases against those that came, in a time the model did not see.
public struct HoldoutCheck: Sendable {
    /// Customers who had bought so often by the end of the calibration.
    public struct Group: Sendable {
        /// Repeated purchases by then; the last group's is the least.
        public let frequency: Int
        /// Whether higher frequencies are in it too.
        public let isOpen: Bool
        public let customers: Int
        /// Purchases a customer.
        public let expected: Double
        public let actual: Double
    }

    /// In units of time.
    public let duration: Double
    public let groups: [Group]
    public let expectedTotal: Double
    public let actualTotal: Int
    /// Between what each customer was expected to buy and bought.
    public let correlation: Double
    /// What each customer bought, in the model's order.
    public let actual: [Int]

    /// - Returns: nil where nothing was observed after the calibration.
    /// - Parameter highest: the frequency from which on all are one group.
    public init?(_ model: LifetimeValueModel, _ history: PurchaseHistory, until last: Int, highest: Int = 7) {
        guard last > model.end else { return nil }
        duration = Double(last - model.end) / model.unit.days
        actual = history.purchases(after: model.end, until: last)
        var forecast = PurchaseForecast(model.purchases, within: [duration])
        let expected = model.customers.map { forecast.purchases(of: $0)[0] }
        var sums = (0...highest).map { _ in (customers: 0, expected: 0.0, actual: 0) }
        for (index, customer) in model.customers.enumerated() {
            let group = min(customer.frequency, highest)
            sums[group].customers += 1
            sums[group].expected += expected[index]
            sums[group].actual += actual[index]
        }
        groups = sums.enumerated().filter { $0.element.customers > 0 }.map { frequency, sum in
            Group(
                frequency: frequency, isOpen: frequency == highest, customers: sum.customers,
                expected: sum.expected / Double(sum.customers), actual: Double(sum.actual) / Double(sum.customers))
        }
        expectedTotal = expected.reduce(0, +)
        actualTotal = actual.reduce(0, +)
        correlation = CustomerModels.correlation(expected, actual.map(Double.init))
    }
}
