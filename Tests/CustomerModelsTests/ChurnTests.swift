import BSON
import Glibc
import Platform
import Testing

@testable import CustomerModels

@Suite struct ChurnTests {
    private static let day: Int64 = ActivityLog.millisecondsInDay

    private func order(_ at: Int64, _ amount: Double = 10, products: Set<Int32> = [1]) -> CustomerActivity.Order {
        CustomerActivity.Order(
            at: at, money: Decimal128(rounding: amount), units: 2, products: products, categories: [0])
    }

    /// A shop whose customers order at a pace of their own; half of them leave at some time.
    private func shop(customers: Int = 600, days: Int = 500, seed: UInt64 = 1) -> ActivityLog {
        var random = SeededRandom(seed: seed)
        return ActivityLog(
            (0..<customers).map { number in
                var customer = CustomerActivity(id: "c\(1000 + number)")
                let gap = 10 + 50 * random.uniform()
                let end = random.uniform() < 0.5 ? Double(days) : random.uniform() * Double(days) * 1.2
                var time = random.uniform() * 100
                while time < min(end, Double(days)) {
                    customer.orders.append(order(Int64(time * Double(Self.day)), 10 + 90 * random.uniform()))
                    time += -log(1 - random.uniform()) * gap + 1
                }
                return customer
            })
    }

    // MARK: Features

