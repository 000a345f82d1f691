import BSON

/// `$sum`: numbers added up, everything else passed over.
final class SumAccumulator: Accumulator, MergeableAccumulator {
    override var stateSize: Int { stateStride(of: NumericSum.self) }

    override func start(_ state: UnsafeMutableRawPointer) { state.storeBytes(of: NumericSum(), as: NumericSum.self) }

    override func add(_ value: ValueView, to state: UnsafeMutableRawPointer, memory: Arena) {
        state.assumingMemoryBound(to: NumericSum.self).pointee.add(value)
    }

    override func add(
        _ values: Column, _ rows: Rows, to states: UnsafeMutablePointer<GroupTable.States>, at offset: Int,
        memory: Arena
    ) {
        for i in 0..<rows.count { add(values[rows[i]], to: states[rows[i]] + offset, memory: memory) }
    }

    func merge(_ other: UnsafeMutableRawPointer, into state: UnsafeMutableRawPointer, memory: Arena) {
        state.assumingMemoryBound(to: NumericSum.self).pointee.add(
            other.assumingMemoryBound(to: NumericSum.self).pointee)
    }

    override func result(_ state: UnsafeMutableRawPointer, arena: Arena) -> ValueView {
        state.assumingMemoryBound(to: NumericSum.self).pointee.value(arena)
    }
}

/// `$sum` of a constant whole number, as in `{$sum: 1}`: the rows counted, in a state as small as can be.
final class CountAccumulator: Accumulator, MergeableAccumulator {
    /// The accumulator for a sum of this: a count where the argument is a whole number.
    static func sum(of argument: Expression) -> Accumulator {
        guard let constant = argument.constant, constant.type == .int32 || constant.type == .int64 else {
            return SumAccumulator(argument)
        }
        return CountAccumulator(argument, constant)
    }

    private let step: ValueView

    private init(_ argument: Expression, _ step: ValueView) {
        self.step = step
        super.init(argument)
    }

    override var stateSize: Int { 8 }
    override var stateAlignment: Int { 8 }

    override func start(_ state: UnsafeMutableRawPointer) { state.storeBytes(of: 0, as: Int.self) }

    override func add(_ value: ValueView, to state: UnsafeMutableRawPointer, memory: Arena) {
        state.assumingMemoryBound(to: Int.self).pointee &+= 1
    }

    override func add(
        _ values: Column, _ rows: Rows, to states: UnsafeMutablePointer<GroupTable.States>, at offset: Int,
        memory: Arena
    ) {
        for i in 0..<rows.count { (states[rows[i]] + offset).assumingMemoryBound(to: Int.self).pointee &+= 1 }
    }

    func merge(_ other: UnsafeMutableRawPointer, into state: UnsafeMutableRawPointer, memory: Arena) {
        state.assumingMemoryBound(to: Int.self).pointee &+= other.assumingMemoryBound(to: Int.self).pointee
    }

    override func result(_ state: UnsafeMutableRawPointer, arena: Arena) -> ValueView {
        var sum = NumericSum()
        sum.add(step, times: state.assumingMemoryBound(to: Int.self).pointee)
        return sum.value(arena)
    }
}

/// `$avg`: the mean of the numbers, as a double or decimal; null where there are none.
final class AverageAccumulator: Accumulator, MergeableAccumulator {
    struct State {
        var sum = NumericSum()
        var count = 0
    }

    override var stateSize: Int { stateStride(of: State.self) }

    override func start(_ state: UnsafeMutableRawPointer) { state.storeBytes(of: State(), as: State.self) }

    override func add(_ value: ValueView, to state: UnsafeMutableRawPointer, memory: Arena) {
        let state = state.assumingMemoryBound(to: State.self)
        if state.pointee.sum.add(value) { state.pointee.count += 1 }
    }

    func merge(_ other: UnsafeMutableRawPointer, into state: UnsafeMutableRawPointer, memory: Arena) {
        let (state, other) = (state.assumingMemoryBound(to: State.self), other.assumingMemoryBound(to: State.self))
        state.pointee.sum.add(other.pointee.sum)
        state.pointee.count += other.pointee.count
    }

    override func result(_ state: UnsafeMutableRawPointer, arena: Arena) -> ValueView {
        let state = state.assumingMemoryBound(to: State.self).pointee
        return state.sum.mean(of: state.count, arena)
    }
}

extension NumericSum {
    /// The sum divided by a count: a decimal where any was summed, else a double; null for a count of zero.
    func mean(of count: Int, _ arena: Arena) -> ValueView {
        if count == 0 { return .null }
        if isDecimal { return arena.decimal(decimalValue / Decimal128(Int64(count))) }
        return .double(doubleValue / Double(count))
    }
}

/// `$stdDevPop` and `$stdDevSamp` by Welford's method, as a double; null where there are too few numbers.
final class DeviationAccumulator: Accumulator {
    private let sample: Bool

    init(_ argument: Expression, sample: Bool) {
        self.sample = sample
        super.init(argument)
    }

    override var stateSize: Int { stateStride(of: RunningDeviation.self) }

    override func start(_ state: UnsafeMutableRawPointer) {
        state.storeBytes(of: RunningDeviation(), as: RunningDeviation.self)
    }

    override func add(_ value: ValueView, to state: UnsafeMutableRawPointer, memory: Arena) {
        state.assumingMemoryBound(to: RunningDeviation.self).pointee.add(value)
    }

    override func result(_ state: UnsafeMutableRawPointer, arena: Arena) -> ValueView {
        state.assumingMemoryBound(to: RunningDeviation.self).pointee.value(sample: sample)
    }
}

/// Mean and squared distance from it, number by number. Source: Welford 1962.
struct RunningDeviation {
    private var count = 0
    private var mean = 0.0
    private var squares = 0.0

    mutating func add(_ value: ValueView) {
        guard let number = value.numberAsDouble else { return }
        count += 1
        let distance = number - mean
        mean += distance / Double(count)
        squares += distance * (number - mean)
    }

    func value(sample: Bool) -> ValueView {
        let divisor = sample ? count - 1 : count
        return divisor <= 0 ? .null : .double((squares / Double(divisor)).squareRoot())
    }
}

/// Bytes for a state of this type: its size rounded up to 16.
func stateStride<T>(of type: T.Type) -> Int { (MemoryLayout<T>.size + 15) & ~15 }
