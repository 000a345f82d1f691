import BSON
import Baskets
import DocumentStore
import Glibc
import Ingest
import Retail
import Testing

/// Everything the reference states about the baskets of Online Retail II: what a loaded store yields unasked.
@Suite(.enabled(if: SharedData.hasOnlineRetail, "there is no online-retail-ii-2009-2010.csv.gz in ATELIER_TEST_DATA"))
struct OnlineRetailTests {
    @Test func everythingTheReferenceStates() throws {
        let expected = try #require(
            try SharedData.reference("online-retail-ii-2009-2010.json")["baskets"]?.documentValue)
        let baskets = try OnlineRetailTests.load()
        func number(_ value: BSONValue?) -> Int? { value?.integerValue.map { Int($0) } }
        #expect(baskets.count == number(expected["n_baskets"]))
        #expect(baskets.items.count == number(expected["n_items"]))
        #expect(baskets.remarks.largest == number(expected["max_size"]))

        let sets = try #require(expected["itemsets"]?.documentValue)
        for (support, value) in sets.elements {
            let expected = try #require(value.documentValue)
            let sets = try mine(baskets, support)
            #expect(sets.minimumCount == number(expected["min_count"]))
            #expect(sets.count == number(expected["total"]))
            let list = try sets.list()
            var byLength: [String: Int] = [:]
            for index in 0..<list.count { byLength["\(list.items(index).count)", default: 0] += 1 }
            for (length, count) in try #require(expected["by_length"]?.documentValue).elements {
                #expect(byLength.removeValue(forKey: length) == number(count))
            }
            #expect(byLength.isEmpty)
            for confidence in ["0.5", "0.25"] {
                let rules = try RuleMiner(minimumConfidence: ratio(confidence)).rules(of: sets)
                #expect(rules.count == number(expected["rules_single_consequent_conf\(confidence)"]))
            }
        }

        var rules = try RuleMiner(minimumConfidence: ratio("0.5")).rules(of: try mine(baskets, "0.01"))
        let top = try #require(expected["top10_rules_by_lift_0.01_conf0.5"]?.arrayValue).compactMap(\.documentValue)
        rules.sort(by: .lift, limit: top.count)
        for (index, rule) in top.enumerated() {
            #expect(baskets.texts(rules.antecedent(index)) == rule["lhs"]?.arrayValue?.compactMap(\.stringValue))
            #expect(baskets.texts(rules.consequent(index)) == [rule["rhs"]?.stringValue ?? ""])
            #expect(rules.basketCount(index) == number(rule["count"]))
            #expect(abs(rules.measures(index).lift - (rule["lift"]?.doubleValue ?? 0)) < 1e-9)
        }

        let pairs = try ItemsetMiner(threshold: .count(1), maximumSize: 2).mine(baskets)
        #expect(pairs.count - baskets.items.count == number(expected["distinct_pairs"]))
        var likely = try RuleMiner(minimumConfidence: .zero).rules(of: try mine(baskets, "0.02", maximumSize: 2))
        likely.sort(by: .support)
        for (index, pair) in try #require(expected["top20_pairs"]?.arrayValue).compactMap(\.documentValue).enumerated()
        {
            // Each pair is two rules, of the same count, the lower antecedent first.
            let (forward, backward) = (index * 2, index * 2 + 1)
            #expect(likely.basketCount(forward) == number(pair["count"]))
            let both = Set(baskets.texts(likely.antecedent(forward) + likely.consequent(forward)))
            #expect(both.count == 2)
            guard both == [pair["a"]?.stringValue ?? "", pair["b"]?.stringValue ?? ""] else { continue }
            let measures = likely.measures(forward)
            let isForward = baskets.texts(likely.antecedent(forward)) == [pair["a"]?.stringValue ?? ""]
            #expect(measures.support == pair["support"]?.doubleValue)
            #expect(abs(measures.lift - (pair["lift"]?.doubleValue ?? 0)) < 1e-9)
            #expect(abs(measures.jaccard - (pair["jaccard"]?.doubleValue ?? 0)) < 1e-12)
            #expect(measures.confidence == pair[isForward ? "conf_ab" : "conf_ba"]?.doubleValue)
            #expect(likely.basketCount(backward) == likely.basketCount(forward))
        }
    }

    private static func load() throws -> Baskets {
        var template = Array("/tmp/atelier-baskets-XXXXXX".utf8CString)
        let folder = String(cString: try #require(mkdtemp(&template)))
        defer {
            for name in ["shop.store", "shop.store-lock"] { unlink("\(folder)/\(name)") }
            rmdir(folder)
        }
        let store = try Store("\(folder)/shop.store")
        defer { store.close() }
        _ = try OnlineRetailImporter(database: store.database, catalog: .standard())
            .load("\(SharedData.folder)/data/online-retail-ii-2009-2010.csv.gz")
        return try BasketSource().baskets(in: store.database)
    }
}
