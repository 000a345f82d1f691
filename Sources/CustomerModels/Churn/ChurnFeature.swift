import Glibc

/// What the churn model looks at, of what was known strictly before a moment.
public enum ChurnFeature: String, CaseIterable, Sendable {
    case daysSinceOrder, orders, revenue, averageOrder, daysSinceFirstOrder
    case meanGap, gapDeviation, daysSinceOrderToGap
    case recentOrders, recentRevenue
    case unitsPerOrder, productsPerOrder, products, categories
    case returnShare, reviews, meanScore
    case views, daysSinceView, sessions, daysSinceSession

    /// A heading, such as `Days since the last order`.
    public var title: String {
        switch self {
        case .daysSinceOrder: "Days since the last order"
        case .orders: "Orders"
        case .revenue: "Revenue"
        case .averageOrder: "Average order value"
        case .daysSinceFirstOrder: "Days since the first order"
        case .meanGap: "Mean days between orders"
        case .gapDeviation: "Spread of days between orders"
        case .daysSinceOrderToGap: "Silence over the usual gap"
        case .recentOrders: "Orders in the last horizon"
        case .recentRevenue: "Revenue in the last horizon"
        case .unitsPerOrder: "Units an order"
        case .productsPerOrder: "Products an order"
        case .products: "Different products"
        case .categories: "Different categories"
        case .returnShare: "Returns an order"
        case .reviews: "Reviews"
        case .meanScore: "Mean review score"
        case .views: "Product views in the last horizon"
        case .daysSinceView: "Days since the last view"
        case .sessions: "Design sessions"
        case .daysSinceSession: "Days since the last session"
        }
    }

    /// All features of a customer at a moment, in the order of the cases; NaN for what does not exist.
    ///
    /// - Parameters:
    ///   - moment: milliseconds; only what is strictly before it is looked at.
    ///   - horizon: days; how far back "the last horizon" goes.
    /// - Returns: nil where there was no order before the moment.
    static func values(of customer: CustomerActivity, before moment: Int64, horizon: Int) -> [Double]? {
        let orders = customer.orders.prefix { $0.at < moment }
        guard let first = orders.first, let last = orders.last else { return nil }
        func days(_ from: Int64, _ to: Int64) -> Double {
            Double(to - from) / Double(ActivityLog.millisecondsInDay)
        }
        func daysSince(_ events: [Int64]) -> Double {
            events.last { $0 < moment }.map { days($0, moment) } ?? .nan
        }
        let recentStart = moment - Int64(horizon) * ActivityLog.millisecondsInDay
        let count = Double(orders.count)
        let revenue = orders.reduce(0) { $0 + $1.amount }
        let gaps = zip(orders, orders.dropFirst()).map { days($0.at, $1.at) }
        let meanGap = gaps.isEmpty ? .nan : gaps.reduce(0, +) / Double(gaps.count)
        let gapDeviation =
            gaps.count < 2
            ? .nan : (gaps.reduce(0) { $0 + ($1 - meanGap) * ($1 - meanGap) } / Double(gaps.count - 1)).squareRoot()
        let recency = days(last.at, moment)
        let recent = orders.filter { $0.at >= recentStart }
        let reviews = customer.reviews.prefix { $0.at < moment }
        let products = orders.reduce(into: Set<Int32>()) { $0.formUnion($1.products) }
        let categories = orders.reduce(into: Set<Int32>()) { $0.formUnion($1.categories) }
        return allCases.map { feature in
            switch feature {
            case .daysSinceOrder: recency
            case .orders: count
            case .revenue: revenue
            case .averageOrder: revenue / count
            case .daysSinceFirstOrder: days(first.at, moment)
            case .meanGap: meanGap
            case .gapDeviation: gapDeviation
            // Gaps under a day say nothing about the days to come.
            case .daysSinceOrderToGap: gaps.isEmpty ? .nan : recency / max(1, meanGap)
            case .recentOrders: Double(recent.count)
            case .recentRevenue: recent.reduce(0) { $0 + $1.amount }
            case .unitsPerOrder: Double(orders.reduce(0) { $0 + $1.units }) / count
            case .productsPerOrder: Double(orders.reduce(0) { $0 + $1.products.count }) / count
            case .products: Double(products.count)
            case .categories: Double(categories.count)
            case .returnShare: Double(customer.returns.count { $0 < moment }) / count
            case .reviews: Double(reviews.count)
            case .meanScore:
                reviews.isEmpty ? .nan : Double(reviews.reduce(0) { $0 + $1.score }) / Double(reviews.count)
            case .views: Double(customer.views.count { $0 >= recentStart && $0 < moment })
            case .daysSinceView: daysSince(customer.views)
            case .sessions: Double(customer.sessions.count { $0 < moment })
            case .daysSinceSession: daysSince(customer.sessions)
            }
        }
    }
}

/// The customers at one moment: what was known of each, and whether they ordered in the time after it.
struct ChurnSnapshot {
    /// Days since 1970; what is known ends where this day begins.
    let day: Int
    let horizon: Int
    let customers: [CustomerActivity]
    /// A row each.
    let features: [[Double]]
    /// Whether no order came in the horizon's days from the moment on.
    let churned: [Bool]

    /// - Parameter activeDays: who did not order for longer is gone already and left out.
    init(_ log: ActivityLog, day: Int, horizon: Int, activeDays: Int) {
        self.day = day
        self.horizon = horizon
        let moment = Int64(day) * ActivityLog.millisecondsInDay
        let end = moment + Int64(horizon) * ActivityLog.millisecondsInDay
        var customers: [CustomerActivity] = []
        var features: [[Double]] = []
        var churned: [Bool] = []
        for customer in log.customers {
            guard let values = ChurnFeature.values(of: customer, before: moment, horizon: horizon),
                values[0] <= Double(activeDays)
            else { continue }
            customers.append(customer)
            features.append(values)
            churned.append(!customer.orders.contains { $0.at >= moment && $0.at < end })
        }
        self.customers = customers
        self.features = features
        self.churned = churned
    }
}
