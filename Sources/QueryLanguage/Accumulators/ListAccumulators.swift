import BSON

/// Values in the order they came, in the group's memory: a chain of blocks, each twice as long as the one before up to a
/// limit.
struct ValueChain {
    private struct Block {
        let values: UnsafeMutablePointer<ValueView>
        let capacity: Int
        var count = 0
        var next: UnsafeMutablePointer<Block>?
    }

    private var first: UnsafeMutablePointer<Block>?
    private var last: UnsafeMutablePointer<Block>?
    private static let longest = 256

    mutating func append(copying value: ValueView, memory: Arena) {
        let value = memory.copy(value)
        if last == nil || last!.pointee.count == last!.pointee.capacity { addBlock(memory) }
        let block = last!
        (block.pointee.values + block.pointee.count).initialize(to: value)
        block.pointee.count += 1
    }

    private mutating func addBlock(_ memory: Arena) {
        let capacity = last.map { min(2 * $0.pointee.capacity, ValueChain.longest) } ?? 1
        let block = memory.vector(of: Block.self, 1)
        block.initialize(to: Block(values: memory.vector(of: ValueView.self, capacity), capacity: capacity))
        if let last { last.pointee.next = block } else { first = block }
        last = block
    }

    /// Shows the values in order.
    func visit(_ body: (ValueView) -> Void) {
        var block = first
        while let current = block?.pointee {
            for i in 0..<current.count { body(current.values[i]) }
            block = current.next
        }
    }
}

/// `$push`: every row's value, in the order of the rows; rows without one are passed over.
final class PushAccumulator: Accumulator, MergeableAccumulator {
    override var stateSize: Int { stateStride(of: ValueChain.self) }
    override func start(_ state: UnsafeMutableRawPointer) { state.storeBytes(of: ValueChain(), as: ValueChain.self) }

    override func add(_ value: ValueView, to state: UnsafeMutableRawPointer, memory: Arena) {
        if value.isMissing { return }
        state.assumingMemoryBound(to: ValueChain.self).pointee.append(copying: value, memory: memory)
    }

    func merge(_ other: UnsafeMutableRawPointer, into state: UnsafeMutableRawPointer, memory: Arena) {
        other.assumingMemoryBound(to: ValueChain.self).pointee.visit { add($0, to: state, memory: memory) }
    }

    override func result(_ state: UnsafeMutableRawPointer, arena: Arena) -> ValueView {
        let values = state.assumingMemoryBound(to: ValueChain.self).pointee
        return arena.array { writer in values.visit { writer.appendElement($0) } }
    }
}

/// `$addToSet`: the distinct values, in the order they first came.
final class SetAccumulator: Accumulator, MergeableAccumulator {
    override var stateSize: Int { stateStride(of: ValueSet.self) }
    override func start(_ state: UnsafeMutableRawPointer) { state.storeBytes(of: ValueSet(), as: ValueSet.self) }

    override func add(_ value: ValueView, to state: UnsafeMutableRawPointer, memory: Arena) {
        if value.isMissing { return }
        state.assumingMemoryBound(to: ValueSet.self).pointee.insert(value, memory: memory)
    }

    func merge(_ other: UnsafeMutableRawPointer, into state: UnsafeMutableRawPointer, memory: Arena) {
        let values = other.assumingMemoryBound(to: ValueSet.self).pointee
        for i in 0..<values.count { add(values[i], to: state, memory: memory) }
    }

    override func result(_ state: UnsafeMutableRawPointer, arena: Arena) -> ValueView {
        let set = state.assumingMemoryBound(to: ValueSet.self).pointee
        return arena.array { writer in
            for i in 0..<set.count { writer.appendElement(set[i]) }
        }
    }
}

/// Distinct values under query equality (1 equals 1.0), in insertion order, in an arena's memory.
///
/// Open addressing over indices into the values; doubled when three quarters full.
public struct ValueSet {
    private var values: UnsafeMutablePointer<ValueView>?
    private var hashes: UnsafeMutablePointer<UInt64>?
    private var table: UnsafeMutablePointer<Int32>?
    private var capacity = 0
    public private(set) var count = 0

    public init() {}

    public subscript(index: Int) -> ValueView { values![index] }

