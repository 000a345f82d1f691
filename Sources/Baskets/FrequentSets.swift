import BSON

// Invariant: the marks are set in `init` or by one caller before others read.
/// All sets of items that enough baskets hold, as a tree: 16 bytes a set.
///
/// Which sets there are does not depend on threads or machines.
public final class FrequentSets: @unchecked Sendable {
    /// How many sets there are.
    public let count: Int
    /// How many baskets were mined.
    public var basketCount: Int { database.basketCount }
    /// How many baskets a set needs.
    public var minimumCount: Int { Int(database.minimumCount) }

    let database: MiningDatabase
    /// The trees: by rank, the sets whose rarest item that is.
    let roots: [UnsafeMutablePointer<SetNode>]
    private var buffers: [CountedBuffer<SetNode>]

    init(
        database: MiningDatabase, roots: [UnsafeMutablePointer<SetNode>], count: Int,
        buffers: [CountedBuffer<SetNode>]
    ) {
        self.database = database
        self.roots = roots
        self.count = count
        self.buffers = buffers
    }

    deinit { for index in buffers.indices { buffers[index].free() } }

    /// Marks the sets that have a larger one, with the same count or with any.
    func markSubsets(_ monitor: MiningMonitor) throws {
        try withExtendedLifetime(self) {
            var walk = SubsetWalk(self, monitor)
            defer { walk.free() }
            try walk.forEachSet { node, size, subsets in
                guard size > 1 else { return }
                for index in 0..<size {
                    subsets[index].pointee.mark(SetNode.isNotMaximal)
                    if subsets[index].pointee.count == node.pointee.count {
                        subsets[index].pointee.mark(SetNode.isNotClosed)
                    }
                }
            }
        }
    }

    /// How many baskets hold all of these ranks, which ascend; nil where the set is not frequent.
    func basketCount(of ranks: UnsafeBufferPointer<UInt32>) -> UInt32? {
        var node = roots[Int(ranks[0])]
        for rank in ranks.dropFirst() {
            var (low, high) = (0, node.pointee.childCount)
            guard high > 0 else { return nil }
            let children = node.firstChild
            while low < high {
                let middle = (low + high) / 2
                if children[middle].rank < rank { low = middle + 1 } else { high = middle }
            }
            guard low < node.pointee.childCount, children[low].rank == rank else { return nil }
            node = children + low
        }
        return node.pointee.count
    }
}

/// Visits every frequent set with its subsets that lack one item.
///
/// The subsets of a node's child are children of the node's subsets, in the same order: each step forward in one list of
/// children is a step forward in the others, so that finding them costs next to nothing.
struct SubsetWalk {
    typealias Node = UnsafeMutablePointer<SetNode>

    private let sets: FrequentSets
    private let monitor: MiningMonitor
    /// The ranks of the set at hand.
    let path: UnsafeMutablePointer<UInt32>
    /// For each size, the subsets: the k-th lacks the k-th item.
    private let subsets: UnsafeMutablePointer<Node>
    private let cursors: UnsafeMutablePointer<Node>
    private var untilCheck = 0

    /// No frequent set has as many items: its subsets would not fit any memory.
    static let maximumSize = 64

    init(_ sets: FrequentSets, _ monitor: MiningMonitor) {
        self.sets = sets
        self.monitor = monitor
        let size = SubsetWalk.maximumSize
        path = .allocate(capacity: size)
        subsets = .allocate(capacity: size * size)
        cursors = .allocate(capacity: size * size)
    }

    func free() {
        path.deallocate()
        subsets.deallocate()
        cursors.deallocate()
    }

    /// Calls the closure with each set's node, its size, and its subsets as many as it has items (none for one item).
    mutating func forEachSet(_ body: (_ node: Node, _ size: Int, _ subsets: UnsafeMutablePointer<Node>) throws -> Void)
        throws
    {
        for root in sets.roots {
            path[0] = root.pointee.rank
            try visit(root, 1, body)
        }
    }

    private mutating func visit(
        _ node: Node, _ size: Int, _ body: (Node, Int, UnsafeMutablePointer<Node>) throws -> Void
    ) throws {
        untilCheck -= 1
        if untilCheck < 0 {
            untilCheck = 4096
            try monitor.check()
        }
        let own = subsets + size * SubsetWalk.maximumSize
        try body(node, size, own)
        let childCount = node.pointee.childCount
        guard childCount > 0 else { return }
        let cursors = cursors + size * SubsetWalk.maximumSize
        let below = own + SubsetWalk.maximumSize
        if size > 1 { for index in 0..<size { cursors[index] = own[index].firstChild } }
        let children = node.firstChild
        for child in children..<(children + childCount) {
            let rank = child.pointee.rank
            path[size] = rank
            if size == 1 {
                below[0] = sets.roots[Int(rank)]
            } else {
                for index in 0..<size {
                    var cursor = cursors[index]
                    while cursor.pointee.rank < rank { cursor += 1 }
                    cursors[index] = cursor
                    below[index] = cursor
                }
            }
            below[size] = node
            try visit(child, size + 1, body)
        }
    }
}
