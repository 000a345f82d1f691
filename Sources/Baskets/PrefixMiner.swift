import BSON
import Synchronization

/// Finds the frequent sets whose rarest item is given, for one item after the other: one thread's part of mining.
///
/// The rows that hold the item are read twice: once to count what else they hold, once to draw a bit matrix of the
/// frequent ones (a line for each item, a bit for each row). From there on sets grow depth first, by intersecting lines and
/// counting bits (M. J. Zaki, "Scalable algorithms for association mining", IEEE TKDE 12:3, 2000). The matrix only has
/// rows with two items or more, and is redrawn with fewer rows where few are left.
struct PrefixMiner: Sendable {
    private let database: MiningDatabase
    private let maximumSize: Int
    private let monitor: MiningMonitor
    private let minimumCount: UInt32
    private let budget: MemoryBudget
    /// The trees of the items mined so far.
    private(set) var nodes: CountedBuffer<SetNode>
    private(set) var nodeCount = 0

    private var bits: CountedBuffer<UInt64>
    private var bitsTop = 0
    /// By rank: how many of the item's rows hold it; zero between two items.
    private var tally: CountedBuffer<UInt32>
    /// By rank: the line of the matrix, or `noLine`.
    private var lineOfRank: CountedBuffer<UInt32>
    private var found: CountedBuffer<UInt32>
    private var positions: CountedBuffer<UInt32>
    private var untilCheck = 0
    /// The size of a set whose subsets alone, all of them frequent, are more than fit the budget.
    private let hopelessSize: Int

    /// Of an item that is not frequent together with the one at hand.
    private static let noLine = UInt32.max

    init(_ database: MiningDatabase, maximumSize: Int, monitor: MiningMonitor, budget: MemoryBudget) throws {
        self.database = database
        self.maximumSize = maximumSize
        self.monitor = monitor
        self.budget = budget
        minimumCount = database.minimumCount
        nodes = try CountedBuffer(capacity: 4096, budget)
        bits = try CountedBuffer(capacity: 4096, budget)
        let itemCount = max(1, database.itemCount)
        tally = try CountedBuffer(capacity: itemCount, budget)
        tally.base.initialize(repeating: 0, count: itemCount)
        lineOfRank = try CountedBuffer(capacity: itemCount, budget)
        lineOfRank.base.initialize(repeating: PrefixMiner.noLine, count: itemCount)
        found = try CountedBuffer(capacity: itemCount, budget)
        positions = try CountedBuffer(capacity: 1024, budget)
        let most = max(1, budget.limit / MemoryLayout<SetNode>.stride)
        hopelessSize = min(40, Int.bitWidth - most.leadingZeroBitCount)
    }

    /// Frees the trees as well.
    mutating func freeNodes() { nodes.free() }

    /// Frees what only mining needs; the trees stay.
    mutating func freeScratch() {
        bits.free()
        tally.free()
        lineOfRank.free()
        found.free()
        positions.free()
    }

    /// Appends the tree of the item with this rank and returns where it begins.
    mutating func mine(_ rank: Int) throws -> Int {
        try monitor.check()
        let root = nodeCount
        try nodes.reserve(nodeCount + 1)
        nodes.base[root] = SetNode(rank: UInt32(rank), count: database.counts[rank])
        nodeCount += 1
        guard maximumSize > 1 else { return root }
        let lines = try tallyRows(of: rank)
        guard lines > 0 else { return root }
        nodes.base[root].setChildren(distance: 1, count: lines)
        if lines > 1 && maximumSize > 2 {
            bitsTop = 0
            let (matrix, stride, words) = try drawMatrix(of: rank, lines: lines)
            if words > 0 {
                try extend(block: root + 1, lines: lines, matrix: matrix, stride: stride, words: words, size: 2)
            }
        }
        for line in 0..<lines { lineOfRank.base[Int(nodes.base[root + 1 + line].rank)] = PrefixMiner.noLine }
        return root
    }

    /// Counts what follows the item in its rows; appends a node for each frequent pair, and gives it a line.
    private mutating func tallyRows(of rank: Int) throws -> Int {
        let (rows, places, tally) = (database.rows, database.places, tally.base)
        for index in database.placeStarts[rank]..<database.placeStarts[rank + 1] {
            let place = places[index]
            for position in Int(place.next)..<Int(place.end) { tally[Int(rows[position])] &+= 1 }
        }
        var lines = 0
        for other in (rank + 1)..<max(rank + 1, database.itemCount) {
            if tally[other] >= minimumCount {
                found.base[lines] = UInt32(other)
                lines += 1
            } else {
                tally[other] = 0
            }
        }
        try nodes.reserve(nodeCount + lines)
        for line in 0..<lines {
            let other = Int(found.base[line])
            nodes.base[nodeCount + line] = SetNode(rank: UInt32(other), count: tally[other])
            tally[other] = 0
            lineOfRank.base[other] = UInt32(line)
        }
        nodeCount += lines
        return lines
    }

