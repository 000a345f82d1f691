import BSON
import CGSL
import Glibc
import Platform
import Testing

@testable import CustomerModels

/// The models' formulas and their edges, without data from outside.
@Suite struct PurchaseModelTests {
    private func customer(_ frequency: Int, _ recency: Double, _ age: Double, _ amount: Double = 0) -> CustomerSummary {
        CustomerSummary(id: "c", frequency: frequency, recency: recency, age: age, meanAmount: amount)
    }

    /// Customers that a seeded shop of the model's own kind would have.
    private func simulated(_ model: BGNBD, count: Int, seed: UInt64) -> [CustomerSummary] {
        var random = SeededRandom(seed: seed)
        return (0..<count).map { index in
            let rate = random.gamma(model.r) / model.alpha
            let (u, v) = (random.gamma(model.a), random.gamma(model.b))
            let dropout = u / (u + v)
            let age = 30 + 20 * random.uniform()
            var (time, recency, frequency) = (0.0, 0.0, 0)
            while true {
                time += -log(1 - random.uniform()) / rate
                if time > age { break }
                (recency, frequency) = (time, frequency + 1)
                if random.uniform() < dropout { break }
            }
            return CustomerSummary(
                id: "c\(index)", frequency: frequency, recency: recency, age: age, meanAmount: 0)
        }
    }

    @Test func theFitFindsWhatDataWereMadeWith() throws {
        let truth = BGNBD(r: 0.8, alpha: 6, a: 0.9, b: 3)
        let (model, maximum) = try BGNBD.fit(simulated(truth, count: 20_000, seed: 7))
        let errors = try #require(maximum.standardErrors)
        for (found, expected, error) in zip4([model.r, model.alpha, model.a, model.b], [0.8, 6, 0.9, 3], errors) {
            #expect(abs(found - expected) < 4 * error, "\(found) against \(expected) ± \(error)")
        }
    }

    private func zip4(_ a: [Double], _ b: [Double], _ c: [Double]) -> [(Double, Double, Double)] {
        a.indices.map { (a[$0], b[$0], c[$0]) }
    }

    /// The quadrature against the closed form in ₂F₁, where GSL's series converge.
    @Test(arguments: [0.3, 0.79, 0.999, 1.001, 3.2], [0, 1, 4, 12])
    func expectedPurchasesAgreeWithTheClosedForm(a: Double, frequency: Int) throws {
        let model = BGNBD(r: 0.24, alpha: 4.4, a: a, b: 2.4)
        let (x, age, time) = (Double(frequency), 30.0, 20.0)
        let z = time / (model.alpha + age + time)
        let series = try #require(SpecialFunctions.hypergeometric(model.r + x, model.b + x, a + model.b + x - 1, z))
        let expected =
            (a + model.b + x - 1) / (a - 1)
            * (1 - pow((model.alpha + age) / (model.alpha + age + time), model.r + x) * series)
        let found = model.purchasesWhileAlive(frequency, age: age, [time])[0]
        // Near a = 1 the closed form loses its digits: nothing over nothing.
        #expect(agree(found, expected, abs(a - 1) < 0.01 ? 1e-7 : 1e-10), "\(found) against \(expected)")
    }

    @Test func expectedPurchasesAreSmoothWhereTheClosedFormIsNot() {
        let values = [0.999_999_9, 1, 1.000_000_1].map {
            BGNBD(r: 0.3, alpha: 5, a: $0, b: 2).expectedPurchases(of: customer(3, 20, 25), within: 30)
        }
        #expect(agree(values[0], values[1], 1e-6) && agree(values[1], values[2], 1e-6) && values[1] > 0)
    }

    /// Without any dropout the model is the negative binomial: (r+x)/(α+T)·t.
    @Test func extremeParametersHaveTheirLimits() {
        let staying = BGNBD(r: 0.9, alpha: 10, a: 1e-4, b: 1e5)
        #expect(agree(staying.expectedPurchases(of: customer(8, 30, 40), within: 13), 8.9 / 50 * 13, 1e-6))
        let flat = BGNBD(r: 0.5, alpha: 40, a: 3e5, b: 7e5)
        // Everybody leaves with probability 0.3: (1 − (1 + 0.3·c)^−r)/0.3.
        let c = 100.0 / 40
        #expect(agree(flat.expectedPurchases(within: 100), (1 - pow(1 + 0.3 * c, -0.5)) / 0.3, 1e-5))
    }

    @Test(arguments: [(0.01, 0.5), (0.3, 40), (1, 1), (2.5, 0.2), (1e3, 1e3), (5e5, 5e5), (0.5, 1e5)])
    func betaMeansAreExact(a: Double, b: Double) {
        let quadrature = BetaQuadrature(a: a, b: b)
        #expect(agree(quadrature.weights.reduce(0, +), 1, 1e-12))
        #expect(agree(quadrature.mean { $0 }, a / (a + b), 1e-9))
        #expect(agree(quadrature.mean { $0 * $0 }, a * (a + 1) / ((a + b) * (a + b + 1)), 1e-9))
    }

