import BSON

/// Frequent sets one after the other, each with its items in order.
public struct SetList: Sendable {
    /// Which sets are listed.
    public enum Kind: String, Sendable, CaseIterable {
        case all
        /// Those of which no larger set has the same count: together they tell the count of every frequent set.
        case closed
        /// Those of which no larger set is frequent: together they tell which sets are.
        case maximal
    }

    /// What a list is sorted by; ties by count, then by items.
    public enum Order: String, Sendable, CaseIterable {
        case count, size, items
    }

    /// The numbers of the items of all sets.
    private(set) var arena: [UInt32] = []
    private(set) var entries: [Entry] = []
    public let basketCount: Int

    struct Entry: BitwiseCopyable, Sendable {
        let start: Int
        let count: UInt32
        let size: UInt32
    }

    init(basketCount: Int) { self.basketCount = basketCount }

    public var count: Int { entries.count }
    /// The numbers of a set's items, in order.
    public func items(_ index: Int) -> ArraySlice<UInt32> {
        arena[entries[index].start..<(entries[index].start + Int(entries[index].size))]
    }
    /// How many baskets hold the set.
    public func basketCount(_ index: Int) -> Int { Int(entries[index].count) }

    fileprivate mutating func append(_ items: UnsafeBufferPointer<UInt32>, count: UInt32) {
        entries.append(Entry(start: arena.count, count: count, size: UInt32(items.count)))
        arena.append(contentsOf: items)
    }

    /// Sorts as asked; keeps the first `limit` where there is one.
    public mutating func sort(by order: Order, limit: Int? = nil) {
        arena.withUnsafeBufferPointer { arena in
            entries.sort { a, b in
                if order == .size && a.size != b.size { return a.size > b.size }
                if order != .items && a.count != b.count { return a.count > b.count }
                return precedes(arena, a.start, Int(a.size), b.start, Int(b.size))
            }
        }
        if let limit, limit < entries.count { entries.removeLast(entries.count - limit) }
    }
}

/// The order of two runs of numbers: by the first that differ, the shorter first where none do.
func precedes(_ arena: UnsafeBufferPointer<UInt32>, _ a: Int, _ aCount: Int, _ b: Int, _ bCount: Int) -> Bool {
    for index in 0..<min(aCount, bCount) where arena[a + index] != arena[b + index] {
        return arena[a + index] < arena[b + index]
    }
    return aCount < bCount
}

extension FrequentSets {
    /// The sets as a list, in the order of the tree.
    ///
    /// - Parameters:
    ///   - sizes: how many items the listed sets have. For closed and maximal ones, sets one item larger must have been
    ///     mined.
    ///   - containing: numbers of items that every listed set holds.
    /// - Throws: `queryExceededMemory`; what the monitor throws.
    public func list(
        _ kind: SetList.Kind = .all, sizes: ClosedRange<Int> = 1...Int.max, containing: [UInt32] = [],
        monitor: MiningMonitor = MiningMonitor(), budget: MemoryBudget = MemoryBudget(limit: .max)
    ) throws -> SetList {
        if kind != .all { try markSubsets(monitor) }
        let mark = kind == .closed ? SetNode.isNotClosed : kind == .maximal ? SetNode.isNotMaximal : 0
        var listing = Listing(self, mark: mark, sizes: sizes, containing: containing, monitor, budget)
        defer { listing.free() }
        for root in roots { try listing.visit(root, 0) }
        return listing.result
    }
}

/// A walk down the tree that keeps the items of the set at hand in order.
private struct Listing {
    var result: SetList
    private let items: [UInt32]
    private let mark: UInt32
    private let sizes: ClosedRange<Int>
    private let containing: [UInt32]
    private let monitor: MiningMonitor
    private let budget: MemoryBudget
    private var taken = 0
    /// For each size, the items of the set at hand with so many, in order.
    private let sorted: UnsafeMutablePointer<UInt32>

    init(
        _ sets: FrequentSets, mark: UInt32, sizes: ClosedRange<Int>, containing: [UInt32], _ monitor: MiningMonitor,
        _ budget: MemoryBudget
    ) {
        result = SetList(basketCount: sets.basketCount)
        items = sets.database.items
        self.mark = mark
        self.sizes = sizes
        self.containing = containing
        self.monitor = monitor
        self.budget = budget
        sorted = .allocate(capacity: SubsetWalk.maximumSize * SubsetWalk.maximumSize)
    }

    func free() {
        sorted.deallocate()
        budget.give(taken)
    }

    mutating func visit(_ node: UnsafeMutablePointer<SetNode>, _ depth: Int) throws {
        // The item goes to its place among those of the parent.
        let own = sorted + depth * SubsetWalk.maximumSize
        let item = items[Int(node.pointee.rank)]
        var place = 0
        if depth > 0 {
            let above = own - SubsetWalk.maximumSize
            while place < depth && above[place] < item {
                own[place] = above[place]
                place += 1
            }
            for index in place..<depth { own[index + 1] = above[index] }
        }
        own[place] = item
        if sizes.contains(depth + 1) && (mark == 0 || !node.pointee.has(mark)) {
            let set = UnsafeBufferPointer(start: own, count: depth + 1)
            if containing.isEmpty || containing.allSatisfy(set.contains) { try append(set, node.pointee.count) }
        }
        let count = node.pointee.childCount
        guard count > 0, depth + 1 < sizes.upperBound else { return }
        let children = node.firstChild
        for child in children..<(children + count) { try visit(child, depth + 1) }
    }

    private mutating func append(_ set: UnsafeBufferPointer<UInt32>, _ count: UInt32) throws {
        if result.count & 4095 == 0 {
            try monitor.check()
            let needed = (result.arena.capacity * 4 + result.entries.capacity * 16) - taken
            if needed > 0 {
                try budget.take(needed)
                taken += needed
            }
        }
        result.append(set, count: count)
    }
}
