import BSON

/// The baskets as mining reads them: only frequent items, numbered from the rarest to the most frequent (their rank).
///
/// Rows of ranks lie one after the other, ascending within a row, so that what may extend an item in a row is what
/// follows it. Each item has the list of its places in those rows. Rows of one item are gone: they extend nothing.
final class MiningDatabase: @unchecked Sendable {  // Invariant: nothing changes after `init`.
    /// An item's place in a row, and where that row ends.
    struct Place {
        var next: UInt32
        var end: UInt32
    }

    /// Of all baskets, also those that have no frequent item.
    let basketCount: Int
    let minimumCount: UInt32
    /// For each rank the item's number in `Baskets.items`, and how many baskets have it.
    let items: [UInt32]
    let counts: [UInt32]

    let rows: UnsafeMutablePointer<UInt32>
    let places: UnsafeMutablePointer<Place>
    /// Where each rank's places begin; one more for the end.
    let placeStarts: [Int]
    private let budget: MemoryBudget
    private let bytes: Int

    var itemCount: Int { items.count }

    /// - Complexity: O(entries + items · log items).
    init(_ baskets: Baskets, minimumCount: Int, _ budget: MemoryBudget) throws {
        guard baskets.entries.count < Int(UInt32.max), baskets.count < Int(UInt32.max) else {
            throw AtelierError(.badValue, "more than four billion items in baskets", advice: "Mine a part of them.")
        }
        basketCount = baskets.count
        self.minimumCount = UInt32(clamping: max(1, minimumCount))
        self.budget = budget
        var frequencies = [UInt32](repeating: 0, count: baskets.items.count)
        for entry in baskets.entries { frequencies[Int(entry)] += 1 }
        let least = self.minimumCount
        items = frequencies.indices.filter { frequencies[$0] >= least }
            .sorted { frequencies[$0] != frequencies[$1] ? frequencies[$0] < frequencies[$1] : $0 < $1 }
            .map { UInt32($0) }
        counts = items.map { frequencies[Int($0)] }
        let isFrequent = frequencies.map { $0 >= least }

        // Which rows there will be, and how many of each rank's places.
        var rowEnds: [UInt32] = []
        var rowOfBasket = [UInt32](repeating: .max, count: baskets.count)
        var sizes = [Int](repeating: 0, count: baskets.items.count)
        var total = 0
        for basket in 0..<baskets.count {
            let range = baskets.starts[basket]..<baskets.starts[basket + 1]
            let size = range.reduce(0) { $0 + (isFrequent[Int(baskets.entries[$1])] ? 1 : 0) }
            guard size > 1 else { continue }
            for index in range { sizes[Int(baskets.entries[index])] += 1 }
            rowOfBasket[basket] = UInt32(rowEnds.count)
            total += size
            rowEnds.append(UInt32(total))
        }
        bytes = total * (MemoryLayout<UInt32>.stride + MemoryLayout<Place>.stride)
        try budget.take(bytes + 8 * (rowEnds.count + baskets.count))
        defer { budget.give(8 * (rowEnds.count + baskets.count)) }
        rows = .allocate(capacity: max(1, total))
        places = .allocate(capacity: max(1, total))

        // The rows of each item, in the order of ranks; then the items of each row, which are in order by that.
        var starts = [0]
        var rank = [Int](repeating: -1, count: baskets.items.count)
        for (index, item) in items.enumerated() {
            rank[Int(item)] = index
            starts.append(starts[index] + sizes[Int(item)])
        }
        placeStarts = starts
        for basket in 0..<baskets.count where rowOfBasket[basket] != .max {
            for index in baskets.starts[basket]..<baskets.starts[basket + 1] {
                let rank = rank[Int(baskets.entries[index])]
                guard rank >= 0 else { continue }
                places[starts[rank]] = Place(next: rowOfBasket[basket], end: 0)
                starts[rank] += 1
            }
        }
        var positions: [UInt32] = []
        positions.reserveCapacity(rowEnds.count)
        for row in rowEnds.indices { positions.append(row == 0 ? 0 : rowEnds[row - 1]) }
        for rank in items.indices {
            for place in placeStarts[rank]..<placeStarts[rank + 1] {
                let row = Int(places[place].next)
                let position = positions[row]
                rows[Int(position)] = UInt32(rank)
                positions[row] = position + 1
                places[place] = Place(next: position + 1, end: rowEnds[row])
            }
        }
    }

    deinit {
        rows.deallocate()
        places.deallocate()
        budget.give(bytes)
    }
}
