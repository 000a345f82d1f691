import BSON

extension ExpressionOperator {
    /// Source: MongoDB manual, "Comparison Expression Operators". The order is BSON's; missing stands below everything but minKey.
    static let comparison: [ExpressionOperator] = [
        binary("$cmp") { _, a, b in .int32(Int32(a.compare(b).signum())) },
        comparison("$eq", isTrueWhere: (less: false, equal: true, greater: false)),
        comparison("$ne", isTrueWhere: (less: true, equal: false, greater: true)),
        comparison("$gt", isTrueWhere: (less: false, equal: false, greater: true)),
        comparison("$gte", isTrueWhere: (less: false, equal: true, greater: true)),
        comparison("$lt", isTrueWhere: (less: true, equal: false, greater: false)),
        comparison("$lte", isTrueWhere: (less: true, equal: true, greater: false)),
    ]

    private static func comparison(
        _ name: String, isTrueWhere outcome: (less: Bool, equal: Bool, greater: Bool)
    ) -> ExpressionOperator {
        form(name) { argument, compiler in
            let operands = try compiler.operands(argument, of: name, 2...2)
            return try compiler.fold(Comparison(operands[0], operands[1], isTrueWhere: outcome), operands)
        }
    }
}

/// Whether two values stand in the wanted order.
final class Comparison: Expression {
    private let left: Expression
    private let right: Expression
    private let outcome: (less: Bool, equal: Bool, greater: Bool)
    /// The right operand, where it is a constant whole number.
    private let whole: Int64?

    init(_ left: Expression, _ right: Expression, isTrueWhere outcome: (less: Bool, equal: Bool, greater: Bool)) {
        self.left = left
        self.right = right
        self.outcome = outcome
        whole = right.constant.flatMap { $0.type == .int32 || $0.type == .int64 ? $0.asInt64 : nil }
    }

    override func evaluate(_ scope: Scope) throws -> ValueView {
        let value = try left.evaluate(scope)
        let order =
            if let whole {
                Comparison.order(value, whole)
            } else {
                value.compare(try right.evaluate(scope))
            }
        return answer(order)
    }

    @inline(__always)
    private func answer(_ order: Int) -> ValueView {
        .bool(order < 0 ? outcome.less : order == 0 ? outcome.equal : outcome.greater)
    }

    override var isBatched: Bool { left.isBatched && right.isBatched }

    override func column(_ batch: Batch, _ rows: Rows) throws -> Column {
        let values = try left.column(batch, rows)
        if let whole { return try batch.map(values, rows) { answer(Comparison.order($0, whole)) } }
        if let constant = right.constant { return try batch.map(values, rows) { answer($0.compare(constant)) } }
        return try batch.map(values, right.column(batch, rows), rows) { answer($0.compare($1)) }
    }

    /// The order of a value and a whole number, without a detour for those that are compared most: quantities and prices.
    @inline(__always)
    private static func order(_ value: ValueView, _ whole: Int64) -> Int {
        switch value.type {
        case .int32, .int64:
            let number = value.asInt64
            return number < whole ? -1 : number == whole ? 0 : 1
        case .decimal where whole == 0:
            if let sign = value.asDecimal.signIfShort { return sign }
        default: break
        }
        return value.compare(.int64(whole))
    }
}
