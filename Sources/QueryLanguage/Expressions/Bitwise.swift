import BSON

extension ExpressionOperator {
    /// On ints and longs; one long makes the result a long. Source: MongoDB manual, "Bitwise Operators".
    static let bitwise: [ExpressionOperator] = [
        bitwise("$bitAnd", identity: -1) { $0 & $1 },
        bitwise("$bitOr", identity: 0) { $0 | $1 },
        bitwise("$bitXor", identity: 0) { $0 ^ $1 },
        numeric("$bitNot") { _, value in
            switch value.type {
            case .int32: return .int32(~value.asInt32)
            case .int64: return .int64(~value.asInt64)
            default: throw AtelierError(.typeMismatch, "$bitNot only supports int and long, not \(value.type.name)")
            }
        },
    ]

    private static func bitwise(
        _ name: String, identity: Int64, _ combine: @escaping @Sendable (Int64, Int64) -> Int64
    ) -> ExpressionOperator {
        function(name, 0...Int.max, .commutative) { _, arguments in
            var bits = identity
            var long = false
            for index in 0..<arguments.count {
                let value = try arguments[index]
                if value.isNullish { return .null }
                guard value.type == .int32 || value.type == .int64 else {
                    throw AtelierError(
                        .typeMismatch, "\(name) only supports int and long operands, not \(value.type.name)")
                }
                bits = combine(bits, value.asInt64)
                long = long || value.type == .int64
            }
            return long ? .int64(bits) : .integer(bits)
        }
    }
}
