import BSON

/// Which rules are wanted of frequent sets.
public struct RuleMiner: Sendable {
    /// The least part of the baskets with the antecedent that hold the consequent too.
    public var minimumConfidence: DecimalRatio
    public var minimumLift: DecimalRatio?
    /// Whether consequents of several items are wanted; one otherwise.
    public var anyConsequent = false
    /// Numbers of items that every rule holds, on whichever side.
    public var containing: [UInt32] = []
    /// Numbers of items that every consequent holds.
    public var consequents: [UInt32] = []
    public var monitor = MiningMonitor()
    public var budget: MemoryBudget

    public init(minimumConfidence: DecimalRatio, budget: MemoryBudget = MemoryBudget(limit: .max)) {
        self.minimumConfidence = minimumConfidence
        self.budget = budget
    }

    /// The rules, in the order of the sets' tree.
    ///
    /// - Throws: `queryExceededMemory`; what the monitor throws.
    /// - Complexity: O(items of all sets) for single consequents; for others as many subsets as are confident enough.
    public func rules(of sets: FrequentSets) throws -> RuleList {
        var mining = RuleMining(self, sets)
        defer { mining.finish() }
        try mining.run()
        return mining.result
    }
}

/// One run of a `RuleMiner`.
private struct RuleMining {
    var result: RuleList
    private let options: RuleMiner
    private let sets: FrequentSets
    private let database: MiningDatabase
    private let walk: SubsetWalk
    /// The ranks of the set at hand, which the walk changes.
    private let path: UnsafeMutablePointer<UInt32>
    private let total: UInt32
    private var taken = 0
    /// Of the set at hand: its items in order, and for each of its ranks the item's place among them.
    private let items: UnsafeMutablePointer<UInt32>
    private let places: UnsafeMutablePointer<UInt64>
    private let scratch: UnsafeMutablePointer<UInt32>
    private var isSetAppended = false

    init(_ options: RuleMiner, _ sets: FrequentSets) {
        self.options = options
        self.sets = sets
        database = sets.database
        walk = SubsetWalk(sets, options.monitor)
        path = walk.path
        result = RuleList(basketCount: sets.basketCount)
        total = UInt32(sets.basketCount)
        items = .allocate(capacity: SubsetWalk.maximumSize)
        places = .allocate(capacity: SubsetWalk.maximumSize)
        scratch = .allocate(capacity: SubsetWalk.maximumSize)
    }

    mutating func finish() {
        walk.free()
        items.deallocate()
        places.deallocate()
        scratch.deallocate()
        options.budget.give(taken)
    }

    mutating func run() throws {
        var walk = walk
        try walk.forEachSet { node, size, subsets in
            guard size > 1 else { return }
            isSetAppended = false
            let both = node.pointee.count
            if options.anyConsequent {
                try extend(consequent: 0, from: 0, size: size, both: both)
                return
            }
            for index in 0..<size {
                let antecedent = subsets[index].pointee.count
                guard options.minimumConfidence.isReached(by: both, of: antecedent) else { continue }
                let consequent = database.counts[Int(path[index])]
                try offer(1 << UInt64(index), size, RuleMeasures(both, antecedent, consequent, total))
            }
        }
    }

    /// Offers the rules whose consequent has the ranks of a mask and one more, and grows those consequents. An antecedent
    /// that loses items is in more baskets: what is not confident enough never becomes so by growing.
    private mutating func extend(consequent: UInt64, from first: Int, size: Int, both: UInt32) throws {
        for index in first..<size {
            let mask = consequent | 1 << UInt64(index)
            guard mask.nonzeroBitCount < size else { return }
            guard let antecedent = count(mask, inMask: false, size),
                options.minimumConfidence.isReached(by: both, of: antecedent)
            else { continue }
            guard let consequentCount = count(mask, inMask: true, size) else { continue }
            try offer(mask, size, RuleMeasures(both, antecedent, consequentCount, total))
            try extend(consequent: mask, from: index + 1, size: size, both: both)
        }
    }

    /// How many baskets hold the part of the set that is in the mask, or the other part.
    private func count(_ mask: UInt64, inMask: Bool, _ size: Int) -> UInt32? {
        var count = 0
        for index in 0..<size where (mask >> UInt64(index) & 1 == 1) == inMask {
            scratch[count] = path[index]
            count += 1
        }
        return sets.basketCount(of: UnsafeBufferPointer(start: scratch, count: count))
    }

    /// Takes a rule that is confident enough, unless it fails another wish.
    ///
    /// - Parameter mask: the ranks of the consequent.
    private mutating func offer(_ mask: UInt64, _ size: Int, _ measures: RuleMeasures) throws {
        if let least = options.minimumLift {
            let (together, apart) = (
                UInt64(measures.both) * UInt64(total), UInt64(measures.antecedent) * UInt64(measures.consequent)
            )
            guard least.isReached(by: together, of: apart) else { return }
        }
        guard isWanted(mask, size) else { return }
        if !isSetAppended {
            sortItems(size)
            result.append(set: UnsafeBufferPointer(start: items, count: size))
            isSetAppended = true
        }
        var placed: UInt64 = 0
        for index in 0..<size where mask >> UInt64(index) & 1 == 1 { placed |= places[index] }
        result.append(placed, size: size, measures)
        if result.count & 4095 == 1 {
            try options.monitor.check()
            let needed = result.memory - taken
            if needed > 0 {
                try options.budget.take(needed)
                taken += needed
            }
        }
    }

    private func isWanted(_ mask: UInt64, _ size: Int) -> Bool {
        func holds(_ item: UInt32, _ mask: UInt64) -> Bool {
            (0..<size).contains { mask >> UInt64($0) & 1 == 1 && database.items[Int(path[$0])] == item }
        }
        return options.containing.allSatisfy { holds($0, .max) } && options.consequents.allSatisfy { holds($0, mask) }
    }

    /// Puts the items of the set at hand in order.
    private func sortItems(_ size: Int) {
        for index in 0..<size {
            let item = database.items[Int(path[index])]
            var place = index
            while place > 0 && items[place - 1] > item {
                items[place] = items[place - 1]
                place -= 1
            }
            items[place] = item
        }
        for index in 0..<size {
            let item = database.items[Int(path[index])]
            var place = 0
            while items[place] != item { place += 1 }
            places[index] = 1 << UInt64(place)
        }
    }
}
