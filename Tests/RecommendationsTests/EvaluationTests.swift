import BSON
import DocumentStore
import Glibc
import Platform
import Testing

@testable import Recommendations

@Suite struct EvaluationTests {
    @Test func theLastOrderIsHeldOut() {
        let log = PurchaseLog.of([
            "a": [["x", "y"], ["y", "z"]],  // z is in no training order but c's
            "b": [["x"], ["unseen"]],  // of the last order nothing is left
            "c": [["z"]],  // one order: all training
            "d": [["x"], ["x"]],
        ])
        let split = HoldoutSplit(log)
        #expect(split.training.products == ["x", "y", "z"])
        #expect(split.training.customers == log.customers)
        #expect(split.training.basketCount == 4)
        #expect(split.cases.map(\.customer) == [0, 3])
        #expect(split.cases[0].all == [1, 2] && split.cases[0].new == [2])
        #expect(split.cases[1].all == [0] && split.cases[1].new.isEmpty)
        #expect(split.cases(.new).map(\.customer) == [0])
    }

    @Test func metricsByHand() {
        let score = RankingQuality.Score([7, 3, 9, 1], truth: [3, 5, 9], length: 3)
        let ideal = 1 + 1 / log2(3.0) + 1 / log2(4.0)
        #expect(score.hit == 1)
        #expect(score.reciprocalRank == 0.5)
        #expect(abs(score.gain - (1 / log2(3.0) + 1 / log2(4.0)) / ideal) < 1e-15)
        #expect(RankingQuality.Score([1, 2], truth: [3], length: 10) == RankingQuality.Score())
        // Beyond the length nothing counts, neither in the list nor in what could be reached.
        #expect(RankingQuality.Score([1, 3], truth: [3], length: 1).hit == 0)
        #expect(RankingQuality.Score([3], truth: [3, 4], length: 1).gain == 1)
    }

    @Test func qualityIsTheMeanWithAnIntervalAroundIt() {
        let hit = RankingQuality.Score([1], truth: [1], length: 10)
        let scores = (0..<100).map { $0 < 30 ? hit : RankingQuality.Score() }
        let quality = RankingQuality(scores, recommended: [1, 2, 3], products: 12, seed: 4)
        #expect(quality.hitRate == 0.3 && quality.coverage == 0.25 && quality.users == 100)
        // About 1.96 · √(0.3 · 0.7 / 100).
        #expect(abs(quality.hitRateInterval.lowerBound - 0.21) < 0.03)
        #expect(abs(quality.hitRateInterval.upperBound - 0.39) < 0.03)
        let again = RankingQuality(scores, recommended: [], products: 0, seed: 4)
        #expect(again.hitRateInterval == quality.hitRateInterval && again.coverage == 0)
    }

    @Test func whatWasBoughtIsNotRecommendedAsNew() throws {
        let log = PurchaseLog.of([
            "a": [["x", "y"], ["z"]], "b": [["x", "y", "z"], ["x"]], "c": [["y", "z"], ["x"]],
        ])
        let judge = Judge(HoldoutSplit(log))
        let quality = try judge.quality(of: PopularityModel(InteractionMatrix(judge.split.training)), .new)
        // Each of a and c has one product left, which is right.
        #expect(quality.users == 2 && quality.hitRate == 1 && quality.gain == 1 && quality.reciprocalRank == 1)
    }

    @Test func settingsAreChosenWithoutTheJudgedOrders() throws {
        let log = PurchaseLog.random(customers: 80, products: 30, seed: 21)
        let split = HoldoutSplit(log)
        let chosen = try Tuning.choose(split.training, from: .init(), check: {}, observe: { _ in })
        // Other last orders change nothing of what was chosen.
        var shop: [String: [[String]]] = [:]
        for customer in log.customers.indices {
            var baskets = log.history(of: customer).baskets.reversed().map { $0.map { log.products[Int($0)] } }
            if baskets.count > 1 { baskets[baskets.count - 1] = ["P1000"] }
            shop[log.customers[customer]] = baskets
        }
        let other = try Tuning.choose(
            HoldoutSplit(PurchaseLog.of(shop)).training, from: .init(), check: {}, observe: { _ in })
        #expect(chosen == other)
    }

