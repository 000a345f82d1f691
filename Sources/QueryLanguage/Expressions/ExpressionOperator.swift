import BSON

/// The arguments of a call, each evaluated when it is asked for: an operator that stops early, at a null or at an
/// argument of the wrong type, never sees what is wrong with the ones behind.
struct Arguments {
    fileprivate let operands: ObjectList<Expression>.Loan
    /// Lives as long as the call whose arguments these are.
    fileprivate let scope: Unmanaged<Scope>

    var count: Int { operands.count }

    /// The value of an argument; ask once, every call evaluates it.
    subscript(_ index: Int) -> ValueView {
        @inline(__always) get throws { try scope._withUnsafeGuaranteedRef { try operands.evaluate(index, $0) } }
    }

    /// Shows the elements of an argument that is an array; the value itself where it is none.
    func visitElements(of index: Int, _ body: (ValueView) throws -> Void) throws -> ValueView? {
        try operands.with(index) { try $0.visitElements(scope.takeUnretainedValue(), body) }
    }

    /// All values, from left to right, in the arena.
    func all() throws -> UnsafeMutableBufferPointer<ValueView> {
        let values = scope.takeUnretainedValue().arena.allocate(max(1, count) * MemoryLayout<ValueView>.stride)
            .bindMemory(to: ValueView.self, capacity: max(1, count))
        for index in 0..<count { (values + index).initialize(to: try self[index]) }
        return UnsafeMutableBufferPointer(start: values, count: count)
    }
}

/// One expression operator: its name, and how a use of it is compiled.
///
/// Operators are declared in the files of this folder, each once, in a list (`static let arithmetic: [ExpressionOperator]`,
/// …) that `ExpressionOperator.all` collects. To add one, add it to the list it belongs to.
struct ExpressionOperator: Sendable {
    let name: String
    let compile: @Sendable (_ argument: ValueView, _ compiler: Compiler) throws -> Expression

    /// An operator of any number of arguments.
    ///
    /// Where all arguments are constant the call is evaluated once, while compiling; an associative operator's constant
    /// arguments are put together even where others are not constant.
    ///
    /// - Parameter pair: the same for two arguments that are known, where it has an answer for them: a shorter way.
    static func function(
        _ name: String, _ arity: ClosedRange<Int>, _ association: Association = .none,
        pair: (@Sendable (ValueView, ValueView, Arena) -> ValueView?)? = nil,
        _ body: @escaping @Sendable (Scope, Arguments) throws -> ValueView
    ) -> ExpressionOperator {
        ExpressionOperator(name: name) { argument, compiler in
            let operands = try compiler.operands(argument, of: name, arity)
            return try compiler.associated(name, operands, association) { operands in
                FunctionCall(name, operands, pair: pair, body)
            }
        }
    }

    /// An operator of one argument.
    static func unary(_ name: String, _ body: @escaping @Sendable (Scope, ValueView) throws -> ValueView)
        -> ExpressionOperator
    {
        ExpressionOperator(name: name) { argument, compiler in
            let operands = try compiler.operands(argument, of: name, 1...1)
            return try compiler.fold(UnaryCall(operands[0], body), operands)
        }
    }

    /// An operator of two arguments.
    static func binary(
        _ name: String, _ body: @escaping @Sendable (Scope, ValueView, ValueView) throws -> ValueView
    ) -> ExpressionOperator {
        ExpressionOperator(name: name) { argument, compiler in
            let operands = try compiler.operands(argument, of: name, 2...2)
            return try compiler.fold(BinaryCall(operands[0], operands[1], body), operands)
        }
    }

    /// An operator that decides itself what of its argument is an expression, and when it is evaluated.
    static func form(
        _ name: String,
        _ compile: @escaping @Sendable (_ argument: ValueView, _ compiler: Compiler) throws -> Expression
    ) -> ExpressionOperator {
        ExpressionOperator(name: name, compile: compile)
    }

    /// Every operator by its name.
    static let byName: [String: ExpressionOperator] = Dictionary(
        uniqueKeysWithValues: all.joined().map { ($0.name, $0) })
}

/// A call with any number of arguments.
final class FunctionCall: Expression {
    let name: String
    private let list: ObjectList<Expression>
    private let pair: ((ValueView, ValueView, Arena) -> ValueView?)?
    let body: (Scope, Arguments) throws -> ValueView

    init(
        _ name: String, _ operands: [Expression], pair: ((ValueView, ValueView, Arena) -> ValueView?)? = nil,
        _ body: @escaping (Scope, Arguments) throws -> ValueView
    ) {
        self.name = name
        list = ObjectList(operands)
        self.pair = pair
        self.body = body
    }

    var operands: [Expression] { list.elements }

    override func evaluate(_ scope: Scope) throws -> ValueView {
        try body(scope, Arguments(operands: list.loan, scope: .passUnretained(scope)))
    }

    override var inputs: [Expression]? { operands }
    override func withInputs(_ inputs: [Expression]) -> Expression { FunctionCall(name, inputs, body) }

    override func column(_ batch: Batch, _ rows: Rows) throws -> Column {
        guard let pair, operands.count == 2 else { return try super.column(batch, rows) }
        let (left, right) = (try operands[0].column(batch, rows), try operands[1].column(batch, rows))
        let (column, arena) = (batch.newColumn(), batch.scope.arena)
        let others = batch.rows(rows) { row in
            guard let answer = pair(left[row], right[row], arena) else { return true }
            column[row] = answer
            return false
        }.passed
        if others.count > 0 {
            batch.copy(try batch.evaluate([left, right], others, of: withInputs), others, to: column)
        }
        return column
    }
}

final class UnaryCall: Expression {
    let operand: Expression
    let body: (Scope, ValueView) throws -> ValueView

    init(_ operand: Expression, _ body: @escaping (Scope, ValueView) throws -> ValueView) {
        self.operand = operand
        self.body = body
    }

    override func evaluate(_ scope: Scope) throws -> ValueView { try body(scope, operand.evaluate(scope)) }

    override var isBatched: Bool { operand.isBatched }
    override func column(_ batch: Batch, _ rows: Rows) throws -> Column {
        let scope = batch.scope
        return try batch.map(operand.column(batch, rows), rows) { try body(scope, $0) }
    }
}

final class BinaryCall: Expression {
    let left: Expression
    let right: Expression
    let body: (Scope, ValueView, ValueView) throws -> ValueView

    init(
        _ left: Expression, _ right: Expression, _ body: @escaping (Scope, ValueView, ValueView) throws -> ValueView
    ) {
        self.left = left
        self.right = right
        self.body = body
    }

    override func evaluate(_ scope: Scope) throws -> ValueView {
        try body(scope, left.evaluate(scope), right.evaluate(scope))
    }

    override var isBatched: Bool { left.isBatched && right.isBatched }
    override func column(_ batch: Batch, _ rows: Rows) throws -> Column {
        let scope = batch.scope
        return try batch.map(left.column(batch, rows), right.column(batch, rows), rows) { try body(scope, $0, $1) }
    }
}
