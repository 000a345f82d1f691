import BSON

/// Puts baskets together, item by item.
public struct BasketBuilder {
    private let limit: BasketSizeLimit?
    private var items: [BSONValue] = []
    /// The numbers of items with the same hash.
    private var numbers: [UInt64: [UInt32]] = [:]
    private var starts = [0]
    private var entries: [UInt32] = []
    /// For each item the last basket that has it, to see repetitions.
    private var lastBasket: [Int] = []
    private var basketNumber = 0
    private var remarks = Baskets.Remarks()

    public init(limit: BasketSizeLimit? = nil) { self.limit = limit }

    /// Puts an item into the basket at hand. Equal items are one, whatever their number's type.
    public mutating func add(_ item: ValueView) {
        var hasher = ValueHasher()
        item.hash(into: &hasher)
        let hash = hasher.finish()
        let number: UInt32
        if let known = numbers[hash]?.first(where: { items[Int($0)].withValue { $0.equals(item) } }) {
            number = known
        } else {
            number = UInt32(items.count)
            items.append(BSONValue(copying: item))
            lastBasket.append(-1)
            numbers[hash, default: []].append(number)
        }
        guard lastBasket[Int(number)] != basketNumber else { return }
        lastBasket[Int(number)] = basketNumber
        entries.append(number)
    }

    /// Ends the basket at hand.
    ///
    /// - Parameter place: says where it came from, should it be refused.
    /// - Throws: `badValue` where it is over the limit and the policy is to fail.
    public mutating func endBasket(at place: @autoclosure () -> String) throws {
        basketNumber += 1
        let size = entries.count - starts[starts.count - 1]
        guard size > 0 else {
            remarks.empty += 1
            return
        }
        remarks.largest = max(remarks.largest, size)
        if let limit, size > limit.items {
            remarks.giant += 1
            switch limit.policy {
            case .fail:
                throw AtelierError(
                    .badValue, "a basket has \(size) items, more than the \(limit.items) allowed", at: place(),
                    advice: "Skip or truncate such baskets, or allow more items.")
            case .skip:
                entries.removeLast(size)
                return
            case .truncate: break  // All baskets have to be counted first.
            }
        }
        starts.append(entries.count)
    }

    /// The baskets, with their items in order.
    public consuming func finish() -> Baskets {
        if let limit, limit.policy == .truncate, remarks.giant > 0 { truncate(to: limit.items) }
        // Items that only skipped baskets had are gone.
        var isUsed = [Bool](repeating: false, count: items.count)
        for entry in entries { isUsed[Int(entry)] = true }
        let order = items.indices.filter { isUsed[$0] }.sorted(by: precedes)
        var renumbered = [UInt32](repeating: 0, count: items.count)
        for (new, old) in order.enumerated() { renumbered[old] = UInt32(new) }
        for index in entries.indices { entries[index] = renumbered[Int(entries[index])] }
        return Baskets(items: order.map { items[$0] }, starts: starts, entries: entries, remarks: remarks)
    }

    private func precedes(_ a: Int, _ b: Int) -> Bool {
        items[a].withValue { first in items[b].withValue { first.compare($0) < 0 } }
    }

    /// Cuts the baskets that are over the limit to the items that most baskets have; of equal ones, to the first in order.
    private mutating func truncate(to size: Int) {
        var counts = [Int](repeating: 0, count: items.count)
        for entry in entries { counts[Int(entry)] += 1 }
        var (kept, newStarts): ([UInt32], [Int]) = ([], [0])
        for index in 1..<starts.count {
            var basket = entries[starts[index - 1]..<starts[index]]
            if basket.count > size {
                basket.sort { a, b in
                    let (first, second) = (counts[Int(a)], counts[Int(b)])
                    return first != second ? first > second : precedes(Int(a), Int(b))
                }
                basket = basket.prefix(size)
            }
            kept += basket
            newStarts.append(kept.count)
        }
        entries = kept
        starts = newStarts
    }
}
