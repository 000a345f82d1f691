import BSON

/// Baskets with their items as small numbers: what mining starts from.
///
/// Each basket is a set: an item counts once however often it was bought. A basket without items is none.
public struct Baskets: Sendable {
    /// What the numbers stand for, in BSON's order of values: lower number, earlier item.
    public let items: [BSONValue]
    /// Where each basket's items begin in `entries`, and the end of the last.
    let starts: [Int]
    /// The items' numbers.
    let entries: [UInt32]
    /// What was read and not mined as it stood.
    public let remarks: Remarks

    /// What became of baskets that are unlike the others.
    public struct Remarks: Sendable, Equatable {
        /// Lines or rows without any item.
        public var empty = 0
        /// Baskets above the size limit, which were left out or cut.
        public var giant = 0
        /// The largest basket's items, before any limit.
        public var largest = 0
    }

    /// How many baskets there are: what supports are parts of.
    public var count: Int { starts.count - 1 }

    /// The number of an item.
    public func number(of item: BSONValue) -> UInt32? {
        item.withValue { wanted in
            var (low, high) = (0, items.count)
            while low < high {
                let middle = (low + high) / 2
                let order = items[middle].withValue { $0.compare(wanted) }
                if order == 0 { return UInt32(middle) }
                if order < 0 { low = middle + 1 } else { high = middle }
            }
            return nil
        }
    }
}

/// What to do with baskets of more items than make sense: a reseller's order, a till that was never closed.
public struct BasketSizeLimit: Sendable, Equatable {
    public enum Policy: String, Sendable, CaseIterable {
        /// Leave the basket out, of the number of baskets as well.
        case skip
        /// Keep those of its items that most baskets hold.
        case truncate
        /// Refuse to mine.
        case fail
    }

    public let items: Int
    public let policy: Policy

    public init(items: Int, policy: Policy) {
        self.items = items
        self.policy = policy
    }
}
