import Baskets

/// What mining has to find, by trying every set of items: the oracle of the property tests.
struct NaiveMiner {
    let baskets: [Set<Int>]
    let items: [Int]

    init(_ baskets: [[Int]]) {
        self.baskets = baskets.map(Set.init).filter { !$0.isEmpty }
        items = Set(baskets.joined()).sorted()
    }

    func count(_ set: Set<Int>) -> Int { baskets.count { set.isSubset(of: $0) } }

    /// All sets in at least so many baskets, with their counts.
    func sets(_ least: Int) -> [Set<Int>: Int] {
        var result: [Set<Int>: Int] = [:]
        func extend(_ set: Set<Int>, from index: Int) {
            for next in index..<max(index, items.count) {
                let larger = set.union([items[next]])
                let count = count(larger)
                guard count >= least else { continue }
                result[larger] = count
                extend(larger, from: next + 1)
            }
        }
        extend([], from: 0)
        return result
    }

    func closed(_ sets: [Set<Int>: Int]) -> Set<Set<Int>> {
        Set(sets.filter { set, count in !sets.contains { $0.value == count && set.isStrictSubset(of: $0.key) } }.keys)
    }

    func maximal(_ sets: [Set<Int>: Int]) -> Set<Set<Int>> {
        Set(sets.keys.filter { set in !sets.keys.contains { set.isStrictSubset(of: $0) } })
    }

    struct Rule: Hashable {
        let antecedent: Set<Int>
        let consequent: Set<Int>
        let count: Int
    }

    /// The rules that hold in at least `numerator` of `denominator` baskets with their antecedent.
    func rules(_ sets: [Set<Int>: Int], _ numerator: Int, of denominator: Int, any: Bool) -> Set<Rule> {
        var rules: Set<Rule> = []
        for (set, count) in sets where set.count > 1 {
            let items = set.sorted()
            for mask in 1..<((1 << items.count) - 1) {
                let consequent = Set(items.indices.filter { mask >> $0 & 1 == 1 }.map { items[$0] })
                guard any || consequent.count == 1 else { continue }
                let antecedent = set.subtracting(consequent)
                if count * denominator >= numerator * self.count(antecedent) {
                    rules.insert(Rule(antecedent: antecedent, consequent: consequent, count: count))
                }
            }
        }
        return rules
    }
}
