import BSON

/// One value kept from one row to the next, with memory that is used again where the next value fits.
struct KeptValue {
    private(set) var value = ValueView.missing
    private var buffer: UnsafeMutableRawPointer?
    private var capacity = 0

    mutating func keep(_ new: ValueView, memory: Arena) {
        let size = Int(new.length)
        switch new.type {
        case .double, .int32, .int64, .bool, .date, .timestamp, .null, .undefined, .minKey, .maxKey, .missing:
            value = new
            return
        default: break
        }
        if size > capacity {
            capacity = max(32, size + size / 2)
            buffer = memory.allocate(capacity)
        }
        guard size > 0, let buffer else {
            value = new
            return
        }
        buffer.copyMemory(from: new.pointer, byteCount: size)
        value = ValueView(type: new.type, pointer: UnsafeRawPointer(buffer), length: size)
    }
}

/// `$min` and `$max` in BSON's order; null and missing do not count.
final class ExtremeAccumulator: Accumulator, MergeableAccumulator {
    private let sign: Int

    init(_ argument: Expression, sign: Int) {
        self.sign = sign
        super.init(argument)
    }

    override var stateSize: Int { stateStride(of: KeptValue.self) }
    override func start(_ state: UnsafeMutableRawPointer) { state.storeBytes(of: KeptValue(), as: KeptValue.self) }

    override func add(_ value: ValueView, to state: UnsafeMutableRawPointer, memory: Arena) {
        if value.isNullish { return }
        let kept = state.assumingMemoryBound(to: KeptValue.self)
        if kept.pointee.value.isMissing || value.compare(kept.pointee.value).signum() == sign {
            kept.pointee.keep(value, memory: memory)
        }
    }

    override func add(
        _ values: Column, _ rows: Rows, to states: UnsafeMutablePointer<GroupTable.States>, at offset: Int,
        memory: Arena
    ) {
        for i in 0..<rows.count {
            let (value, state) = (values[rows[i]], states[rows[i]] + offset)
            let kept = state.assumingMemoryBound(to: KeptValue.self).pointee.value
            if value.type == .date && kept.type == .date {
                // Most are neither earlier nor later than those before.
                if sign < 0 ? value.asDate >= kept.asDate : value.asDate <= kept.asDate { continue }
            }
            add(value, to: state, memory: memory)
        }
    }

    func merge(_ other: UnsafeMutableRawPointer, into state: UnsafeMutableRawPointer, memory: Arena) {
        add(other.assumingMemoryBound(to: KeptValue.self).pointee.value, to: state, memory: memory)
    }

    override func result(_ state: UnsafeMutableRawPointer, arena: Arena) -> ValueView {
        let value = state.assumingMemoryBound(to: KeptValue.self).pointee.value
        return value.isMissing ? .null : value
    }
}

/// `$first`: the first row's value; null where that row has none.
final class FirstAccumulator: Accumulator, MergeableAccumulator {
    struct State {
        var kept = KeptValue()
        var seen = false
    }

    override var stateSize: Int { stateStride(of: State.self) }
    override func start(_ state: UnsafeMutableRawPointer) { state.storeBytes(of: State(), as: State.self) }

    override func add(_ value: ValueView, to state: UnsafeMutableRawPointer, memory: Arena) {
        let state = state.assumingMemoryBound(to: State.self)
        if state.pointee.seen { return }
        state.pointee.seen = true
        state.pointee.kept.keep(value, memory: memory)
    }

    func merge(_ other: UnsafeMutableRawPointer, into state: UnsafeMutableRawPointer, memory: Arena) {
        let other = other.assumingMemoryBound(to: State.self)
        if other.pointee.seen { add(other.pointee.kept.value, to: state, memory: memory) }
    }

    override func result(_ state: UnsafeMutableRawPointer, arena: Arena) -> ValueView {
        let value = state.assumingMemoryBound(to: State.self).pointee.kept.value
        return value.isMissing ? .null : value
    }
}

/// `$last`: the last row's value; null where that row has none.
final class LastAccumulator: Accumulator, MergeableAccumulator {
    override var stateSize: Int { stateStride(of: KeptValue.self) }
    override func start(_ state: UnsafeMutableRawPointer) { state.storeBytes(of: KeptValue(), as: KeptValue.self) }

    override func add(_ value: ValueView, to state: UnsafeMutableRawPointer, memory: Arena) {
        state.assumingMemoryBound(to: KeptValue.self).pointee.keep(value, memory: memory)
    }

    /// A group's state has always seen a row, so that the later state's value is the last one.
    func merge(_ other: UnsafeMutableRawPointer, into state: UnsafeMutableRawPointer, memory: Arena) {
        add(other.assumingMemoryBound(to: KeptValue.self).pointee.value, to: state, memory: memory)
    }

    override func result(_ state: UnsafeMutableRawPointer, arena: Arena) -> ValueView {
        let value = state.assumingMemoryBound(to: KeptValue.self).pointee.value
        return value.isMissing ? .null : value
    }
}
