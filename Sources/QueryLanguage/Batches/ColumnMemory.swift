import BSON
import Synchronization

/// How much memory columns may take that are kept from one query to the next. Shared by all of a store's.
public final class ColumnBudget: Sendable {
    private let used = Atomic(0)
    private let maximumBytes: Int

    public init(maximumBytes: Int) { self.maximumBytes = maximumBytes }

    public var isExhausted: Bool { used.load(ordering: .relaxed) >= maximumBytes }

    fileprivate func take(_ byteCount: Int) { used.add(byteCount, ordering: .relaxed) }
    fileprivate func giveBack(_ byteCount: Int) { used.subtract(byteCount, ordering: .relaxed) }
}

/// Where the columns of a run of documents lie: in the arena of the batch at hand, or in memory of their own.
final class ColumnMemory {
    /// The arena of the batch at hand; of columns that are kept, where the bytes of their values are brought together.
    let arena: Arena
    /// Nil for columns that go with their batch.
    let budget: ColumnBudget?
    private var allocations: [UnsafeMutableRawPointer] = []
    private var taken = 0

    init(_ arena: Arena, keptWithin budget: ColumnBudget? = nil) {
        (self.arena, self.budget) = (arena, budget)
        if let budget {
            taken = arena.reservedBytes
            budget.take(taken)
        }
    }

    deinit {
        for allocation in allocations { allocation.deallocate() }
        budget?.giveBack(taken)
    }

    var isKept: Bool { budget != nil }

    var hasRoom: Bool { !(budget?.isExhausted ?? false) }

    /// This memory, as long as it may grow; else the batch's.
    func whileThereIsRoom(_ scope: Scope) -> ColumnMemory { hasRoom ? self : ColumnMemory(scope.arena) }

    /// Uninitialised memory for trivial values.
    func vector<T>(of type: T.Type, _ count: Int) -> UnsafeMutablePointer<T> {
        guard let budget else { return arena.vector(of: type, count) }
        let size = max(1, count) * MemoryLayout<T>.stride
        let vector = UnsafeMutablePointer<T>.allocate(capacity: max(1, count))
        allocations.append(UnsafeMutableRawPointer(vector))
        budget.take(size)
        taken += size
        return vector
    }

    func zeros(_ count: Int) -> UnsafeMutablePointer<Int32> {
        let zeros = vector(of: Int32.self, count)
        zeros.initialize(repeating: 0, count: count)
        return zeros
    }

    /// As many rows, all of them.
    func allRows(_ count: Int) -> Rows {
        let positions = vector(of: Int32.self, count)
        for i in 0..<count { positions[i] = Int32(truncatingIfNeeded: i) }
        return Rows(positions: positions, count: count)
    }

    /// Brings the bytes of decimals and of short texts together, each text once or a few times: who reads the column again
    /// reads little memory then, and need not wait for it.
    func condense(_ column: Column, _ rows: Rows) {
        guard isKept else { return }
        let before = arena.reservedBytes
        withUnsafeTemporaryAllocation(of: ValueView.self, capacity: ColumnMemory.textPlaces) { texts in
            texts.initialize(repeating: .missing)
            for i in 0..<rows.count {
                let (row, value) = (rows[i], column[rows[i]])
                if value.type == .decimal {
                    column[row] = arena.copy(value)
                } else if value.type == .string, 1...ColumnMemory.longestText ~= value.length {
                    let place = Int(truncatingIfNeeded: value.hash) & (ColumnMemory.textPlaces - 1)
                    if texts[place].isMissing || !texts[place].equals(value) { texts[place] = arena.copy(value) }
                    column[row] = texts[place]
                }
            }
        }
        budget?.take(arena.reservedBytes - before)
        taken += arena.reservedBytes - before
    }

    private static let textPlaces = 64
    private static let longestText: UInt32 = 64
}

extension Arena {
    /// Uninitialised memory for trivial values.
    @inline(__always)
    func vector<T>(of type: T.Type, _ count: Int) -> UnsafeMutablePointer<T> {
        allocate(max(1, count) * MemoryLayout<T>.stride).bindMemory(to: T.self, capacity: max(1, count))
    }
}
