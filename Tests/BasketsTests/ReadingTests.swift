import BSON
import Baskets
import Testing

/// Files of baskets, decent and otherwise.
@Suite struct ReadingTests {
    private func read(_ text: String, limit: BasketSizeLimit? = nil) throws -> Baskets {
        try Baskets(lines: Array(text.utf8), named: "shop.txt", limit: limit)
    }

    private func counts(_ baskets: Baskets) throws -> [String: Int] {
        let list = try ItemsetMiner(threshold: .count(1), maximumSize: 1).mine(baskets).list()
        return Dictionary(
            uniqueKeysWithValues: (0..<list.count).map { index in
                (baskets.texts(list.items(index))[0], list.basketCount(index))
            })
    }

    @Test func itemsAreTrimmedAndCountOnce() throws {
        let baskets = try read("\u{FEFF} bread ,milk,bread\r\nmilk\t, \r\n\nünï, milk")
        #expect(baskets.count == 3)
        #expect(baskets.remarks.empty == 1)
        #expect(try counts(baskets) == ["bread": 1, "milk": 3, "ünï": 1])
    }

    @Test(arguments: ["", "\n", "\n\n", " , ,\n", ","])
    func nothingIsNoBasket(_ text: String) throws {
        let baskets = try read(text)
        #expect(baskets.count == 0)
        #expect(try ItemsetMiner(threshold: .support(ratio("0.5"))).mine(baskets).count == 0)
    }

    @Test func oneItemIsOneSet() throws {
        let sets = try mine(try read("tea"), "1")
        #expect(sets.count == 1)
        #expect(try RuleMiner(minimumConfidence: .zero).rules(of: sets).count == 0)
    }

    @Test(arguments: [[0x61, 0x0A, 0xFF, 0xFE], [0x61, 0x0A, 0x62, 0x00], [0x61, 0x0A, 0x1B, 0x5B]] as [[UInt8]])
    func whatIsNoTextIsRefusedWithItsLine(_ bytes: [UInt8]) {
        #expect {
            try Baskets(lines: bytes, named: "shop.txt")
        } throws: {
            ($0 as? AtelierError)?.location == "shop.txt:2"
        }
    }

    @Test func giantBasketsAreTreatedAsAsked() throws {
        let text = "a,b,c,d\na,b\nb,c\nc\n"
        let skipped = try read(text, limit: BasketSizeLimit(items: 3, policy: .skip))
        #expect(skipped.count == 3 && skipped.remarks.giant == 1 && skipped.remarks.largest == 4)
        #expect(try counts(skipped) == ["a": 1, "b": 2, "c": 2])
        // b and c are in three baskets each.
        let cut = try read(text, limit: BasketSizeLimit(items: 2, policy: .truncate))
        #expect(cut.count == 4 && cut.remarks.giant == 1)
        #expect(try counts(cut) == ["a": 1, "b": 3, "c": 3])
        #expect {
            try read(text, limit: BasketSizeLimit(items: 3, policy: .fail))
        } throws: {
            ($0 as? AtelierError)?.location == "shop.txt:1"
        }
    }

    @Test func equalNumbersAreOneItem() throws {
        var builder = BasketBuilder()
        for value in [ValueView.int32(7), .int64(7), .double(7), .double(7.5)] { builder.add(value) }
        try builder.endBasket(at: "")
        #expect(builder.finish().items.count == 2)
    }
}

/// Thresholds are what their text says.
@Suite struct ThresholdTests {
    @Test(arguments: [
        ("0.001", "0.001"), ("1e-3", "0.001"), ("0.1%", "0.001"), (".5", "0.5"), ("1", "1"), ("1.", "1"),
        ("0.50", "0.5"), ("12E1", "120"), ("0", "0"), ("0.000000000000000001", "0.000000000000000001"),
    ])
    func decimalsAreRead(_ text: String, _ expected: String) throws {
        #expect(try ratio(text).description == expected)
    }

