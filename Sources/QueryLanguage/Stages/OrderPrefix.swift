import BSON

extension ValueView {
    /// The value's place in BSON's order as a number, as far as 64 bits can say: of two values whose prefixes differ, the one
    /// with the smaller prefix sorts first; about values with the same prefix it says nothing.
    ///
    /// The type's rank comes first, then what orders values of the type: a number rounded to a double, a date, the first
    /// bytes of a text.
    var orderPrefix: UInt64 {
        let rank = UInt64(truncatingIfNeeded: type.canonicalRank + 1) << 56
        switch type {
        case .int32, .int64: return rank | ValueView.orderBits(Double(asInt64)) >> 8
        case .double: return rank | ValueView.orderBits(asDouble) >> 8
        // Rounding to a double keeps the order, though not the differences.
        case .decimal: return rank | ValueView.orderBits(asDecimal.isNaN ? .nan : asDecimal.doubleValue) >> 8
        case .date: return rank | (UInt64(bitPattern: asDate) ^ 1 << 63) >> 8
        case .timestamp: return rank | bits >> 8
        case .bool: return rank | bits
        case .string, .symbol, .objectId:
            var word: UInt64 = 0
            for byte in bytes.prefix(7) { word = word << 8 | UInt64(byte) }
            return rank | word << (8 * UInt64(max(0, 7 - bytes.count)))
        default: return rank
        }
    }

    /// Bits that stand in the order of doubles: NaN below all others, zeros alike.
    private static func orderBits(_ number: Double) -> UInt64 {
        if number.isNaN { return 0 }
        if number == 0 { return 1 << 63 }
        let bits = number.bitPattern
        return number < 0 ? ~bits : bits | 1 << 63
    }
}
