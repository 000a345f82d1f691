import BSON

/// The arguments of a call, evaluated.
public typealias Arguments = UnsafeBufferPointer<ValueView>

/// One expression operator: its name, and how a use of it is compiled.
///
/// Operators are declared in the files of this folder, each once, in a list (`static let arithmetic: [ExpressionOperator]`,
/// …) that `ExpressionOperator.all` collects. To add one, add it to the list it belongs to.
struct ExpressionOperator: Sendable {
    let name: String
    let compile: @Sendable (_ argument: ValueView, _ compiler: Compiler) throws -> Expression

    /// An operator whose arguments are evaluated first, left to right, whatever they are.
    ///
    /// Where all arguments are constant the call is evaluated once, while compiling; an associative operator's constant
    /// arguments are put together even where others are not constant.
    static func function(
        _ name: String, _ arity: ClosedRange<Int>, _ association: Association = .none,
        _ body: @escaping @Sendable (Scope, Arguments) throws -> ValueView
    ) -> ExpressionOperator {
        ExpressionOperator(name: name) { argument, compiler in
            let operands = try compiler.operands(argument, of: name, arity)
            return try compiler.associated(name, operands, association) { operands in
                FunctionCall(name, operands, base: compiler.newSlots(operands.count), body)
            }
        }
    }

    /// An operator of one argument.
    static func unary(_ name: String, _ body: @escaping @Sendable (Scope, ValueView) throws -> ValueView) -> ExpressionOperator {
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
        _ name: String, _ compile: @escaping @Sendable (_ argument: ValueView, _ compiler: Compiler) throws -> Expression
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
    let operands: [Expression]
    /// The first of the slots that hold the arguments.
    let base: Int
    let body: @Sendable (Scope, Arguments) throws -> ValueView

    init(
        _ name: String, _ operands: [Expression], base: Int,
        _ body: @escaping @Sendable (Scope, Arguments) throws -> ValueView
    ) {
        self.name = name
        self.operands = operands
        self.base = base
        self.body = body
    }

    override func evaluate(_ scope: Scope) throws -> ValueView {
        let arguments = scope.slots + base
        for i in 0..<operands.count { arguments[i] = try operands[i].evaluate(scope) }
        return try body(scope, Arguments(start: arguments, count: operands.count))
    }
}

final class UnaryCall: Expression {
    let operand: Expression
    let body: @Sendable (Scope, ValueView) throws -> ValueView

    init(_ operand: Expression, _ body: @escaping @Sendable (Scope, ValueView) throws -> ValueView) {
        self.operand = operand
        self.body = body
    }

    override func evaluate(_ scope: Scope) throws -> ValueView { try body(scope, operand.evaluate(scope)) }
}

final class BinaryCall: Expression {
    let left: Expression
    let right: Expression
    let body: @Sendable (Scope, ValueView, ValueView) throws -> ValueView

    init(
        _ left: Expression, _ right: Expression, _ body: @escaping @Sendable (Scope, ValueView, ValueView) throws -> ValueView
    ) {
        self.left = left
        self.right = right
        self.body = body
    }

    override func evaluate(_ scope: Scope) throws -> ValueView {
        try body(scope, left.evaluate(scope), right.evaluate(scope))
    }
}