    @Test(arguments: ["", ".", "-1", "+1", "1,5", "one", "1e", "1e5000", "0x1", "1.2.3", "nan", "1e-19", "%", " 1"])
    func otherTextsAreRefused(_ text: String) {
        #expect(throws: AtelierError.self) { try ratio(text) }
    }

    /// 0.07 × 100 is 7.000000000000001 in doubles.
    @Test func boundariesBelongToTheFrequent() throws {
        var lines = Array(repeating: "x", count: 93)
        lines += Array(repeating: "x,y", count: 7)
        let baskets = try Baskets(lines: Array(lines.joined(separator: "\n").utf8), named: "")
        let sets = try mine(baskets, "0.07")
        #expect(sets.minimumCount == 7)
        #expect(sets.count == 3)
        #expect(try mine(baskets, "0.0700000000000001").count == 1)
        #expect(try RuleMiner(minimumConfidence: ratio("0.07")).rules(of: sets).count == 2)
        #expect(try RuleMiner(minimumConfidence: ratio("0.07000000000000001")).rules(of: sets).count == 1)
    }

    @Test(arguments: [("512", 512), ("2k", 2048), ("3M", 3 << 20), ("1GiB", 1 << 30), ("1gb", 1 << 30)])
    func memoryIsRead(_ text: String, _ expected: Int) throws {
        #expect(try MemoryBudget.bytes(text) == expected)
    }

    @Test(arguments: ["", "k", "-1", "1X", "99999999999999999999", "9999999999T"])
    func otherMemoryIsRefused(_ text: String) {
        #expect(throws: AtelierError.self) { try MemoryBudget.bytes(text) }
    }
}

/// Explosions end with an error that says what to do, and whoever cancels is obeyed.
@Suite struct LimitTests {
    private func copies(of basket: String, _ count: Int) throws -> Baskets {
        try Baskets(lines: Array(Array(repeating: basket, count: count).joined(separator: "\n").utf8), named: "")
    }

    @Test(arguments: [30, 2000])
    func explosionsEndWithTheBudget(_ items: Int) throws {
        let baskets = try copies(of: (0..<items).map { "i\($0)" }.joined(separator: ","), 2)
        let budget = MemoryBudget(limit: 8 << 20)
        #expect {
            try ItemsetMiner(threshold: .count(2), budget: budget).mine(baskets)
        } throws: { error in
            let error = error as? AtelierError
            return error?.code == .queryExceededMemory && error?.advice != nil
        }
    }

    @Test func theBudgetCountsPairsToo() throws {
        let baskets = try copies(of: (0..<2000).map { "i\($0)" }.joined(separator: ","), 2)
        #expect(throws: AtelierError.self) {
            try ItemsetMiner(threshold: .count(2), maximumSize: 2, budget: MemoryBudget(limit: 8 << 20)).mine(baskets)
        }
        #expect(try ItemsetMiner(threshold: .count(2), maximumSize: 2).mine(baskets).count == 2000 + 2000 * 1999 / 2)
    }

    @Test func cancellingStops() throws {
        struct Enough: Error {}
        let baskets = try copies(of: (0..<24).map { "i\($0)" }.joined(separator: ","), 2)
        let monitor = MiningMonitor(check: { throw Enough() })
        #expect(throws: Enough.self) { try ItemsetMiner(threshold: .count(1), monitor: monitor).mine(baskets) }
        let sets = try ItemsetMiner(threshold: .count(1), maximumSize: 4).mine(baskets)
        var rules = RuleMiner(minimumConfidence: .zero)
        rules.monitor = monitor
        #expect(throws: Enough.self) { try rules.rules(of: sets) }
    }

    @Test func degenerateMeasuresAreDefined() {
        let always = RuleMeasures(both: 5, antecedent: 5, consequent: 5, total: 5)
        #expect(always.conviction == .infinity && always.zhang == 0 && always.lift == 1 && always.leverage == 0)
        let never = RuleMeasures(both: 0, antecedent: 2, consequent: 3, total: 5)
        #expect(never.zhang == -1 && never.lift == 0 && never.conviction == 0.4)
    }
}
