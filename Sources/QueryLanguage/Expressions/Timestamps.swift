import BSON

extension ExpressionOperator {
    /// Source: MongoDB manual, "Timestamp Expression Operators".
    static let timestamps: [ExpressionOperator] = [
        timestamp("$tsSecond", 5687301) { $0 >> 32 },
        timestamp("$tsIncrement", 5687302) { $0 & 0xFFFF_FFFF },
    ]

    private static func timestamp(
        _ name: String, _ code: ErrorCode, _ part: @escaping @Sendable (UInt64) -> UInt64
    ) -> ExpressionOperator {
        unary(name) { _, value in
            if value.isNullish { return .null }
            guard value.type == .timestamp else {
                throw AtelierError(code, "Argument to \(name) must be a timestamp, but is \(value.type.name)")
            }
            return .int64(Int64(part(value.bits)))
        }
    }
}
