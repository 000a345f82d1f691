import BSON

/// Rules X ⇒ Y one after the other: who buys X also buys Y.
public struct RuleList: Sendable {
    /// The numbers of the items of the sets that rules divide, in order.
    private(set) var arena: [UInt32] = []
    private(set) var entries: [Entry] = []
    public let basketCount: Int

    struct Entry: BitwiseCopyable, Sendable {
        let start: Int
        /// Which items of the set are the consequent, a bit each.
        let consequent: UInt64
        let measures: RuleMeasures
        let size: UInt32
    }

    init(basketCount: Int) { self.basketCount = basketCount }

    public var count: Int { entries.count }
    /// The numbers of the items that the rule starts from, in order.
    public func antecedent(_ index: Int) -> [UInt32] { items(entries[index], inConsequent: false) }
    /// The numbers of the items that the rule leads to, in order.
    public func consequent(_ index: Int) -> [UInt32] { items(entries[index], inConsequent: true) }
    public func measures(_ index: Int) -> RuleMeasures { entries[index].measures }
    /// How many baskets hold antecedent and consequent.
    public func basketCount(_ index: Int) -> Int { Int(entries[index].measures.both) }

    private func items(_ entry: Entry, inConsequent: Bool) -> [UInt32] {
        (0..<Int(entry.size)).filter { (entry.consequent >> UInt64($0) & 1 == 1) == inConsequent }
            .map { arena[entry.start + $0] }
    }

    /// Appends a set that rules are going to divide.
    mutating func append(set: UnsafeBufferPointer<UInt32>) { arena.append(contentsOf: set) }

    mutating func append(_ consequent: UInt64, size: Int, _ measures: RuleMeasures) {
        entries.append(
            Entry(start: arena.count - size, consequent: consequent, measures: measures, size: UInt32(size)))
    }

    var memory: Int { arena.capacity * 4 + entries.capacity * MemoryLayout<Entry>.stride }

    /// Sorts by a measure, the highest first; ties by count, then by the items of antecedent and consequent. Keeps the
    /// first `limit` where there is one.
    public mutating func sort(by measure: RuleMeasures.Name, limit: Int? = nil) {
        let keys = entries.map { $0.measures[measure] }
        var order = Array(entries.indices)
        order.sort { a, b in
            if keys[a] != keys[b] { return keys[a] > keys[b] }
            let (first, second) = (entries[a].measures.both, entries[b].measures.both)
            if first != second { return first > second }
            return isBefore(a, b)
        }
        if let limit, limit < order.count { order.removeLast(order.count - limit) }
        entries = order.map { entries[$0] }
    }

    private func isBefore(_ a: Int, _ b: Int) -> Bool {
        let (first, second) = (antecedent(a), antecedent(b))
        if first != second { return first.lexicographicallyPrecedes(second) }
        return consequent(a).lexicographicallyPrecedes(consequent(b))
    }
}