    @Test func bestsellersCountWhereTheyAreWhatCustomersBuy() throws {
        // Everybody draws from the same distribution: what somebody bought says nothing of what they buy next.
        var random = SeededRandom(seed: 7)
        var shop: [String: [[String]]] = [:]
        for customer in 0..<300 {
            shop["C\(1000 + customer)"] = (0..<3).map { _ in
                (0..<2).map { _ in
                    let draws = (0..<3).map { _ in Int.random(in: 0..<60, using: &random) }
                    return "P\(1000 + (draws.min() ?? 0))"
                }
            }
        }
        let log = PurchaseLog.of(shop)
        let evaluation = try RecommendationEvaluation(log, methods: [.blend, .popularity], isTuned: false)
        for (blend, popularity) in zip(evaluation.rows.prefix(2), evaluation.rows.suffix(2)) {
            #expect(blend.setting == popularity.setting && popularity.method == "popularity")
            #expect(blend.quality.hitRate > popularity.quality.hitRate - 0.02, "\(blend) \(popularity)")
            #expect(blend.quality.gain > popularity.quality.gain - 0.02, "\(blend) \(popularity)")
        }
        let recommender = Recommender(log)
        let settings = try #require(try recommender.description(of: .blend))
        #expect(settings["source"] == "standard" && settings["orders"] == .integer(900))
        #expect(settings["since"] == .date(recommender.learntAt))
        #expect(try #require(settings["parameters"]?.documentValue?["popularity"]?.doubleValue) >= 1)
        // The model that answers has it.
        #expect(
            try (recommender.model(.blend) as? BlendModel)?.parts.contains { $0.model.method == .popularity } == true)
        // What was chosen otherwise stays as it is, and so does what too few can be judged by.
        #expect(
            try Recommender(log, settings: .init(), source: .tuned).settings(of: .blend) == RecommendationSettings())
        let few = PurchaseLog.random(customers: 10, products: 30, seed: 2)
        #expect(try Recommender(few).settings(of: .blend) == RecommendationSettings())
    }

    @Test func everyMethodIsJudgedTwiceTheSame() throws {
        let log = PurchaseLog.random(customers: 60, products: 30, seed: 2)
        let first = try RecommendationEvaluation(log, seed: 5)
        #expect(
            first.rows.map { "\($0.method) \($0.setting)" } == [
                "blend all", "blend new", "linear all", "linear new", "bm25 all", "bm25 new", "cosine all",
                "cosine new",
                "walk all", "walk new", "repeat all", "repeat-counts all", "popularity all", "popularity new",
            ])
        #expect(try RecommendationEvaluation(log, seed: 5).rows.map(\.document) == first.rows.map(\.document))
        #expect(throws: AtelierError.self) { try RecommendationEvaluation(PurchaseLog.of(["a": [["x"]]])) }
        #expect(throws: AtelierError.self) { try RecommendationEvaluation(PurchaseLog.of([:])) }
    }

    @Test func settingsThatAreKeptComeBackAsTheyWere() throws {
        let path = "/tmp/atelier-kept-\(getpid())-\(UInt64.random(in: 0 ... .max)).store"
        let store = try Store(path, options: StoreOptions(relaxedDurability: true))
        defer {
            store.close()
            for file in [path, path + "-lock"] { unlink(file) }
        }
        #expect(try KeptSettings.read(from: store.database) == nil)
        let few = #expect(throws: AtelierError.self) {
            try KeptSettings.choose(on: PurchaseLog.of(["a": [["x"]]]), for: store.database)
        }
        #expect(few?.message == "no customer has two orders to choose settings by")
        let log = PurchaseLog.random(customers: 60, products: 30, seed: 2)
        let kept = try KeptSettings.choose(on: log, for: store.database)
        #expect(kept.settings == (try Tuning.choose(log, from: .init(), check: {}, observe: { _ in })))
        #expect(kept.settings != RecommendationSettings() && kept.orders == log.basketCount)
        #expect(try KeptSettings.read(from: store.database) == kept)
        #expect(try KeptSettings.read(from: store.database, linearLimit: 7)?.settings.linearLimit == 7)
        // Choosing again replaces them.
        _ = try KeptSettings.choose(on: log, for: store.database)
        let settings = store.database.collection(KeptSettings.collection)
        #expect(try settings.estimatedCount() == 1)
        for (name, value) in [("parameters.walk.damping", 1.5), ("parameters.bm25.neighbours", 1e300)] {
            _ = try settings.updateOne(["_id": "current"], ["$set": [name: .double(value)]])
            let error = #expect(throws: AtelierError.self) { try KeptSettings.read(from: store.database) }
            #expect(error?.code == .badValue)
            _ = try KeptSettings.choose(on: log, for: store.database)
        }
    }

    @Test func whereNobodyCanBeJudgedThereAreNoFigures() throws {
        // Everybody comes back for the same: there is nothing new to foretell.
        let log = PurchaseLog.of(["a": [["x"], ["x"]], "b": [["x", "y"], ["y"]]])
        let rows = try RecommendationEvaluation(log, methods: [.popularity]).rows.map(\.document)
        #expect(rows[0]["setting"] == "all" && rows[0]["users"] == .integer(2))
        #expect(rows[0]["hitRate10"] == .double(1))
        #expect(rows[1]["setting"] == "new" && rows[1]["users"] == .integer(0))
        for name in ["hitRate10", "hitRate10Low", "hitRate10High", "ndcg10", "ndcg10Low", "mrr10", "coverage10"] {
            #expect(rows[1][name] == .null, "\(name)")
        }
    }

    @Test func tooManyProductsLeaveTheLinearModelOut() throws {
        let log = PurchaseLog.random(customers: 60, products: 30, seed: 2)
        var settings = RecommendationSettings()
        settings.linearLimit = 5
        let evaluation = try RecommendationEvaluation(log, settings: settings)
        #expect(!evaluation.rows.contains { $0.method == "linear" })
        #expect(evaluation.rows.contains { $0.method == "blend" })
        #expect(evaluation.remarks.count == 1)
    }
}