    /// Draws the rows that hold the item and at least two of the lines' items.
    ///
    /// - Returns: where the matrix begins in `bits`, how far its lines are apart, and how many words of them are used.
    private mutating func drawMatrix(of rank: Int, lines: Int) throws -> (matrix: Int, stride: Int, words: Int) {
        let range = database.placeStarts[rank]..<database.placeStarts[rank + 1]
        let stride = (range.count + 63) / 64
        try bits.reserve(lines * stride)
        bitsTop = lines * stride
        let (rows, places, lineOfRank, matrix) = (database.rows, database.places, lineOfRank.base, bits.base)
        matrix.initialize(repeating: 0, count: lines * stride)
        let found = found.base
        var row = 0
        for index in range {
            let place = places[index]
            var count = 0
            for position in Int(place.next)..<Int(place.end) {
                let line = lineOfRank[Int(rows[position])]
                found[count] = line
                count += line == PrefixMiner.noLine ? 0 : 1
            }
            guard count > 1 else { continue }
            let bit: UInt64 = 1 << UInt64(row & 63)
            for index in 0..<count { matrix[Int(found[index]) &* stride &+ row >> 6] |= bit }
            row += 1
        }
        return (0, stride, (row + 63) / 64)
    }

    /// Appends all that grows out of a block of nodes that differ in their last item only.
    ///
    /// - Parameters:
    ///   - block: the first of the nodes.
    ///   - lines: how many there are; line k of the matrix has the rows of node k.
    ///   - size: of the nodes' sets.
    private mutating func extend(block: Int, lines: Int, matrix: Int, stride: Int, words: Int, size: Int) throws {
        if size >= hopelessSize {
            throw budget.exceeded(
                "a set of \(size) items is frequent, and its subsets alone do not fit the budget of \(MemoryBudget.text(budget.limit))"
            )
        }
        for line in 0..<(lines - 1) {
            untilCheck -= 1
            if untilCheck < 0 {
                untilCheck = 256
                try monitor.check()
            }
            let rest = lines - 1 - line
            try nodes.reserve(nodeCount + rest)
            try bits.reserve(bitsTop + rest * words)
            let children = nodeCount
            var kept = 0
            do {
                let (nodes, first) = (nodes.base, bits.base + matrix + line &* stride)
                var (other, result) = (first, bits.base + bitsTop)
                for index in 1...rest {
                    other += stride
                    let count = PrefixMiner.intersect(first, other, into: result, words)
                    guard count >= minimumCount else { continue }
                    nodes[children + kept] = SetNode(rank: nodes[block + line + index].rank, count: count)
                    result += words
                    kept += 1
                }
            }
            guard kept > 0 else { continue }
            nodes.base[block + line].setChildren(distance: children - block - line, count: kept)
            nodeCount += kept
            if kept > 1 && size + 1 < maximumSize {
                let top = bitsTop
                var width = words
                let needed = (Int(nodes.base[block + line].count) + 63) / 64
                bitsTop += kept * words
                if words >= 4 * needed && kept > 3 {
                    width = try redraw(
                        rowsOf: matrix + line * stride, lines: kept, matrix: top, words: words, capacity: needed)
                }
                try extend(block: children, lines: kept, matrix: top, stride: width, words: width, size: size + 1)
                bitsTop = top
            }
        }
    }

    @inline(__always)
    private static func intersect(
        _ a: UnsafeMutablePointer<UInt64>, _ b: UnsafeMutablePointer<UInt64>, into result: UnsafeMutablePointer<UInt64>,
        _ words: Int
    ) -> UInt32 {
        var count = 0
        for word in 0..<words {
            let both = a[word] & b[word]
            result[word] = both
            count &+= both.nonzeroBitCount
        }
        return UInt32(truncatingIfNeeded: count)
    }

    /// Redraws lines in place with only the rows of another line.
    ///
    /// - Returns: the words of a line from now on.
    private mutating func redraw(rowsOf line: Int, lines: Int, matrix: Int, words: Int, capacity: Int) throws -> Int {
        try positions.reserve(capacity * 64)
        let (bits, positions) = (bits.base, positions.base)
        var count = 0
        for word in 0..<words {
            var rest = bits[line + word]
            while rest != 0 {
                positions[count] = UInt32(word << 6 + rest.trailingZeroBitCount)
                count += 1
                rest &= rest - 1
            }
        }
        let width = max(1, (count + 63) / 64)
        for index in 0..<lines {
            let (source, target) = (bits + matrix + index * words, bits + matrix + index * width)
            for word in 0..<width {
                var drawn: UInt64 = 0
                let last = min(count, word * 64 + 64)
                for position in (word * 64)..<last {
                    let row = Int(positions[position])
                    drawn |= (source[row >> 6] >> UInt64(row & 63) & 1) << UInt64(position & 63)
                }
                target[word] = drawn
            }
        }
        return width
    }
}
