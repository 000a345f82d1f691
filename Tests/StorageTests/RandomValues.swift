import BSON
import Platform
import StorageWorkload

extension SeededRandom {
    /// A value of any type, small but awkward; numbers most of the time.
    mutating func value(depth: Int = 2) -> BSONValue {
        switch below(depth > 0 ? 30 : 25) {
        case 0: return .string(text())
        case 1: return .symbol(text())
        case 2:
            return .binary(
                subtype: pick([0, 1, 4, 0x80]), data: (0..<below(5)).map { _ in pick([0, 1, 0xFF, UInt8(below(256))]) })
        case 3: return .undefined
        case 4: return .objectId(objectId())
        case 5: return .bool(below(2) == 0)
        case 6: return .date(pick([0, 1, -1, .max, .min, Int64(below(2_000_000_000)) * 1000]))
        case 7: return .null
        case 8: return .regex(pattern: pick(["", "a", "a.*b", "é"]), options: pick(["", "i", "im"]))
        case 9: return .dbPointer(namespace: text(), id: objectId())
        case 10: return .javascript(text())
        case 11: return .timestamp(pick([0, 1, .max, next()]))
        case 12: return .minKey
        case 13: return .maxKey
        case 14: return .javascriptWithScope(code: text(), scope: document(depth: depth - 1))
        case 15...24: return number()
        case 25, 26: return .document(document(depth: depth - 1))
        default: return .array(BSONArray((0..<below(4)).map { _ in value(depth: depth - 1) }))
        }
    }

    mutating func document(depth: Int = 2) -> Document {
        Document { writer in
            for _ in 0..<below(4) { writer.append(pick(["", "a", "b", "é", "a\u{1}"]), value(depth: depth - 1)) }
        }
    }

    mutating func text() -> String {
        pick([
            "", "a", "ab", "b", "a\u{0}", "a\u{0}b", "a\u{1}", "\u{1}", "\u{0}", "\u{2}", "é", "日本", "😀",
            String(repeating: "ab", count: below(9)),
        ])
    }

    mutating func objectId() -> ObjectId {
        withUnsafeBytes(of: (next(), next())) { ObjectId(pointer: $0.baseAddress!) }
    }

    // MARK: Numbers

    mutating func number() -> BSONValue {
        switch below(6) {
        case 0:
            return .int32(Int32(truncatingIfNeeded: pick([below(10), -below(10), Int(truncatingIfNeeded: next())])))
        case 1: return .int64(integer())
        case 2, 3: return .double(double())
        default: return .decimal(decimal())
        }
    }

    mutating func integer() -> Int64 {
        let near = Int64(below(5) - 2)
        switch below(4) {
        case 0: return Int64(below(20) - 10)
        case 1: return pick([.max, .min, .max - 1, .min + 1])
        case 2: return (below(2) == 0 ? 1 : -1) * ((1 << Int64(50 + below(13))) &+ near)
        default: return Int64(bitPattern: next())
        }
    }

    mutating func double() -> Double {
        switch below(5) {
        case 0: return pick([0, -0.0, 1, -1, 0.1, -0.1, 2.5, 1e22, 1e23, 1e300, .infinity, -.infinity, .nan])
        case 1:
            let edge = pick([
                Double.leastNonzeroMagnitude, .leastNormalMagnitude, .greatestFiniteMagnitude, 0x1p53, 0x1p63,
                0x1p-1000,
            ])
            return pick([edge, -edge, edge.nextDown, -edge.nextDown])
        case 2: return Double(below(2_000) - 1_000) / 100
        case 3: return Double(integer())
        default: return Double(bitPattern: next())
        }
    }

    mutating func decimal() -> Decimal128 {
        switch below(7) {
        case 0:
            return pick([
                .nan, .infinity, .negativeInfinity, .zero, -.zero, Decimal128(low: 0, high: 0xFE00_0000_0000_0000),
            ])
        case 1: return Decimal128(negative: below(2) == 0, coefficient: UInt128(below(1000)), exponent: -below(4))
        case 2:
            return Decimal128(negative: below(2) == 0, coefficient: UInt128(below(1000)), exponent: below(12288) - 6176)
        case 3:
            return Decimal128(
                negative: below(2) == 0, coefficient: UInt128(1 + below(99)),
                exponent: pick([-324, -325, -323, 306, 307, 308, -6176, 6111]))
        case 4: return Decimal128(exactly34: double())
        case 5: return Decimal128(integer())
        default:
            let wide = UInt128(next()) << 64 | UInt128(next())
            let limit = (0..<below(35)).reduce(UInt128(1)) { limit, _ in limit * 10 }
            return Decimal128(negative: below(2) == 0, coefficient: wide % limit, exponent: below(80) - 50)
        }
    }

    /// A number equal or next to this one, often of another type.
    mutating func neighbour(of value: BSONValue) -> BSONValue {
        switch value {
        case .int32(let number):
            return pick([.double(Double(number)), .int64(Int64(number)), .decimal(Decimal128(Int64(number)))])
        case .int64(let number):
            return pick([
                .double(Double(number)), .decimal(Decimal128(number)), .int64(number &+ 1),
                .double(Double(number).nextUp),
            ])
        case .double(let number):
            return pick([
                .decimal(Decimal128(exactly34: number)), .decimal(Decimal128(rounding: number)), .double(number.nextUp),
                .double(number.nextDown),
            ])
        case .decimal(let number):
            let (coefficient, exponent) = number.parts
            if number.isFinite, coefficient < 100_000_000, exponent > -6000 {
                return pick([
                    .decimal(
                        Decimal128(negative: number.isNegative, coefficient: coefficient * 10, exponent: exponent - 1)),
                    .decimal(
                        Decimal128(
                            negative: number.isNegative, coefficient: coefficient * 100 + 1, exponent: exponent - 2)),
                    .double(number.doubleValue),
                ])
            }
            return pick([
                .double(number.doubleValue), .double(number.doubleValue(.towardZero)),
                .double(number.doubleValue.nextUp),
            ])
        default: return self.value()
        }
    }
}
