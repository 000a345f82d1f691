import BSON
import Baskets
import Glibc
import Platform
import Testing

/// Mining finds what trying everything finds, on baskets that a seed makes.
///
/// `ATELIER_TEST_SEED` replays one; it is in every message.
@Suite struct PropertyTests {
    static let seeds: [UInt64] =
        getenv("ATELIER_TEST_SEED").flatMap { UInt64(String(cString: $0)) }.map { [$0] }
        ?? (0..<60).map { _ in UInt64.random(in: 0...UInt64.max) }

    @Test(arguments: seeds)
    func setsAndRulesAreThoseOfTheNaiveMiner(_ seed: UInt64) throws {
        var numbers = SeededRandom(seed: seed)
        let given = PropertyTests.baskets(&numbers)
        let oracle = NaiveMiner(given)
        let baskets = try PropertyTests.build(given)
        #expect(baskets.count == oracle.baskets.count, "seed \(seed)")
        let least = Int.random(in: 1...max(1, oracle.baskets.count / 3), using: &numbers)
        let expected = oracle.sets(least)
        let sets = try ItemsetMiner(threshold: .count(least), threads: Int.random(in: 1...3, using: &numbers))
            .mine(baskets)

        func found(_ list: SetList) -> [Set<Int>: Int] {
            var result: [Set<Int>: Int] = [:]
            for index in 0..<list.count {
                let items = Array(list.items(index))
                #expect(items == items.sorted(), "seed \(seed)")
                result[Set(PropertyTests.values(items, baskets))] = list.basketCount(index)
            }
            #expect(result.count == list.count, "a set is listed twice; seed \(seed)")
            return result
        }
        #expect(found(try sets.list()) == expected, "seed \(seed), in at least \(least)")
        #expect(
            Set(found(try sets.list(.closed)).keys) == oracle.closed(expected), "seed \(seed), in at least \(least)")
        #expect(
            Set(found(try sets.list(.maximal)).keys) == oracle.maximal(expected), "seed \(seed), in at least \(least)")
        let size = Int.random(in: 1...4, using: &numbers)
        let limited = try ItemsetMiner(threshold: .count(least), maximumSize: size).mine(baskets)
        #expect(
            found(try limited.list()) == expected.filter { $0.key.count <= size },
            "seed \(seed), in at least \(least), of at most \(size)")

        // Tenths, so that confidences such as 8 of 10 lie on the boundary.
        let tenths = Int.random(in: 0...10, using: &numbers)
        for any in [false, true] {
            var miner = RuleMiner(minimumConfidence: try DecimalRatio(tenths == 10 ? "1" : "0.\(tenths)"))
            miner.anyConsequent = any
            let rules = try miner.rules(of: sets)
            var seen: Set<NaiveMiner.Rule> = []
            for index in 0..<rules.count {
                let rule = NaiveMiner.Rule(
                    antecedent: Set(PropertyTests.values(rules.antecedent(index), baskets)),
                    consequent: Set(PropertyTests.values(rules.consequent(index), baskets)),
                    count: rules.basketCount(index))
                seen.insert(rule)
                let measures = RuleMeasures(
                    both: oracle.count(rule.antecedent.union(rule.consequent)),
                    antecedent: oracle.count(rule.antecedent), consequent: oracle.count(rule.consequent),
                    total: oracle.baskets.count)
                #expect(rules.measures(index) == measures, "seed \(seed)")
            }
            #expect(seen.count == rules.count, "a rule is listed twice; seed \(seed)")
            #expect(
                seen == oracle.rules(expected, tenths, of: 10, any: any),
                "seed \(seed), in at least \(least), \(tenths) tenths, any consequent: \(any)")
        }
    }

    /// Enough rows for a matrix of several words a line, and for redrawing it.
    @Test(arguments: seeds.prefix(6))
    func manyBasketsAreCountedExactly(_ seed: UInt64) throws {
        var numbers = SeededRandom(seed: seed)
        let given = (0..<3000).map { _ in
            let common = Int.random(in: 0..<4, using: &numbers) > 0 ? [0, 1] : [0]
            return common + (2..<14).filter { _ in Int.random(in: 0..<14, using: &numbers) == 0 }
        }
        let oracle = NaiveMiner(given)
        let baskets = try PropertyTests.build(given)
        let list = try ItemsetMiner(threshold: .count(3)).mine(baskets).list()
        let expected = oracle.sets(3)
        #expect(list.count == expected.count, "seed \(seed)")
        for index in 0..<list.count {
            let set = Set(PropertyTests.values(Array(list.items(index)), baskets))
            #expect(expected[set] == list.basketCount(index), "seed \(seed)")
        }
    }

    /// The same baskets give the same list whatever their order, the order of their items, and the number of threads.
    @Test(arguments: seeds.prefix(10))
    func resultsAreInOneOrder(_ seed: UInt64) throws {
        var numbers = SeededRandom(seed: seed)
        let given = PropertyTests.baskets(&numbers)
        func answer(_ given: [[Int]], threads: Int) throws -> [[Int]] {
            let baskets = try PropertyTests.build(given)
            let sets = try ItemsetMiner(threshold: .count(2), threads: threads).mine(baskets)
            var rules = try RuleMiner(minimumConfidence: .zero).rules(of: sets)
            rules.sort(by: .lift)
            return (0..<rules.count).map { index in
                PropertyTests.values(rules.antecedent(index), baskets) + [-1]
                    + PropertyTests.values(rules.consequent(index), baskets)
            }
        }
        let first = try answer(given, threads: 1)
        let shuffled = given.shuffled(using: &numbers).map { $0.shuffled(using: &numbers) }
        #expect(try answer(shuffled, threads: 3) == first, "seed \(seed)")
    }

    private static func baskets(_ numbers: inout SeededRandom) -> [[Int]] {
        let items = Int.random(in: 1...9, using: &numbers)
        let density = Int.random(in: 1...9, using: &numbers)
        return (0..<Int.random(in: 1...80, using: &numbers)).map { _ in
            (0..<items).filter { _ in Int.random(in: 0..<10, using: &numbers) < density }
        }
    }

    private static func build(_ given: [[Int]]) throws -> Baskets {
        var builder = BasketBuilder()
        for (index, basket) in given.enumerated() {
            for item in basket { builder.add(.int32(Int32(item))) }
            try builder.endBasket(at: "basket \(index)")
        }
        return builder.finish()
    }

    private static func values(_ numbers: [UInt32], _ baskets: Baskets) -> [Int] {
        numbers.map { Int(baskets.items[Int($0)].integerValue ?? -1) }
    }
}
