/// A frequent set in the tree of all of them: its last item; the others are on the way from the root.
///
/// The children of a node lie side by side, in the order of their ranks, somewhere behind it. Where they lie is told as
/// a distance, so that a tree may be copied as bytes.
struct SetNode: BitwiseCopyable {
    var rank: UInt32
    /// How many baskets hold the set.
    var count: UInt32
    /// How far behind this node its first child is.
    var childDistance: UInt32 = 0
    /// How many children, and the marks in the upper bits.
    private var childCountAndMarks: UInt32 = 0

    /// There is a larger set with the same count.
    static let isNotClosed: UInt32 = 1 << 31
    /// There is a larger frequent set.
    static let isNotMaximal: UInt32 = 1 << 30

    init(rank: UInt32, count: UInt32) {
        self.rank = rank
        self.count = count
    }

    @inline(__always)
    var childCount: Int { Int(childCountAndMarks & (SetNode.isNotMaximal - 1)) }

    mutating func setChildren(distance: Int, count: Int) {
        childDistance = UInt32(distance)
        childCountAndMarks = UInt32(count)
    }

    mutating func mark(_ mark: UInt32) { childCountAndMarks |= mark }
    func has(_ mark: UInt32) -> Bool { childCountAndMarks & mark != 0 }
}

extension UnsafeMutablePointer<SetNode> {
    /// The node's first child; only where it has one.
    @inline(__always)
    var firstChild: UnsafeMutablePointer<SetNode> { self + Int(pointee.childDistance) }
}
