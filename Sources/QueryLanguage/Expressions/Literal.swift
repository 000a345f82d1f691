import BSON

extension ExpressionOperator {
    static let literal: [ExpressionOperator] = [
        form("$literal") { argument, compiler in Constant(compiler.arena.copy(argument)) },
        form("$const") { argument, compiler in Constant(compiler.arena.copy(argument)) },
    ]
}
