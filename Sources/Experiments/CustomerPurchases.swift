import BSON
import DocumentStore

/// What each known customer bought, day by day.
public struct CustomerPurchases: Sendable {
    /// One customer: days (since 1970-01-01) with purchases, ascending, and what was spent on each.
    struct Customer: Sendable {
        var days: [Int] = []
        var values: [Double] = []

        mutating func add(_ day: Int, _ value: Double) {
            if days.last == day {
                values[values.count - 1] += value
            } else {
                days.append(day)
                values.append(value)
            }
        }
    }

    /// In the order of their ids, so that the same store gives the same answers.
    let customers: [Customer]
    /// The first and the last day with a purchase.
    let firstDay: Int
    let lastDay: Int

    /// - Throws: `badValue` where there are none.
    init(_ purchases: [(customer: String, day: Int, value: Double)]) throws {
        let sorted = purchases.sorted { ($0.customer, $0.day, $0.value) < ($1.customer, $1.day, $1.value) }
        var customers: [Customer] = []
        var id: String?
        for purchase in sorted {
            if purchase.customer != id {
                customers.append(Customer())
                id = purchase.customer
            }
            customers[customers.count - 1].add(purchase.day, purchase.value)
        }
        guard let first = purchases.map(\.day).min(), let last = purchases.map(\.day).max() else {
            throw AtelierError(
                .badValue, "the store holds no sale orders of known customers",
                advice: "Fill it with `atelier import` or `atelier generate`.")
        }
        self.customers = customers
        firstDay = first
        lastDay = last
    }

    /// The sale orders of known customers; lines without a quantity or price above zero do not count.
    ///
    /// One pass over the orders.
    /// - Throws: what the store throws; `badValue` where there are none.
    public init(in database: Database, maxTimeMS: Int? = nil) throws {
        let line: Document = ["$multiply": ["$$line.quantity", "$$line.unitPrice"]]
        let positive: Document = ["$and": [["$gt": ["$$item.quantity", 0]], ["$gt": ["$$item.unitPrice", 0]]]]
        let rows = try database.collection("orders").aggregate(
            [
                ["$match": ["kind": "sale", "customerId": ["$ne": .null]]],
                [
                    "$project": [
                        "customerId": 1, "orderedAt": 1,
                        "lines": ["$filter": ["input": "$items", "as": "item", "cond": .document(positive)]],
                    ]
                ],
                ["$match": ["lines.0": ["$exists": true]]],
                [
                    "$project": [
                        "_id": 0, "customerId": 1, "orderedAt": 1,
                        "value": [
                            "$sum": ["$map": ["input": "$lines", "as": "line", "in": .document(line)]]
                        ],
                    ]
                ],
            ], allowDiskUse: true, maxTimeMS: maxTimeMS)
        var purchases: [(customer: String, day: Int, value: Double)] = []
        func add(_ row: DocumentView) {
            let date = row.find("orderedAt")
            guard date.type == .date, let value = row.find("value").numberAsDouble else { return }
            let customer = row.find("customerId")
            let id = customer.type == .string ? customer.asString : customer.extendedJSON()
            let day = Int((Double(date.asDate) / 86_400_000).rounded(.down))
            purchases.append((id, day, value))
        }
        try rows.forEachDocument(add)
        try self.init(purchases)
    }
}

/// Who is about to be lost: customers who have been away for longer than they usually are.
public struct AtRiskRule: Sendable {
    /// The share of a customer's own intervals between purchases that the time since the last one exceeds.
    public var quantile = 0.9
    /// Days with purchases that a customer must have had: two intervals make no habit without three.
    public var leastPurchases = 3
    /// Who has been away for longer is lost already.
    public var mostDaysAway = 365

    public init() {}

    /// Whether a customer is at risk on a day, going by what came before it.
    func holds(for customer: CustomerPurchases.Customer, on day: Int) -> Bool {
        let count = customer.days.prefix { $0 < day }.count
        guard count >= leastPurchases else { return false }
        let away = day - customer.days[count - 1]
        guard away <= mostDaysAway else { return false }
        let intervals = (1..<count).map { Double(customer.days[$0] - customer.days[$0 - 1]) }.sorted()
        return Double(away) > sampleQuantile(intervals, quantile)
    }

    /// For people.
    var description: String {
        "at risk: \(leastPurchases) or more days with purchases, away for longer than \(percent(quantile))% of their own intervals, and for \(mostDaysAway) days at most"
    }
}

/// The quantile of sorted values, between neighbours by proportion (Hyndman and Fan's type 7).
func sampleQuantile(_ sorted: [Double], _ probability: Double) -> Double {
    let place = probability * Double(sorted.count - 1)
    let below = Int(place.rounded(.down))
    let above = min(below + 1, sorted.count - 1)
    return sorted[below] + (place - Double(below)) * (sorted[above] - sorted[below])
}
