import BSON

extension ExpressionOperator {
    /// Source: MongoDB manual, "Boolean Expression Operators".
    static let boolean: [ExpressionOperator] = [
        form("$and") { argument, compiler in
            Connective(try compiler.operands(argument, of: "$and", 0...Int.max), stopAt: false)
        },
        form("$or") { argument, compiler in
            Connective(try compiler.operands(argument, of: "$or", 0...Int.max), stopAt: true)
        },
        unary("$not") { _, value in .bool(!value.isTruthy) },
    ]
}

/// `$and` and `$or`: operands from left to right until one decides.
final class Connective: Expression {
    let operands: [Expression]
    let decisive: Bool

    init(_ operands: [Expression], stopAt decisive: Bool) {
        self.operands = operands
        self.decisive = decisive
    }

    override func evaluate(_ scope: Scope) throws -> ValueView {
        for operand in operands where try operand.evaluate(scope).isTruthy == decisive { return .bool(decisive) }
        return .bool(!decisive)
    }
}
