import BSON

extension ExpressionOperator {
    /// Source: MongoDB manual, "Data Size Operators".
    static let dataSize: [ExpressionOperator] = [
        unary("$binarySize") { _, value in
            switch value.type {
            case .string: return .integer(Int64(value.length))
            case .binary: return .integer(Int64(value.asBinary.data.count))
            case .missing, .null, .undefined: return .null
            default:
                throw AtelierError(
                    51276, "$binarySize requires a string or BinData argument, found: \(value.type.name)")
            }
        },
        unary("$bsonSize") { _, value in
            if value.isNullish { return .null }
            guard value.type == .document else {
                throw AtelierError(31393, "$bsonSize requires a document input, found: \(value.type.name)")
            }
            return .integer(Int64(value.length))
        },
    ]
}
