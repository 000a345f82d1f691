import BSON

/// Who bought on which days, and for how much: what the models of purchasing are fitted on.
///
/// Purchases of one customer on one day (UTC) count as one, with their amounts added up.
public struct PurchaseHistory: Sendable {
    /// One customer's days of purchase.
    public struct Customer: Sendable {
        public let id: String
        /// Days since 1970-01-01, ascending, each once; at least one.
        public internal(set) var days: [Int]
        /// What was spent on each of them.
        public internal(set) var amounts: [Double]
    }

    /// In the order of their ids.
    public let customers: [Customer]

    /// The day of the last purchase of all; nil where there is none.
    public var lastDay: Int? { customers.lazy.compactMap(\.days.last).max() }

    /// The day of the first purchase of all; nil where there is none.
    public var firstDay: Int? { customers.lazy.compactMap(\.days.first).min() }

    /// Puts purchases together, in whatever order they come.
    public init(_ purchases: some Sequence<(customer: String, day: Int, amount: Double)>) {
        var builder = Builder()
        for purchase in purchases { builder.add(purchase.customer, purchase.day, purchase.amount) }
        self = builder.finish()
    }

    private init(customers: [Customer]) { self.customers = customers }

    /// Collects purchases one by one.
    struct Builder {
        private var places: [String: Int] = [:]
        private var customers: [(id: String, purchases: [(day: Int, amount: Double)])] = []

        mutating func add(_ customer: String, _ day: Int, _ amount: Double) {
            if let place = places[customer] {
                customers[place].purchases.append((day, amount))
            } else {
                places[customer] = customers.count
                customers.append((customer, [(day, amount)]))
            }
        }

        func finish() -> PurchaseHistory {
            let merged = customers.map { id, purchases in
                var customer = Customer(id: id, days: [], amounts: [])
                // Amounts of one day are added in the order they came, so that the sum is the same every time.
                let ordered = purchases.enumerated().sorted { ($0.1.day, $0.0) < ($1.1.day, $1.0) }
                for (_, purchase) in ordered {
                    if customer.days.last == purchase.day {
                        customer.amounts[customer.amounts.count - 1] += purchase.amount
                    } else {
                        customer.days.append(purchase.day)
                        customer.amounts.append(purchase.amount)
                    }
                }
                return customer
            }
            return PurchaseHistory(customers: merged.sorted { $0.id < $1.id })
        }
    }
}

/// What time is counted in.
public enum TimeUnit: String, Sendable, CaseIterable {
    case day, week

    /// Days in one of it.
    public var days: Double { self == .day ? 1 : 7 }

    /// A month of it: 30.415 days, which is 4.345 weeks.
    public var month: Double { 30.415 / days }
}

/// What BG/NBD and Gamma-Gamma know of a customer.
public struct CustomerSummary: Sendable, Equatable {
    public let id: String
    /// x: days with a purchase after the first.
    public let frequency: Int
    /// tₓ: from the first purchase to the last, in units of time; 0 where there was one only.
    public let recency: Double
    /// T: from the first purchase to the end of what was observed, in units of time.
    public let age: Double
    /// The mean of the days' amounts, the first day left out; 0 where there was one only.
    public let meanAmount: Double

    public init(id: String, frequency: Int, recency: Double, age: Double, meanAmount: Double) {
        self.id = id
        self.frequency = frequency
        self.recency = recency
        self.age = age
        self.meanAmount = meanAmount
    }
}

extension PurchaseHistory {
    /// What was known at the end of a day, of those who had bought by then.
    public func summaries(until end: Int, unit: TimeUnit) -> [CustomerSummary] {
        customers.compactMap { customer in
            let count = customer.days.partitioningIndex { $0 > end }
            guard count > 0 else { return nil }
            let first = customer.days[0]
            let repeats = customer.amounts[1..<max(1, count)]
            return CustomerSummary(
                id: customer.id, frequency: count - 1, recency: Double(customer.days[count - 1] - first) / unit.days,
                age: Double(end - first) / unit.days,
                meanAmount: repeats.isEmpty ? 0 : repeats.reduce(0, +) / Double(repeats.count))
        }
    }

    /// How many days of purchase each of those customers had after one day and up to another.
    public func purchases(after start: Int, until end: Int) -> [Int] {
        customers.compactMap { customer in
            guard customer.days[0] <= start else { return nil }
            return customer.days.partitioningIndex { $0 > end } - customer.days.partitioningIndex { $0 > start }
        }
    }
}

extension [Int] {
    /// The first place whose element is in the second part of an array that the predicate parts in two.
    func partitioningIndex(_ isInSecond: (Int) -> Bool) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if isInSecond(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
