import BSON
import Baskets
import Glibc

/// One question to a file of baskets.
struct Workload {
    let file: String
    let baskets: Baskets
    let support: DecimalRatio
    /// Nil for sets instead of rules.
    let confidence: DecimalRatio?

    init(file: String, support: String, confidence: String) throws {
        self.file = file
        baskets = try Baskets(file: file)
        self.support = try DecimalRatio(support)
        self.confidence = confidence == "-" ? nil : try DecimalRatio(confidence)
    }

    /// Prints a line: threads, number of results, their digest, and the least of the times in milliseconds.
    func run(rounds: Int, threads: Int) throws {
        var best = Double.infinity
        var (count, digest): (Int, UInt64) = (0, 0)
        for _ in 0..<rounds {
            let start = now()
            let sets = try ItemsetMiner(threshold: .support(support), threads: threads).mine(baskets)
            if let confidence {
                let rules = try RuleMiner(minimumConfidence: confidence).rules(of: sets)
                best = min(best, now() - start)
                (count, digest) = (rules.count, self.digest(rules))
            } else {
                let list = try sets.list()
                best = min(best, now() - start)
                (count, digest) = (list.count, self.digest(list))
            }
        }
        print("\(threads) \(count) \(String(digest, radix: 16)) \(best * 1000)")
    }

    private func digest(_ list: SetList) -> UInt64 {
        (0..<list.count).reduce(0) { sum, index in
            sum &+ line(list.items(index), list.basketCount(index))
        }
    }

    private func digest(_ rules: RuleList) -> UInt64 {
        (0..<rules.count).reduce(0) { sum, index in
            sum &+ line(rules.antecedent(index) + [.max] + rules.consequent(index), rules.basketCount(index))
        }
    }

    /// FNV-1a of the items' texts, `=>` between the sides of a rule, and the count, one a line. The digest of a result is the
    /// sum over its lines, whatever their order.
    private func line(_ numbers: some Sequence<UInt32>, _ count: Int) -> UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        func add(_ text: String) {
            for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
            hash = (hash ^ 10) &* 0x100_0000_01B3
        }
        for number in numbers { add(number == .max ? "=>" : baskets.items[Int(number)].stringValue ?? "") }
        add(String(count))
        return hash
    }

    private func now() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}
