import BSON

/// A compiled accumulator of a `$group` (or a window): an argument, and a state that takes one value per row.
///
/// States are flat memory, one beside the other in a group's block, so that a group costs no object. What a state points
/// to lies in the group's arena and goes with it.
open class Accumulator {
    let argument: Expression

    init(_ argument: Expression) { self.argument = argument }

    /// Bytes of a state; a multiple of `stateAlignment`.
    var stateSize: Int { preconditionFailure("every accumulator has a state") }

    /// Whether values may be added batch by batch. Where `add` can fail the first row that does so must be found.
    var isBatched: Bool { argument.isBatched }

    /// What a state's address must be a multiple of: 8 or 16.
    var stateAlignment: Int { 16 }

    /// Makes fresh memory a state that has seen nothing.
    func start(_ state: UnsafeMutableRawPointer) { preconditionFailure("every accumulator has a state") }

    /// Takes one value into account. The value lives only for the call.
    func add(_ value: ValueView, to state: UnsafeMutableRawPointer, memory: Arena) throws {
        preconditionFailure("every accumulator takes values")
    }

    /// Takes a value of each row into account, in the row's state.
    ///
    /// - Parameter offset: where in the memory of a row's group the state begins.
    func add(
        _ values: Column, _ rows: Rows, to states: UnsafeMutablePointer<GroupTable.States>, at offset: Int,
        memory: Arena
    ) throws {
        for i in 0..<rows.count { try add(values[rows[i]], to: states[rows[i]] + offset, memory: memory) }
    }

    /// What the state amounts to; a value in `arena` or in the group's memory.
    func result(_ state: UnsafeMutableRawPointer, arena: Arena) throws -> ValueView {
        preconditionFailure("every accumulator has a result")
    }
}

/// An accumulator whose states can be put together: of rows that were read in parts, each part in a state of its own.
protocol MergeableAccumulator: Accumulator {
    /// Takes into account what another state has seen, as if its rows had come after this one's.
    func merge(_ other: UnsafeMutableRawPointer, into state: UnsafeMutableRawPointer, memory: Arena) throws
}

/// One accumulator operator: its name, and how a use of it is compiled.
struct AccumulatorOperator: Sendable {
    let name: String
    let compile: @Sendable (_ argument: ValueView, _ compiler: Compiler) throws -> Accumulator

    /// An operator of one expression.
    static func unary(_ name: String, _ make: @escaping @Sendable (Expression) -> Accumulator) -> AccumulatorOperator {
        AccumulatorOperator(name: name) { argument, compiler in
            if argument.type == .array {
                throw AtelierError(40237, "The \(name) accumulator is a unary operator")
            }
            return make(try compiler.expression(argument))
        }
    }

    /// Every accumulator. A new one gets a file of its own or joins its family's, and a place here.
    static let all: [AccumulatorOperator] = [
        .unary("$sum") { CountAccumulator.sum(of: $0) },
        .unary("$avg") { AverageAccumulator($0) },
        .unary("$min") { ExtremeAccumulator($0, sign: -1) },
        .unary("$max") { ExtremeAccumulator($0, sign: 1) },
        .unary("$first") { FirstAccumulator($0) },
        .unary("$last") { LastAccumulator($0) },
        .unary("$push") { PushAccumulator($0) },
        .unary("$addToSet") { SetAccumulator($0) },
        .unary("$stdDevPop") { DeviationAccumulator($0, sample: false) },
        .unary("$stdDevSamp") { DeviationAccumulator($0, sample: true) },
        .unary("$mergeObjects") { MergeObjectsAccumulator($0) },
        AccumulatorOperator(name: "$count") { argument, compiler in
            guard argument.type == .document, argument.asDocument.isEmpty else {
                throw AtelierError(.failedToParse, "$count takes no arguments, i.e. $count:{}")
            }
            return CountAccumulator.sum(of: Constant(.int32(1)))
        },
    ]

    static let byName: [String: AccumulatorOperator] = Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0) })
}
