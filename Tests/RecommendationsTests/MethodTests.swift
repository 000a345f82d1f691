import Testing

@testable import Recommendations

/// The methods against what their definitions say, computed the long way.
@Suite struct MethodTests {
    /// Two customers who know tea and pot, and one who knows bread: what the numbers are by hand.
    private static let small = PurchaseLog.of([
        "anna": [["tea", "pot"], ["tea"]], "ben": [["tea", "pot"], ["cup"]], "cleo": [["bread"]],
    ])

    @Test func numbersFollowIdsAndHistoriesTime() {
        let log = MethodTests.small
        #expect(log.customers == ["anna", "ben", "cleo"])
        #expect(log.products == ["bread", "cup", "pot", "tea"])
        #expect(log.history(of: 0).baskets == [[3], [2, 3]])
        let weights = log.history(of: 0).weights(decay: 0.5)
        #expect(weights.places == [2, 3] && weights.values == [0.5, 1.5])
        #expect(log.product("cup") == 1 && log.product("cap") == nil && log.customer("zoe") == nil)
        #expect(log.lastOrder == 1000)
    }

    @Test func ordersOfOneMomentFollowTheirNumbers() {
        var builder = PurchaseLog.Builder()
        for id in ["10", "9"] { builder.add(customer: "a", id: id, time: 0, products: [builder.number(of: id)]) }
        // By value: 9 before 10, so that 10 is the newest.
        let log = builder.finish()
        #expect(log.history(of: 0).baskets.map { $0.map { log.products[Int($0)] } } == [["10"], ["9"]])
    }

    @Test func popularityCountsCustomersAndRepeatsCountOrders() throws {
        let log = MethodTests.small
        let matrix = InteractionMatrix(log)
        #expect(PopularityModel(matrix).customers == [1, 1, 2, 2])
        let scores = try RepeatModel(matrix, .counts).scores(log.history(of: 0), of: log)
        let order = scores.indices.sorted { (-scores[$0], $0) < (-scores[$1], $1) }
        #expect(order.map { log.products[$0] } == ["tea", "pot", "bread", "cup"])
        #expect(abs(scores[3] - 2) < 0.001 && scores[0] < 0.001)
    }

    @Test func neighboursAreCosines() throws {
        let log = MethodTests.small
        let model = try NeighbourModel(InteractionMatrix(log), .init(similarity: .cosine, neighbours: 4))
        // Tea is (2, 1, 0) and pot (1, 1, 0) over anna, ben and cleo.
        let expected = Float(3 / (5.0.squareRoot() * 2.0.squareRoot()))
        #expect(abs((model.similarity(3, 2) ?? 0) - expected) < 1e-6)
        #expect(abs((model.similarity(3, 3) ?? 0) - 1) < 1e-6)
        #expect(model.similarity(0, 3) == nil)
        let scores = try model.scores(log.history(of: 2), of: log)
        #expect(scores == [1, 0, 0, 0])
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func neighboursEqualTheLongWay(_ seed: UInt64) throws {
        let log = PurchaseLog.random(customers: 40, products: 25, seed: seed)
        let matrix = InteractionMatrix(log)
        for settings in [
            NeighbourModel.Settings(neighbours: 6), .init(similarity: .cosine, neighbours: 100),
            .init(neighbours: 4, k1: 2, b: 0.3),
        ] {
            let model = try NeighbourModel(matrix, settings)
            let weights = Naive.dense(NeighbourModel.weighted(matrix, settings))
            for one in log.products.indices {
                let all = log.products.indices.map { other in
                    (place: other, value: weights.reduce(0) { $0 + $1[one] * $1[other] })
                }
                let best = all.filter { $0.value > 0 }.sorted { ($1.value, $0.place) < ($0.value, $1.place) }
                for (place, value) in best.prefix(settings.neighbours) {
                    // Among equals, rounding may choose another one.
                    if let found = model.similarity(one, place) {
                        #expect(abs(found - value) < 1e-4 * max(1, value))
                    } else {
                        #expect(
                            abs(value - best[min(best.count, settings.neighbours) - 1].value) < 1e-4 * max(1, value))
                    }
                }
                #expect(model.similarities.entries(of: one).count == min(best.count, settings.neighbours))
            }
            for (customer, list) in try model.best(5, for: matrix).enumerated() {
                let scores = try model.scores(log.history(of: customer), of: log)
                let expected = scores.withUnsafeBufferPointer { TopList.best(5, of: $0) }.filter { $0.score > 0 }
                #expect(list.map(\.score) == expected.map(\.score))
            }
        }
    }

