import BSON

extension ExpressionOperator {
    /// Accumulators over one document's values: of one array its elements, of several arguments the arguments.
    /// Source: MongoDB manual, "Accumulators (in Other Stages)".
    static let accumulations: [ExpressionOperator] = [
        form("$sum") { argument, compiler in
            let operands = try compiler.operands(argument, of: "$sum", 0...Int.max)
            return try compiler.fold(Total(operands), operands)
        },
        accumulation("$avg", Average()) { average, value in
            if average.sum.add(value) { average.count += 1 }
        } result: {
            $0.sum.mean(of: $0.count, $1.arena)
        },
        accumulation("$min", ValueView.missing) { least, value in
            if !value.isNullish && (least.isMissing || value.compare(least) < 0) { least = value }
        } result: { value, _ in
            value.isMissing ? .null : value
        },
        accumulation("$max", ValueView.missing) { greatest, value in
            if !value.isNullish && (greatest.isMissing || value.compare(greatest) > 0) { greatest = value }
        } result: { value, _ in
            value.isMissing ? .null : value
        },
        accumulation("$stdDevPop", RunningDeviation()) { deviation, value in
            deviation.add(value)
        } result: { deviation, _ in
            deviation.value(sample: false)
        },
        accumulation("$stdDevSamp", RunningDeviation()) { deviation, value in
            deviation.add(value)
        } result: { deviation, _ in
            deviation.value(sample: true)
        },
        form("$percentile") { argument, compiler in
            let arguments = try NamedArguments(
                argument, of: "$percentile", ["input", "p", "method"], notObject: 7429703, unknown: 40415)
            let fractions = try Percentiles.fractions(arguments.required("p", 40414), compiler)
            return try Percentiles.compile("$percentile", arguments, compiler) { percentiles, scope in
                scope.arena.array { writer in
                    for fraction in fractions { writer.appendElement(percentiles.value(at: fraction)) }
                }
            }
        },
        form("$median") { argument, compiler in
            let arguments = try NamedArguments(
                argument, of: "$median", ["input", "method"], notObject: 7436100, unknown: 40415)
            return try Percentiles.compile("$median", arguments, compiler) { percentiles, _ in
                percentiles.value(at: 0.5)
            }
        },
    ]

    private struct Average {
        var sum = NumericSum()
        var count = 0
    }

    private static func accumulation<State>(
        _ name: String, _ start: @autoclosure @escaping @Sendable () -> State,
        add: @escaping @Sendable (inout State, ValueView) -> Void,
        result: @escaping @Sendable (State, Scope) -> ValueView
    ) -> ExpressionOperator {
        form(name) { argument, compiler in
            let operands = try compiler.operands(argument, of: name, 0...Int.max)
            return try compiler.fold(Accumulation(operands, start, add, result), operands)
        }
    }
}

/// `$sum`, which most pipelines spend their time in: the same as an `Accumulation`, written out.
final class Total: Expression {
    private let operands: ObjectList<Expression>

    init(_ operands: [Expression]) { self.operands = ObjectList(operands) }

    override func evaluate(_ scope: Scope) throws -> ValueView {
        var sum = NumericSum()
        if operands.count == 1 {
            try operands.with(0) {
                if let other = try $0.visitElements(scope, { sum.add($0) }) { sum.add(other) }
            }
        } else {
            for i in 0..<operands.count { sum.add(try operands.evaluate(i, scope)) }
        }
        return sum.value(scope.arena)
    }

    override var isBatched: Bool { operands.elements.allSatisfy(\.isBatched) }

    override func column(_ batch: Batch, _ rows: Rows) throws -> Column {
        let arena = batch.scope.arena
        return try batch.accumulate(operands.elements, rows) {
            NumericSum()
        } add: {
            $0.add($1)
        } result: {
            $0.value(arena)
        }
    }
}

/// An accumulator over the elements of one array, or over several arguments.
final class Accumulation<State>: Expression {
    private let operands: [Expression]
    private let start: @Sendable () -> State
    private let add: @Sendable (inout State, ValueView) -> Void
    private let result: @Sendable (State, Scope) -> ValueView

    init(
        _ operands: [Expression], _ start: @escaping @Sendable () -> State,
        _ add: @escaping @Sendable (inout State, ValueView) -> Void,
        _ result: @escaping @Sendable (State, Scope) -> ValueView
    ) {
        (self.operands, self.start, self.add, self.result) = (operands, start, add, result)
    }

    override func evaluate(_ scope: Scope) throws -> ValueView {
        var state = start()
        if operands.count == 1 {
            if let other = try operands[0].visitElements(scope, { add(&state, $0) }) { add(&state, other) }
        } else {
            for operand in operands { add(&state, try operand.evaluate(scope)) }
        }
        return result(state, scope)
    }

    override var isBatched: Bool { operands.allSatisfy(\.isBatched) }

    override func column(_ batch: Batch, _ rows: Rows) throws -> Column {
        try batch.accumulate(operands, rows, start: start, add: add) { result($0, batch.scope) }
    }
}

/// The numbers of an input in order, to read percentiles off.
struct Percentiles {
    private var numbers: [Double]

    /// The smallest number that is at least as large as this fraction of all; null where there are no numbers.
    func value(at fraction: Double) -> ValueView {
        if numbers.isEmpty { return .null }
        let rank = Int((fraction * Double(numbers.count)).rounded(.up))
        return .double(numbers[min(max(rank - 1, 0), numbers.count - 1)])
    }

    /// Compiles a use of `$percentile` or `$median`: input and method.
    static func compile(
        _ name: String, _ arguments: NamedArguments, _ compiler: Compiler,
        _ result: @escaping @Sendable (Percentiles, Scope) -> ValueView
    ) throws -> Expression {
        let method = try arguments.required("method", 40414)
        guard method.type == .string, method.asString == "approximate" else {
            throw AtelierError(
                .badValue, "Currently only 'approximate' can be used as a percentile 'method' of \(name).")
        }
        let input = try compiler.expression(arguments, required: "input", 40414)
        return try compiler.call(name, [input]) { scope, arguments in
            var numbers: [Double] = []
            func add(_ value: ValueView) {
                if let number = value.numberAsDouble, !number.isNaN { numbers.append(number) }
            }
            if let other = try arguments.visitElements(of: 0, add) { add(other) }
            return result(Percentiles(numbers: numbers.sorted()), scope)
        }
    }

    /// The fractions asked for: a constant array of numbers from 0 to 1.
    ///
    /// - Throws: `7750300` to `7750303` for anything else.
    static func fractions(_ value: ValueView, _ compiler: Compiler) throws -> [Double] {
        guard let list = try compiler.expression(value).constant else {
            throw AtelierError(7750300, "The $percentile 'p' field must be an array of constant values")
        }
        guard list.type == .array, !list.asDocument.isEmpty else {
            throw AtelierError(
                7750301, "The $percentile 'p' field must be an array of numbers from [0.0, 1.0], and not empty")
        }
        var fractions: [Double] = []
        var cursor = list.asDocument.elements()
        while cursor.next() {
            guard let number = cursor.value.numberAsDouble else {
                throw AtelierError(
                    7750302,
                    "The $percentile 'p' field must be an array of numbers from [0.0, 1.0], but found: \(cursor.type.name)"
                )
            }
            guard 0...1 ~= number else {
                throw AtelierError(7750303, "The $percentile 'p' field must be an array of numbers from [0.0, 1.0]")
            }
            fractions.append(number)
        }
        return fractions
    }
}
