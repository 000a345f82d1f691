import BSON

extension ExpressionOperator {
    /// Source: MongoDB manual, "Boolean Expression Operators".
    static let boolean: [ExpressionOperator] = [
        form("$and") { argument, compiler in
            Connective.make(try compiler.operands(argument, of: "$and", 0...Int.max), stopAt: false)
        },
        form("$or") { argument, compiler in
            Connective.make(try compiler.operands(argument, of: "$or", 0...Int.max), stopAt: true)
        },
        unary("$not") { _, value in .bool(!value.isTruthy) },
    ]
}

/// `$and` and `$or`: operands from left to right until one decides.
final class Connective: Expression {
    private let operands: ObjectList<Expression>
    let decisive: Bool

    private init(_ operands: [Expression], stopAt decisive: Bool) {
        self.operands = ObjectList(operands)
        self.decisive = decisive
    }

    /// The connective without its constant operands: a decisive one makes it a constant, the others change nothing.
    static func make(_ operands: [Expression], stopAt decisive: Bool) -> Expression {
        var open: [Expression] = []
        for operand in operands {
            if let constant = operand.constant {
                if constant.isTruthy == decisive { return Constant(.bool(decisive)) }
            } else if let inner = operand as? Connective, inner.decisive == decisive {
                open += inner.operands.elements
            } else {
                open.append(operand)
            }
        }
        return open.isEmpty ? Constant(.bool(!decisive)) : Connective(open, stopAt: decisive)
    }

    override func evaluate(_ scope: Scope) throws -> ValueView {
        for index in 0..<operands.count where try operands.evaluate(index, scope).isTruthy == decisive {
            return .bool(decisive)
        }
        return .bool(!decisive)
    }

    override var isBatched: Bool { operands.elements.allSatisfy(\.isBatched) }

    override func column(_ batch: Batch, _ rows: Rows) throws -> Column {
        let column = batch.column(of: .bool(!decisive), rows)
        // Operands are worked out for the rows that those before left undecided.
        var open = rows
        for operand in operands.elements where open.count > 0 {
            let values = try operand.column(batch, open)
            let decided = batch.rows(open) { values[$0].isTruthy == decisive }
            for i in 0..<decided.passed.count { column[decided.passed[i]] = .bool(decisive) }
            open = decided.others
        }
        return column
    }
}
