import BSON
import Baskets
import Testing

/// Everything the reference states about the Groceries baskets.
@Suite(.enabled(if: SharedData.hasGroceries, "there is no groceries.csv in ATELIER_TEST_DATA"))
struct GroceriesTests {
    let baskets: Baskets
    let reference: Document

    init() throws {
        baskets = try SharedData.groceries()
        reference = try SharedData.reference("groceries.json")
    }

    @Test func basketsAreThoseOfTheFile() {
        #expect(baskets.count == 9835)
        #expect(baskets.items.count == 169)
        #expect(baskets.remarks.empty == 0)
        #expect(baskets.remarks.largest == 32)
    }

    @Test(arguments: ["0.01", "0.006", "0.005", "0.003", "0.001"])
    func setsAreCounted(_ support: String) throws {
        let expected = try #require(reference.at("itemsets", support)?.documentValue)
        let sets = try mine(baskets, support)
        #expect(sets.minimumCount == expected["min_count"]?.integerValue.map { Int($0) })
        #expect(sets.count == expected["total"]?.integerValue.map { Int($0) })
        let list = try sets.list()
        #expect(list.count == sets.count)
        var byLength: [String: Int64] = [:]
        for index in 0..<list.count { byLength["\(list.items(index).count)", default: 0] += 1 }
        for (length, count) in try #require(expected["by_length"]?.documentValue).elements {
            #expect(byLength.removeValue(forKey: length) == count.integerValue)
        }
        #expect(byLength.isEmpty)
        #expect(try sets.list(.closed).count == expected["closed"]?.integerValue.map { Int($0) })
        #expect(try sets.list(.maximal).count == expected["maximal"]?.integerValue.map { Int($0) })
    }

    @Test func itemsAndPairsHaveTheirCounts() throws {
        var list = try ItemsetMiner(threshold: .count(1), maximumSize: 2).mine(baskets).list()
        list.sort(by: .count)
        var items: [(String, Int)] = []
        var pairs: [([String], Int)] = []
        for index in 0..<list.count {
            let texts = baskets.texts(list.items(index))
            if texts.count == 1 { items.append((texts[0], list.basketCount(index))) }
            if texts.count == 2 { pairs.append((texts, list.basketCount(index))) }
        }
        #expect(pairs.count == reference["distinct_pairs"]?.integerValue.map { Int($0) })
        #expect(pairs.reduce(0) { $0 + $1.1 } == reference["pair_occurrences"]?.integerValue.map { Int($0) })
        for (index, expected) in try #require(reference["top20_items"]?.arrayValue).enumerated() {
            #expect(items[index].0 == expected.arrayValue?[0].stringValue)
            #expect(items[index].1 == expected.arrayValue?[1].integerValue.map { Int($0) })
        }
        for (index, expected) in try #require(reference["top20_pairs"]?.arrayValue).enumerated() {
            #expect(pairs[index].0 == expected.arrayValue?[0].arrayValue?.compactMap(\.stringValue))
            #expect(pairs[index].1 == expected.arrayValue?[1].integerValue.map { Int($0) })
        }
    }

    static let thresholds = [
        "0.01/0.25", "0.01/0.5", "0.01/0.8", "0.006/0.25", "0.005/0.25", "0.005/0.5", "0.005/0.8", "0.003/0.5",
        "0.001/0.25", "0.001/0.5", "0.001/0.8",
    ]

    @Test(arguments: thresholds)
    func rulesAreCounted(_ thresholds: String) throws {
        let expected = try #require(reference.at("rules", thresholds)?.documentValue)
        let (support, confidence) = try split(thresholds)
        let sets = try mine(baskets, support)
        let rules = try RuleMiner(minimumConfidence: confidence).rules(of: sets)
        #expect(rules.count == expected["single_consequent"]?.integerValue.map { Int($0) })
        var bySize: [String: Int64] = [:]
        var (lift, highest, below) = (-1.0, -1.0, 0)
        for index in 0..<rules.count {
            #expect(rules.consequent(index).count == 1)
            bySize["\(rules.antecedent(index).count + 1)", default: 0] += 1
            lift = max(lift, rules.measures(index).lift)
            highest = max(highest, rules.measures(index).confidence)
            below += rules.measures(index).lift < 1 ? 1 : 0
        }
        for (size, count) in try #require(expected["by_size"]?.documentValue).elements {
            #expect(bySize.removeValue(forKey: size) == count.integerValue)
        }
        #expect(bySize.isEmpty)
        #expect(below == expected["n_lift_below_1"]?.integerValue.map { Int($0) })
        expectClose(lift, expected["max_lift"], or: -1)
        expectClose(highest, expected["max_confidence"], or: -1)
    }

    /// The reference for consequents of any size compares doubles and loses rules at the boundary: at 0.8 those four
    /// of one consequent that it loses are counted again.
    @Test(arguments: thresholds)
    func rulesWithAnyConsequentAreCounted(_ thresholds: String) throws {
        let expected = try #require(reference.at("rules", thresholds)?.documentValue)
        let (support, confidence) = try split(thresholds)
        var miner = RuleMiner(minimumConfidence: confidence)
        miner.anyConsequent = true
        let rules = try miner.rules(of: try mine(baskets, support))
        let lost =
            try #require(expected["single_consequent"]?.integerValue)
            - #require(expected["mlxtend_single_consequent"]?.integerValue)
        #expect(Int64(rules.count) == (expected["mlxtend_any_consequent"]?.integerValue ?? -1) + lost)
    }

    @Test(arguments: thresholds)
    func topRulesHaveTheirMeasures(_ thresholds: String) throws {
        let expected = try #require(reference.at("top10_rules_by_lift", thresholds)?.arrayValue).compactMap(
            \.documentValue)
        let (support, confidence) = try split(thresholds)
        var rules = try RuleMiner(minimumConfidence: confidence).rules(of: try mine(baskets, support))
        rules.sort(by: .lift, limit: expected.count)
        #expect(rules.count == expected.count)
        for (index, rule) in expected.enumerated() {
            #expect(baskets.texts(rules.antecedent(index)) == rule["lhs"]?.arrayValue?.compactMap(\.stringValue))
            #expect(baskets.texts(rules.consequent(index)) == rule["rhs"]?.arrayValue?.compactMap(\.stringValue))
            #expect(rules.basketCount(index) == rule["count"]?.integerValue.map { Int($0) })
            for name in RuleMeasures.Name.allCases {
                let value = rules.measures(index)[name]
                if value == .infinity {
                    // JSON has no infinity: the reference writes what its writer makes of it.
                    #expect(rule[name.rawValue]?.doubleValue.map { $0.isInfinite } ?? true)
                } else {
                    expectClose(value, rule[name.rawValue], or: nil)
                }
            }
        }
    }

    @Test func limitedSizesAreThoseOfThePublication() throws {
        let expected = try #require(reference.at("published", "0.003/0.5 maxlen4", "rules")?.integerValue)
        let sets = try mine(baskets, "0.003", maximumSize: 4)
        #expect(Int64(try RuleMiner(minimumConfidence: ratio("0.5")).rules(of: sets).count) == expected)
    }

    private func split(_ thresholds: String) throws -> (support: String, confidence: DecimalRatio) {
        let parts = thresholds.split(separator: "/").map(String.init)
        return (parts[0], try ratio(parts[1]))
    }

    private func expectClose(_ value: Double, _ expected: BSONValue?, or absent: Double?) {
        guard let expected = expected?.doubleValue ?? expected?.integerValue.map({ Double($0) }) ?? absent else {
            Issue.record("the reference has no value")
            return
        }
        #expect(abs(value - expected) <= 1e-12 * max(1, abs(expected)))
    }
}