    /// Where the fit stops, every step to a side leads down.
    @Test func theFitIsAMaximumInEveryDirection() throws {
        let customers = simulated(BGNBD(r: 0.5, alpha: 5, a: 1, b: 3), count: 400, seed: 3)
        let (top, maximum) = try BGNBD.fit(customers)
        for factor in [0.99, 1.01] {
            for other in [
                BGNBD(r: top.r * factor, alpha: top.alpha, a: top.a, b: top.b),
                BGNBD(r: top.r, alpha: top.alpha * factor, a: top.a, b: top.b),
                BGNBD(r: top.r, alpha: top.alpha, a: top.a * factor, b: top.b),
                BGNBD(r: top.r, alpha: top.alpha, a: top.a, b: top.b * factor),
            ] { #expect(other.logLikelihood(customers) < maximum.logLikelihood) }
        }
    }

    @Test func nobodyIsDeadAfterOnePurchase() {
        let model = BGNBD(r: 0.24, alpha: 4.4, a: 0.8, b: 2.4)
        #expect(model.probabilityAlive(customer(0, 0, 500)) == 1)
        #expect(model.probabilityAlive(customer(50, 1, 5000)) < 1e-9)
        let silent = model.probabilityOfNoPurchase(customer(3, 20, 25), within: 1e9)
        #expect(silent >= 1 - model.probabilityAlive(customer(3, 20, 25)) && silent < 1)
        #expect(agree(model.probabilityOfNoPurchase(customer(3, 20, 25), within: 0), 1, 1e-12))
    }

    // MARK: Data that say nothing

    private func message(_ work: () throws -> Void) -> String? {
        do { try work() } catch { return "\(error)" }
        return nil
    }

    @Test func dataWithoutAnAnswerAreRefused() {
        let once = (0..<50).map { customer(0, 0, Double($0)) }
        #expect(message { _ = try BGNBD.fit(once) }?.contains("no customer bought on a second day") == true)
        #expect(message { _ = try BGNBD.fit([customer(3, 2, 5)]) }?.contains("there is one customer") == true)
        #expect(message { _ = try BGNBD.fit([]) }?.contains("there are 0 customers") == true)
        let today = (1..<50).map { customer($0, 10, 10) }
        #expect(message { _ = try BGNBD.fit(today) }?.contains("last day that was observed") == true)
        let same = (1..<50).map { customer($0, 5, 10, 20) }
        #expect(message { _ = try GammaGamma.fit(same) }?.contains("spend the same") == true)
        #expect(message { _ = try GammaGamma.fit(once) }?.contains("too few") == true)
    }

    @Test func flatLikelihoodsAreSaid() throws {
        // Everybody buys every week and nobody stays away: no dropout can be seen.
        var purchases: [(customer: String, day: Int, amount: Double)] = []
        for customer in 0..<40 {
            for week in 0..<(10 + customer % 7) {
                purchases.append(("c\(customer)", week * 7 + customer % 3, Double(customer + 5)))
            }
        }
        let model = try LifetimeValueModel(PurchaseHistory(purchases), until: 120, unit: .day)
        #expect(!model.warnings.isEmpty)
        #expect(model.predictions(within: 30, discount: 0.01).allSatisfy { $0.expectedPurchases.isFinite })
    }

    @Test func aFitCanBeStopped() {
        struct Stop: Error {}
        var calls = 0
        #expect(throws: Stop.self) {
            try BGNBD.fit(simulated(BGNBD(r: 0.5, alpha: 5, a: 1, b: 3), count: 100, seed: 1)) {
                calls += 1
                if calls == 3 { throw Stop() }
            }
        }
        #expect(calls == 3)
    }

    // MARK: Time

    @Test func aYearIsTwelveMonths() {
        #expect(LifetimeValueModel.months(of: 365.0 / 7, TimeUnit.week.month, unit: .week).count == 12)
        #expect(LifetimeValueModel.months(of: 365, TimeUnit.day.month, unit: .day).count == 12)
        #expect(LifetimeValueModel.months(of: 45, TimeUnit.day.month, unit: .day) == [30.415, 45])
        #expect(LifetimeValueModel.months(of: 10, TimeUnit.day.month, unit: .day) == [10])
    }

    @Test func theUnitOfTimeChangesNothing() throws {
        let purchases = simulated(BGNBD(r: 0.8, alpha: 6, a: 0.9, b: 3), count: 500, seed: 5)
        let (weeks, atWeeks) = try BGNBD.fit(purchases)
        let (days, atDays) = try BGNBD.fit(
            purchases.map {
                CustomerSummary(
                    id: $0.id, frequency: $0.frequency, recency: $0.recency * 7, age: $0.age * 7, meanAmount: 0)
            })
        #expect(agree(days.alpha, weeks.alpha * 7, 1e-5) && agree(days.r, weeks.r, 1e-5))
        let repeats = Double(purchases.reduce(0) { $0 + $1.frequency })
        #expect(abs(atDays.logLikelihood - (atWeeks.logLikelihood - repeats * log(7))) < 1e-6)
    }
}

extension SeededRandom {
    /// A Gamma variate of this shape and scale 1 (G. Marsaglia and W. Tsang, 2000).
    fileprivate mutating func gamma(_ shape: Double) -> Double {
        if shape < 1 { return gamma(shape + 1) * pow(1 - uniform(), 1 / shape) }
        let d = shape - 1.0 / 3
        while true {
            let normal = (-2 * log(1 - uniform())).squareRoot() * cos(2 * .pi * uniform())
            let v = pow(1 + normal / (9 * d).squareRoot(), 3)
            if v > 0, log(1 - uniform()) < normal * normal / 2 + d - d * v + d * log(v) { return d * v }
        }
    }
}
