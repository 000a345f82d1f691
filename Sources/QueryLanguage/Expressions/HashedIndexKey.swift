import BSON

extension ExpressionOperator {
    /// Source: MongoDB manual, "$toHashedIndexKey".
    static let hashing: [ExpressionOperator] = [
        unary("$toHashedIndexKey") { _, value in .int64(value.hashedIndexKey) }
    ]
}

extension ValueView {
    /// The key of a hashed index: the first eight bytes of an MD5 digest over the value. Numbers that are equal as longs
    /// have one key.
    var hashedIndexKey: Int64 {
        var digest = MD5()
        digest.update(littleEndian: Int32(0))
        appendForHash(to: &digest, name: nil)
        return digest.finish()
    }

    private func appendForHash(to digest: inout MD5, name: UnsafeRawBufferPointer?) {
        digest.update(
            littleEndian: Int32(truncatingIfNeeded: isMissing ? ValueView.null.type.canonicalRank : type.canonicalRank))
        if let name {
            digest.update(name)
            digest.update(byte: 0)
        }
        switch type {
        case .int32, .int64, .double, .decimal: digest.update(littleEndian: wholeForHash)
        case .document, .array:
            var cursor = asDocument.elements()
            while cursor.next() { cursor.value.appendForHash(to: &digest, name: cursor.key) }
            digest.update(littleEndian: Int32(0))
        case .bool: digest.update(byte: asBool ? 1 : 0)
        case .date, .timestamp: digest.update(littleEndian: bits)
        case .string, .symbol, .javascript:
            digest.update(littleEndian: Int32(length) + 1)
            digest.update(bytes)
            digest.update(byte: 0)
        case .missing, .null, .undefined, .minKey, .maxKey: break
        default: digest.update(bytes)
        }
    }

    /// A number's whole part, at the ends of the range where it is beyond; 0 for NaN.
    private var wholeForHash: Int64 {
        switch type {
        case .int32, .int64: return asInt64
        case .double:
            let number = asDouble.rounded(.towardZero)
            return number.isNaN ? 0 : Int64(exactly: number) ?? (number < 0 ? Int64.min : Int64.max)
        default:
            let number = asDecimal
            if number.isNaN { return 0 }
            return number.roundedToIntegral(.towardZero).exactInt64 ?? (number.isNegative ? Int64.min : Int64.max)
        }
    }
}

/// The MD5 digest, which hashed index keys are made of; not for anything secret. Source: RFC 1321.
struct MD5 {
    private var state: (UInt32, UInt32, UInt32, UInt32) = (0x6745_2301, 0xEFCD_AB89, 0x98BA_DCFE, 0x1032_5476)
    private var block: [UInt8] = []
    private var length: UInt64 = 0

    mutating func update(byte: UInt8) {
        block.append(byte)
        length += 1
        if block.count == 64 {
            process()
            block.removeAll(keepingCapacity: true)
        }
    }

    mutating func update(_ bytes: some Sequence<UInt8>) { for byte in bytes { update(byte: byte) } }

    mutating func update(littleEndian number: some FixedWidthInteger) {
        withUnsafeBytes(of: number.littleEndian) { update($0) }
    }

    /// The digest's first eight bytes as a little-endian number.
    mutating func finish() -> Int64 {
        let bits = length * 8
        update(byte: 0x80)
        while block.count != 56 { update(byte: 0) }
        update(littleEndian: bits)
        return Int64(bitPattern: UInt64(state.1) << 32 | UInt64(state.0))
    }

    private mutating func process() {
        var (a, b, c, d) = state
        for i in 0..<64 {
            let mixed: UInt32
            let word: Int
            switch i / 16 {
            case 0: (mixed, word) = ((b & c) | (~b & d), i)
            case 1: (mixed, word) = ((d & b) | (~d & c), (5 * i + 1) % 16)
            case 2: (mixed, word) = (b ^ c ^ d, (3 * i + 5) % 16)
            default: (mixed, word) = (c ^ (b | ~d), (7 * i) % 16)
            }
            let start = word * 4
            let value = (0..<4).reduce(UInt32(0)) { $0 | UInt32(block[start + $1]) << UInt32(8 * $1) }
            let sum = a &+ mixed &+ MD5.sines[i] &+ value
            let shift = MD5.shifts[i / 16 * 4 + i % 4]
            (a, d, c, b) = (d, c, b, b &+ (sum << shift | sum >> (32 - shift)))
        }
        state = (state.0 &+ a, state.1 &+ b, state.2 &+ c, state.3 &+ d)
    }

    private static let shifts: [UInt32] = [7, 12, 17, 22, 5, 9, 14, 20, 4, 11, 16, 23, 6, 10, 15, 21]

    /// 2³² · |sin(i + 1)|.
    private static let sines: [UInt32] = [
        0xD76A_A478, 0xE8C7_B756, 0x2420_70DB, 0xC1BD_CEEE, 0xF57C_0FAF, 0x4787_C62A, 0xA830_4613, 0xFD46_9501,
        0x6980_98D8, 0x8B44_F7AF, 0xFFFF_5BB1, 0x895C_D7BE, 0x6B90_1122, 0xFD98_7193, 0xA679_438E, 0x49B4_0821,
        0xF61E_2562, 0xC040_B340, 0x265E_5A51, 0xE9B6_C7AA, 0xD62F_105D, 0x0244_1453, 0xD8A1_E681, 0xE7D3_FBC8,
        0x21E1_CDE6, 0xC337_07D6, 0xF4D5_0D87, 0x455A_14ED, 0xA9E3_E905, 0xFCEF_A3F8, 0x676F_02D9, 0x8D2A_4C8A,
        0xFFFA_3942, 0x8771_F681, 0x6D9D_6122, 0xFDE5_380C, 0xA4BE_EA44, 0x4BDE_CFA9, 0xF6BB_4B60, 0xBEBF_BC70,
        0x289B_7EC6, 0xEAA1_27FA, 0xD4EF_3085, 0x0488_1D05, 0xD9D4_D039, 0xE6DB_99E5, 0x1FA2_7CF8, 0xC4AC_5665,
        0xF429_2244, 0x432A_FF97, 0xAB94_23A7, 0xFC93_A039, 0x655B_59C3, 0x8F0C_CC92, 0xFFEF_F47D, 0x8584_5DD1,
        0x6FA8_7E4F, 0xFE2C_E6E0, 0xA301_4314, 0x4E08_11A1, 0xF753_7E82, 0xBD3A_F235, 0x2AD7_D2BB, 0xEB86_D391,
    ]
}
