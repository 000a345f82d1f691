import BSON
import Platform

/// Random values and documents of every type, small but awkward.
struct RandomValues {
    var random: SeededRandom

    init(seed: UInt64) { random = SeededRandom(seed: seed) }

    mutating func below(_ limit: Int) -> Int { Int.random(in: 0..<limit, using: &random) }

    mutating func pick<T>(_ choices: [T]) -> T { choices[below(choices.count)] }

    mutating func document(depth: Int = 3) -> Document {
        Document { writer in
            for _ in 0..<below(6) { writer.append(name(), value(depth: depth - 1)) }
        }
    }

    mutating func name() -> String {
        pick(["", "a", "b", "_id", "quantity", "unitPrice", "é", "名前", "a.b", "x\"y", "😀"])
    }

    mutating func text() -> String {
        pick([
            "", "x", "text", "a\u{0}b", "\u{1}\u{7f}", "ünï", "日本語", "😀😀", "\"\\/",
            String(repeating: "long ", count: 1 + below(20)),
        ])
    }

    mutating func value(depth: Int) -> BSONValue {
        switch below(depth > 0 ? 24 : 20) {
        case 0: return .double(double())
        case 1, 2: return .string(text())
        case 3:
            return .binary(
                subtype: pick([0, 1, 3, 4, 5, 6, 7, 8, 9, 0x80, 0xFF]),
                data: (0..<below(20)).map { _ in UInt8(below(256)) })
        case 4: return .undefined
        case 5: return .objectId(objectId())
        case 6: return .bool(below(2) == 0)
        case 7:
            return .date(
                pick([
                    0, 1, -1, 253_402_300_799_999, 253_402_300_800_000, .max, .min, Int64(below(2_000_000_000)) * 1000,
                ]))
        case 8: return .null
        case 9: return .regex(pattern: pick(["", "a.*b", "é\"\\d"]), options: pick(["", "i", "imsx"]))
        case 10: return .dbPointer(namespace: text(), id: objectId())
        case 11: return .javascript(text())
        case 12: return .symbol(text())
        case 13: return .int32(Int32(truncatingIfNeeded: pick([Int64(below(100)), Int64(bitPattern: random.next())])))
        case 14: return .timestamp(random.next())
        case 15: return .int64(pick([0, 1, -1, .max, .min, 1 << 53, (1 << 53) + 1, Int64(bitPattern: random.next())]))
        case 16, 17: return .decimal(decimal())
        case 18: return .minKey
        case 19: return .maxKey
        case 20: return .javascriptWithScope(code: text(), scope: document(depth: depth - 1))
        case 21: return .document(document(depth: depth - 1))
        default: return .array(BSONArray((0..<below(5)).map { _ in value(depth: depth - 1) }))
        }
    }

    mutating func objectId() -> ObjectId {
        withUnsafeBytes(of: (random.next(), random.next())) { ObjectId(pointer: $0.baseAddress!) }
    }

    mutating func double() -> Double {
        switch below(4) {
        case 0:
            return pick([
                0, -0.0, 1, -1, 0.1, 2.5, 1e16, 1e22, 1e23, 1e300, 0x1p53, 0x1p63, .infinity, -.infinity, .nan,
            ])
        case 1: return pick([.leastNonzeroMagnitude, .leastNormalMagnitude, .greatestFiniteMagnitude, .pi])
        case 2: return Double(below(2_000_000) - 1_000_000) / 100
        default: return Double(bitPattern: random.next())
        }
    }

    /// A decimal whose coefficient and exponent may be anything the format has.
    mutating func decimal() -> Decimal128 {
        switch below(5) {
        case 0: return pick([.nan, .infinity, .negativeInfinity, .zero, -.zero])
        case 1: return Decimal128(negative: below(2) == 0, coefficient: UInt128(below(100_000)), exponent: -below(5))
        case 2:
            return Decimal128(negative: below(2) == 0, coefficient: UInt128(below(1000)), exponent: below(12288) - 6176)
        default:
            let wide = UInt128(random.next()) << 64 | UInt128(random.next())
            let digits = below(35)
            let limit = (0..<digits).reduce(UInt128(1)) { limit, _ in limit * 10 }
            return Decimal128(negative: below(2) == 0, coefficient: wide % limit, exponent: below(80) - 50)
        }
    }
}
