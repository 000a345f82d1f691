import BSON

extension ExpressionOperator {
    /// Source: MongoDB manual, "Conditional Expression Operators".
    static let conditional: [ExpressionOperator] = [
        form("$cond") { argument, compiler in
            var parts: [String: Expression] = [:]
            let names = ["if", "then", "else"]
            if argument.type == .document {
                var cursor = argument.asDocument.elements()
                while cursor.next() {
                    let name = cursor.keyString
                    guard names.contains(name) else {
                        throw AtelierError(17083, "Unrecognized parameter to $cond: \(name)")
                    }
                    parts[name] = try compiler.expression(cursor.value)
                }
                for (name, code) in zip(names, [17080, 17081, 17082] as [ErrorCode]) where parts[name] == nil {
                    throw AtelierError(code, "Missing '\(name)' parameter to $cond")
                }
            } else {
                let operands = try compiler.operands(argument, of: "$cond", 3...3)
                for (name, operand) in zip(names, operands) { parts[name] = operand }
            }
            let (condition, yes, no) = (parts["if"]!, parts["then"]!, parts["else"]!)
            return try compiler.fold(Conditional(condition, yes, no), [condition, yes, no])
        },
        form("$ifNull") { argument, compiler in
            let operands = try compiler.operands(argument, of: "$ifNull", 2...Int.max)
            return try compiler.fold(FirstNonNull(operands), operands)
        },
    ]
}

final class Conditional: Expression {
    let condition: Expression
    let yes: Expression
    let no: Expression

    init(_ condition: Expression, _ yes: Expression, _ no: Expression) {
        self.condition = condition
        self.yes = yes
        self.no = no
    }

    override func evaluate(_ scope: Scope) throws -> ValueView {
        try condition.evaluate(scope).isTruthy ? yes.evaluate(scope) : no.evaluate(scope)
    }
}

/// `$ifNull`: the first operand that is not null, undefined or missing; else the last.
final class FirstNonNull: Expression {
    let operands: [Expression]
    init(_ operands: [Expression]) { self.operands = operands }

    override func evaluate(_ scope: Scope) throws -> ValueView {
        for operand in operands.dropLast() {
            let value = try operand.evaluate(scope)
            if !value.isNullish { return value }
        }
        return try operands[operands.count - 1].evaluate(scope)
    }
}
