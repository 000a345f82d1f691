import BSON

extension ExpressionOperator {
    /// Source: MongoDB manual, "Comparison Expression Operators". The order is BSON's; missing stands below everything but minKey.
    static let comparison: [ExpressionOperator] = [
        binary("$cmp") { _, a, b in .int32(Int32(a.compare(b).signum())) },
        binary("$eq") { _, a, b in .bool(a.compare(b) == 0) },
        binary("$ne") { _, a, b in .bool(a.compare(b) != 0) },
        binary("$gt") { _, a, b in .bool(a.compare(b) > 0) },
        binary("$gte") { _, a, b in .bool(a.compare(b) >= 0) },
        binary("$lt") { _, a, b in .bool(a.compare(b) < 0) },
        binary("$lte") { _, a, b in .bool(a.compare(b) <= 0) },
    ]
}
