/// Each customer's last order held out, to see whether the ones before it foretell it.
///
/// Customers with one order are in the training part whole. Products of a last order that nobody bought in training cannot
/// be foretold and are dropped, and so are customers of whom nothing is left. It is not one moment for all: what some
/// bought after another's last order is known.
struct HoldoutSplit: Sendable {
    /// Which products count.
    enum Setting: String, CaseIterable, Sendable {
        /// All of the last order; what was bought before may be recommended.
        case all
        /// Those not bought before; what was is not recommended.
        case new
    }

    /// One customer of the test.
    struct Case: Sendable {
        /// The number in `training`.
        let customer: Int
        /// Ascending numbers of products.
        let all: [Int32]
        let new: [Int32]

        func truth(_ setting: Setting) -> [Int32] { setting == .all ? all : new }
    }

    let training: PurchaseLog
    let cases: [Case]

    init(_ log: PurchaseLog) {
        func training(_ customer: Int) -> Range<Int> {
            let baskets = log.baskets(of: customer)
            return baskets.count >= 2 ? baskets.dropLast() : baskets
        }
        var isKnown = [Bool](repeating: false, count: log.products.count)
        for customer in log.customers.indices {
            for basket in training(customer) {
                for product in log.products(of: basket) { isKnown[Int(product)] = true }
            }
        }
        var numbers = [Int32](repeating: -1, count: log.products.count)
        var products: [String] = []
        for product in isKnown.indices where isKnown[product] {
            numbers[product] = Int32(products.count)
            products.append(log.products[product])
        }
        var parts = PurchaseLog.Parts()
        var cases: [Case] = []
        for customer in log.customers.indices {
            var owned = Set<Int32>()
            for basket in training(customer) {
                let bought = log.products(of: basket).map { numbers[Int($0)] }
                parts.append(bought, at: log.times[basket])
                owned.formUnion(bought)
            }
            parts.endCustomer()
            guard let last = log.baskets(of: customer).last, log.baskets(of: customer).count >= 2 else { continue }
            let truth = log.products(of: last).map { numbers[Int($0)] }.filter { $0 >= 0 }
            if !truth.isEmpty {
                cases.append(Case(customer: customer, all: truth, new: truth.filter { !owned.contains($0) }))
            }
        }
        self.training = parts.finish(customers: log.customers, products: products)
        self.cases = cases
    }

    func cases(_ setting: Setting) -> [Case] { cases.filter { !$0.truth(setting).isEmpty } }
}
