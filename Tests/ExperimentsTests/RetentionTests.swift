import BSON
import DocumentStore
import TestSupport
import Testing

@testable import Experiments

/// Offers to customers at risk.
@Suite struct RetentionTests {
    /// Customers who buy every ten days or so; half of them pause for a while at some time.
    private func purchases() throws -> CustomerPurchases {
        let random = RandomSource(seed: 1)
        var purchases: [(customer: String, day: Int, value: Double)] = []
        for customer in 0..<400 {
            var day = random.index(below: 30)
            while day < 365 {
                purchases.append(("c\(customer)", day, 20 + 10 * random.uniform()))
                day += 8 + random.index(below: 5) + (random.uniform() < 0.1 ? 30 + random.index(below: 60) : 0)
            }
        }
        return try CustomerPurchases(purchases)
    }

    @Test func whoIsAtRisk() {
        var customer = CustomerPurchases.Customer()
        for day in [0, 10, 20, 34] { customer.add(day, 1) }
        let rule = AtRiskRule()
        // Intervals 10, 10, 14: their 0.9 quantile is 13.2.
        #expect(!rule.holds(for: customer, on: 47) && rule.holds(for: customer, on: 48))
        #expect(rule.holds(for: customer, on: 34 + 365) && !rule.holds(for: customer, on: 34 + 366))
        // Only what came before the day counts: at 20 there are two purchases, at 31 three.
        #expect(!rule.holds(for: customer, on: 20) && rule.holds(for: customer, on: 31))
    }

    @Test("The same seed gives the same, another another")
    func seeds() throws {
        let purchases = try purchases()
        var offer = RetentionOffer()
        offer.simulations = 300
        offer.window = 30
        func rows() throws -> [Document] { try RetentionSimulation(purchases, offer).answer { _ in }.rows }
        let first = try rows()
        #expect(try rows() == first)
        offer.seed = 2
        #expect(try rows() != first)
    }

    @Test("What is simulated is, on average, what can be calculated")
    func expectations() throws {
        var offer = RetentionOffer()
        offer.window = 30
        offer.effect = Uncertain(0.2)
        offer.margin = Uncertain(0.5)
        offer.contactCost = Uncertain(0.25)
        offer.simulations = 4000
        let simulation = try RetentionSimulation(try purchases(), offer)
        let rate = Double(simulation.spent.count) / Double(simulation.past)
        let value = simulation.spent.reduce(0, +) / Double(simulation.spent.count)
        let audience = Double(simulation.audience)
        let with = min(1, rate * 1.2)
        let outcomes = simulation.outcomes { _ in }
        func mean(_ of: (RetentionSimulation.Outcome) -> Double) -> Double {
            outcomes.reduce(0) { $0 + of($1) } / Double(outcomes.count)
        }
        #expect(agree(mean(\.rateWithout), rate, 0.02))
        #expect(agree(mean(\.additional), audience * (with - rate), 0.05))
        #expect(agree(mean(\.revenue), audience * (with - rate) * value, 0.05))
        #expect(agree(mean(\.cost), audience * (0.25 + 0.1 * with * value), 0.03))
        #expect(agree(mean(\.profit), mean(\.revenue) * 0.5 - mean(\.cost), 1e-9))
    }

    @Test("Without an effect an offer only costs; for nothing and without giving away it cannot lose")
    func extremes() throws {
        let purchases = try purchases()
        var offer = RetentionOffer()
        offer.window = 30
        offer.simulations = 200
        offer.effect = Uncertain(0)
        #expect(
            try RetentionSimulation(purchases, offer).outcomes(check: { _ in }).allSatisfy {
                $0.additional == 0 && $0.profit < 0
            })
        offer.effect = Uncertain(0.3)
        offer.contactCost = Uncertain(0)
        offer.discount = 0
        #expect(try RetentionSimulation(purchases, offer).outcomes(check: { _ in }).allSatisfy { $0.profit >= 0 })
        offer.effect = Uncertain(-1)
        #expect(
            try RetentionSimulation(purchases, offer).outcomes(check: { _ in }).allSatisfy {
                $0.rateWith == 0 && $0.revenue <= 0
            })
    }

    @Test func histogramsHoldEverySimulation() throws {
        var offer = RetentionOffer()
        offer.window = 30
        offer.simulations = 500
        offer.bars = 7
        let rows = try RetentionSimulation(try purchases(), offer).answer { _ in }.rows
        #expect(rows.count == 7)
        #expect(rows.reduce(0) { $0 + ($1["simulations"]?.integerValue ?? 0) } == 500)
        for (row, next) in zip(rows, rows.dropFirst()) { #expect(agree(row.double("to"), next.double("from"), 1e-9)) }
    }

    @Test func tooLittleToLearnFrom() throws {
        let few = try CustomerPurchases([("a", 0, 1), ("a", 5, 1), ("a", 9, 1), ("b", 30, 1)])
        #expect(throws: AtelierError.self) { try RetentionSimulation(few, RetentionOffer()) }
        #expect(throws: AtelierError.self) { try CustomerPurchases([]) }
        var offer = RetentionOffer()
        offer.day = 9999
        #expect(throws: AtelierError.self) { try RetentionSimulation(try purchases(), offer) }
        offer = RetentionOffer()
        offer.discount = 2
        #expect(throws: AtelierError.self) { try RetentionSimulation(try purchases(), offer) }
        for text in ["", "a", "1:", "1:-1", "1:2:3", "nan"] {
            #expect(throws: AtelierError.self) { try Uncertain(text) }
        }
    }

    @Test func theStoresOrders() throws {
        let store = try Store(TemporaryFile.folder() + "/test.store")
        defer { store.close() }
        func order(_ id: Int, _ customer: BSONValue, _ day: Int64, _ kind: String, _ price: Int64) -> Document {
            [
                "_id": .integer(id), "kind": .string(kind), "customerId": customer,
                "orderedAt": .date(day * 86_400_000 + 1000),
                "items": .array([
                    .document(["quantity": 2, "unitPrice": .decimal(Decimal128(price))]),
                    .document(["quantity": -1, "unitPrice": .decimal(Decimal128(9))]),
                ]),
            ]
        }
        try store.database.collection("orders").insert([
            order(1, "a", 10, "sale", 3), order(2, "a", 10, "sale", 4), order(3, "a", 12, "sale", 1),
            order(4, "a", 13, "return", 1), order(5, .null, 14, "sale", 1), order(6, 7, 11, "sale", 5),
            order(7, "b", 15, "sale", 0),
        ]).orThrow()
        let purchases = try CustomerPurchases(in: store.database)
        #expect(purchases.customers.map(\.days) == [[11], [10, 12]])
        #expect(purchases.customers.map(\.values) == [[10], [14, 2]])
        #expect(purchases.firstDay == 10 && purchases.lastDay == 12)
    }
}