    /// Adds a copy of the value; false where an equal one is there.
    @discardableResult
    public mutating func insert(_ value: ValueView, memory: Arena) -> Bool {
        let before = count
        return insertIndex(value, memory: memory) == before
    }

    /// Adds a copy of the value where there is no equal one; its index, in order of insertion.
    mutating func insertIndex(_ value: ValueView, memory: Arena) -> Int {
        let hash = value.hash
        if (count + 1) * 4 > capacity * 3 { grow(memory) }
        let (position, known) = place(of: value, hash)
        if let known { return known }
        table![position] = Int32(count)
        values![count] = memory.copy(value)
        hashes![count] = hash
        count += 1
        return count - 1
    }

    /// The index of the equal value, if there is one.
    func index(of value: ValueView) -> Int? { count == 0 ? nil : place(of: value, value.hash).known }

    /// Where the value stands in the table, or would stand.
    private func place(of value: ValueView, _ hash: UInt64) -> (position: Int, known: Int?) {
        let mask = capacity - 1
        var position = Int(truncatingIfNeeded: hash) & mask
        while table![position] >= 0 {
            let index = Int(table![position])
            if hashes![index] == hash && values![index].equals(value) { return (position, index) }
            position = (position + 1) & mask
        }
        return (position, nil)
    }

    private mutating func grow(_ memory: Arena) {
        let larger = max(8, capacity * 2)
        func room<T>(_ type: T.Type) -> UnsafeMutablePointer<T> {
            memory.allocate(larger * MemoryLayout<T>.stride).bindMemory(to: type, capacity: larger)
        }
        let (newValues, newHashes, newTable) = (room(ValueView.self), room(UInt64.self), room(Int32.self))
        newTable.initialize(repeating: -1, count: larger)
        for i in 0..<count {
            newValues[i] = values![i]
            newHashes[i] = hashes![i]
            var position = Int(truncatingIfNeeded: newHashes[i]) & (larger - 1)
            while newTable[position] >= 0 { position = (position + 1) & (larger - 1) }
            newTable[position] = Int32(i)
        }
        (values, hashes, table, capacity) = (newValues, newHashes, newTable, larger)
    }
}

/// `$mergeObjects`: the rows' documents laid over one another; null and missing are passed over.
final class MergeObjectsAccumulator: Accumulator {
    override var stateSize: Int { stateStride(of: KeptValue.self) }
    override var isBatched: Bool { false }
    override func start(_ state: UnsafeMutableRawPointer) { state.storeBytes(of: KeptValue(), as: KeptValue.self) }

    override func add(_ value: ValueView, to state: UnsafeMutableRawPointer, memory: Arena) throws {
        if value.isNullish { return }
        guard value.type == .document else {
            throw AtelierError(40400, "$mergeObjects requires object inputs, but input is of type \(value.type.name)")
        }
        let kept = state.assumingMemoryBound(to: KeptValue.self)
        if kept.pointee.value.isMissing {
            kept.pointee.keep(value, memory: memory)
        } else {
            kept.pointee.keep(merged(kept.pointee.value.asDocument, value.asDocument, memory), memory: memory)
        }
    }

    override func result(_ state: UnsafeMutableRawPointer, arena: Arena) -> ValueView {
        let value = state.assumingMemoryBound(to: KeptValue.self).pointee.value
        return value.isMissing ? arena.document { _ in } : value
    }
}

/// `later` laid over `earlier`: fields of both take the later's value in the earlier's place, new ones follow.
func merged(_ earlier: DocumentView, _ later: DocumentView, _ arena: Arena) -> ValueView {
    arena.document { writer in
        var cursor = earlier.elements()
        while cursor.next() {
            let replaced = later.find(name: cursor.key)
            writer.append(cursor.key, replaced.isMissing ? cursor.value : replaced)
        }
        cursor = later.elements()
        while cursor.next() {
            if earlier.find(name: cursor.key).isMissing { writer.append(element: cursor.elementBytes) }
        }
    }
}

extension DocumentView {
    /// The value of the first element whose name has these bytes, or `missing`. O(n).
    func find(name: UnsafeRawBufferPointer) -> ValueView {
        var cursor = elements()
        while cursor.next() {
            if cursor.key.count == name.count && sameBytes(cursor.key.baseAddress!, name.baseAddress!, name.count) {
                return cursor.value
            }
        }
        return .missing
    }
}