    @Test func bm25IsWhatTheFormulaSays() {
        let log = MethodTests.small
        let settings = NeighbourModel.Settings()
        let weighted = Naive.dense(NeighbourModel.weighted(InteractionMatrix(log), settings))
        // Anna's tea: a count of 2 in a product sold 3 times, of 1.75 on average; she bought 2 of 4 products.
        let saturation = 1.2 * (0.25 + 0.75 * 3 / 1.75)
        let rarity = Naive.log(4) - Naive.log(3)
        #expect(abs(Double(weighted[0][3]) - 2 * 2.2 / (saturation + 2) * rarity) < 1e-6)
    }

    @Test(arguments: [0.0, 0.25])
    func theLinearModelSolvesItsEquations(_ power: Double) throws {
        let log = PurchaseLog.random(customers: 30, products: 12, seed: 7)
        let matrix = InteractionMatrix(log)
        let model = try LinearModel(matrix, .init(regularisation: 5, customerPower: power, decay: 0.7))
        let expected = Naive.linear(matrix, regularisation: 5, power: power)
        for one in log.products.indices {
            for other in log.products.indices {
                #expect(abs(Double(model.weight(from: one, to: other)) - expected[one][other]) < 1e-4)
            }
        }
        let history = log.history(of: 3)
        let scores = try model.scores(history, of: log)
        let weights = history.weights(decay: 0.7)
        for product in log.products.indices {
            let sum = zip(weights.places, weights.values).reduce(0) { $0 + Double($1.1) * expected[Int($1.0)][product] }
            #expect(abs(Double(scores[product]) - sum) < 1e-4)
        }
    }

    @Test func theLinearModelSaysWhatItWouldNeed() {
        let log = PurchaseLog.random(customers: 30, products: 12, seed: 7)
        #expect(throws: (any Error).self) { try LinearModel(InteractionMatrix(log), .init(), limit: 3) }
    }

    @Test func walksFromAHistoryRankAsWalksFromTheCustomer() throws {
        let log = PurchaseLog.random(customers: 30, products: 15, seed: 5)
        let matrix = InteractionMatrix(log)
        let model = try WalkModel(log, matrix, damping: 0.6)
        for customer in [0, 7, 20] {
            let scores = try model.scores(log.history(of: customer), of: log)
            let expected = Naive.walk(matrix, from: customer, damping: 0.6)
            // From the customer, the first step is damped.
            for product in log.products.indices {
                #expect(abs(Double(scores[product]) * 0.6 - expected[product]) < 1e-5)
            }
        }
    }

    @Test(arguments: RecommendationMethod.allCases)
    func contributionsAddUpToTheScore(_ method: RecommendationMethod) throws {
        let log = PurchaseLog.random(customers: 40, products: 20, seed: 11)
        var settings = RecommendationSettings()
        settings.linear.regularisation = 3
        (settings.bm25Weight, settings.walkWeight, settings.popularityWeight) = (0.2, 0.1, 0.3)
        let model = try ModelBuilder(log, settings).model(method)
        #expect(model.method == method)
        for customer in [1, 5, 33] {
            let history = log.history(of: customer)
            let scores = try model.scores(history, of: log)
            for product in log.products.indices {
                let sum = try model.contributions(to: product, from: history).reduce(0) { $0 + $1.amount }
                #expect(abs(sum - scores[product]) < 1e-4 * max(1, scores[product].magnitude), "\(method) \(product)")
            }
        }
    }

    @Test(arguments: RecommendationMethod.allCases)
    func theSamePurchasesGiveTheSameScores(_ method: RecommendationMethod) throws {
        let scores = try (0..<2).map { _ in
            let log = PurchaseLog.random(customers: 60, products: 30, seed: 3)
            return try ModelBuilder(log, RecommendationSettings()).model(method).scores(log.history(of: 9), of: log)
        }
        #expect(scores[0] == scores[1])
    }

    @Test func topListsBreakTiesByNumber() {
        let scores: [Float] = [1, 3, -.infinity, 3, 2, 3]
        let best = scores.withUnsafeBufferPointer { TopList.best(4, of: $0) }
        #expect(best.map(\.place) == [1, 3, 5, 4])
        #expect(scores.withUnsafeBufferPointer { TopList.best(0, of: $0) }.isEmpty)
        #expect(scores.withUnsafeBufferPointer { TopList.best(9, of: $0) }.count == 5)
    }
}