    @Test func featuresLookAtNothingFromTheMomentOn() throws {
        var customer = CustomerActivity(id: "a")
        customer.orders = [order(0, 10), order(20 * Self.day, 30, products: [1, 2])]
        customer.returns = [25 * Self.day]
        customer.reviews = [(22 * Self.day, 4)]
        customer.views = [29 * Self.day]
        customer.sessions = [10 * Self.day]
        let moment = 30 * Self.day
        let known = try #require(ChurnFeature.values(of: customer, before: moment, horizon: 15))
        func value(_ feature: ChurnFeature) throws -> Double {
            known[try #require(ChurnFeature.allCases.firstIndex(of: feature))]
        }
        #expect(try value(.daysSinceOrder) == 10 && value(.orders) == 2 && value(.revenue) == 40)
        #expect(try value(.meanGap) == 20 && value(.gapDeviation).isNaN && value(.daysSinceOrderToGap) == 0.5)
        #expect(try value(.recentOrders) == 1 && value(.recentRevenue) == 30 && value(.products) == 2)
        #expect(try value(.returnShare) == 0.5 && value(.meanScore) == 4 && value(.daysSinceView) == 1)
        #expect(try value(.views) == 1 && value(.sessions) == 1 && value(.daysSinceSession) == 20)
        // What comes at the very moment or later changes nothing.
        var later = customer
        later.orders += [order(moment, 500, products: [7]), order(moment + 1, 500)]
        later.returns.append(moment)
        later.reviews.append((moment, 1))
        later.views.append(moment)
        later.sessions.append(moment + Self.day)
        let again = try #require(ChurnFeature.values(of: later, before: moment, horizon: 15))
        #expect(zip(known, again).allSatisfy { $0 == $1 || ($0.isNaN && $1.isNaN) })
        #expect(ChurnFeature.values(of: customer, before: 0, horizon: 15) == nil)
    }

    @Test func labelsAreTheHorizonFromTheMomentOn() {
        var stays = CustomerActivity(id: "stays")
        stays.orders = [order(0), order(100 * Self.day)]
        var leaves = CustomerActivity(id: "leaves")
        leaves.orders = [order(0), order(130 * Self.day)]
        var gone = CustomerActivity(id: "gone")
        gone.orders = [order(-300 * Self.day)]
        var new = CustomerActivity(id: "new")
        new.orders = [order(101 * Self.day)]
        let log = ActivityLog([stays, leaves, gone, new])
        let snapshot = ChurnSnapshot(log, day: 100, horizon: 30, activeDays: 365)
        #expect(snapshot.customers.map(\.id) == ["leaves", "stays"])
        #expect(snapshot.churned == [true, false])
    }

    // MARK: Trees

    /// Numbers that the library's Python package gives for the same data and parameters (xgboost 1.7.4).
    @Test func treesAreThoseOfThePythonPackage() throws {
        var rows: [[Double]] = []
        var labels: [Bool] = []
        for i in 0..<120 {
            let a = Double((i * 37) % 101)
            rows.append([a, Double((i * i) % 53) / 7, i % 5 == 0 ? .nan : Double(i % 9)])
            labels.append(a / 101 + Double(i % 4) / 8 + (i % 5 == 0 ? 0.2 : 0) > 0.75)
        }
        #expect(labels.count { $0 } == 56)
        let trees = try BoostedTrees(rows, labels, BoostedTrees.Options(rounds: 40, seed: 1))
        let expected = [
            0.1886119693517685, 0.1564752161502838, 0.8058443665504456, 0.15234695374965668, 0.44734853506088257,
            0.8254119753837585,
        ]
        for (found, expected) in zip(try trees.probabilities(rows), expected) { #expect(abs(found - expected) < 1e-6) }
        let ten = try trees.probabilities(rows, rounds: 10)
        #expect(abs(ten[0] - 0.3643031418323517) < 1e-6 && abs(ten[2] - 0.6025693416595459) < 1e-6)
        let contributions = try trees.contributions(rows)
        for (found, expected) in zip(
            contributions[0], [-1.550626516342163, 0.041265010833740234, 0.18540458381175995])
        {
            #expect(abs(found - expected) < 1e-5)
        }
        for (found, expected) in zip(
            try trees.gains(), [0.9450427602745679, 0.029354592911307726, 0.025602646814124375])
        {
            #expect(abs(found - expected) < 1e-5)
        }
    }

    // MARK: Quality

    @Test func theAreaIsTheShareOfPairsInOrder() {
        var random = SeededRandom(seed: 11)
        let scores = (0..<200).map { _ in Double(random.index(below: 20)) / 20 }
        let labels = scores.map { random.uniform() < 0.2 + 0.6 * $0 }
        var (pairs, inOrder) = (0.0, 0.0)
        for (a, isPositive) in zip(scores, labels) where isPositive {
            for (b, isPositive) in zip(scores, labels) where !isPositive {
                pairs += 1
                inOrder += a > b ? 1 : a == b ? 0.5 : 0
            }
        }
        let curve = ROCCurve(scores, labels)
        #expect(agree(curve.area, inOrder / pairs, 1e-12))
        #expect(curve.deviation > 0 && curve.deviation < 0.1)
        #expect(curve.deviation(ofDifferenceTo: curve) == 0)
    }

    /// Two positives (0.8, 0.4) and two negatives (0.6, 0.2): the parts are 1 and ½ on both sides, so that the variance is
    /// ⅛/2 + ⅛/2.
    @Test func theAreasDeviationIsDeLongs() {
        let quality = ScoreQuality([0.8, 0.4, 0.6, 0.2], [true, true, false, false])
        #expect(quality.auc == 0.75)
        #expect(agree(quality.aucInterval.lowerBound, 0.75 - 1.96 * 0.125.squareRoot(), 1e-12))
        #expect(quality.aucInterval.upperBound == 1)
        #expect(agree(quality.brier, (0.04 + 0.36 + 0.36 + 0.04) / 4, 1e-12))
        #expect(agree(quality.logLoss, -(log(0.8) + log(0.4) + log(0.4) + log(0.8)) / 4, 1e-12))
    }

    @Test func logisticCurvesFindWhatDataWereMadeWith() {
        var random = SeededRandom(seed: 2)
        let values = (0..<20_000).map { _ in 4 * random.uniform() }
        let labels = values.map { random.uniform() < 1 / (1 + exp(-(-2 + 1.5 * $0))) }
        let curve = LogisticCurve(values, labels)
        #expect(abs(curve.intercept + 2) < 0.15 && abs(curve.slope - 1.5) < 0.1)
        let separated = LogisticCurve([1, 2, 3, 4], [false, false, true, true])
        #expect(separated.probability(1) < 0.1 && separated.probability(4) > 0.9)
    }

    // MARK: The whole

    @Test func churnThatCanBeLearntIsLearnt() throws {
        let log = shop()
        let report = try ChurnReport(log, ChurnOptions(horizon: 60))
        #expect(report.model.auc > 0.75, "\(report.model)")
        #expect(report.judgingDay - report.trainingDay == 60)
        #expect(report.deciles.reduce(0) { $0 + $1.customers } == report.judgedCustomers)
        #expect(report.deciles.last?.captured == 1)
        #expect(report.bins.reduce(0) { $0 + $1.customers } == report.judgedCustomers)
        #expect(agree(report.importance.reduce(0) { $0 + $1.gain }, 1, 1e-5))
        #expect(report.purchases != nil)
    }

    @Test func theSameSeedGivesTheSameRisks() throws {
        let log = shop()
        let options = ChurnOptions(horizon: 60, seed: 5)
        let (first, model, day) = try ChurnModel.risks(log, options)
        let (second, _, _) = try ChurnModel.risks(log, options)
        #expect(first.map(\.id) == second.map(\.id) && first.map(\.probability) == second.map(\.probability))
        #expect(day == (log.lastDay ?? 0) + 1 && model.trainingDay == day - 60)
        #expect(zip(first, first.dropFirst()).allSatisfy { $0.probability >= $1.probability })
        #expect(first.allSatisfy { $0.drivers.count == ChurnFeature.allCases.count })
        // Looking at an earlier day sees nothing of what came after.
        let early = try ChurnModel.risks(log, on: 300, options).risks
        let cut = ActivityLog(
            log.customers.map { customer in
                var customer = customer
                customer.orders.removeAll { $0.at >= 300 * Self.day }
                return customer
            })
        let only = try ChurnModel.risks(cut, on: 300, options).risks
        #expect(early.map(\.probability) == only.map(\.probability))
    }

    @Test func tooLittleIsRefused() {
        func message(_ work: () throws -> Void) -> String {
            do { try work() } catch { return "\(error)" }
            return ""
        }
        #expect(message { _ = try ChurnModel.risks(ActivityLog([])) }.contains("no sale orders of known customers"))
        #expect(
            message { _ = try ChurnModel.risks(shop(customers: 100), ChurnOptions(horizon: 60)) }
                .contains("too few customers to learn from"))
        #expect(message { _ = try ChurnModel.risks(shop(), ChurnOptions(horizon: 400)) }.contains("needs 800"))
        #expect(
            message { _ = try ChurnReport(shop(), ChurnOptions(horizon: 200)) }.contains("needs 600"))
        #expect(message { _ = try ChurnModel.risks(shop(), on: 10_000) }.contains("after the data's end"))
        // Everybody orders every day: nobody stays away.
        let faithful = ActivityLog(
            (0..<300).map { number in
                var customer = CustomerActivity(id: "c\(number)")
                customer.orders = (0..<200).map { order(Int64($0) * Self.day) }
                return customer
            })
        #expect(
            message { _ = try ChurnModel.risks(faithful, ChurnOptions(horizon: 30)) }.contains("nothing to tell apart"))
    }
}
