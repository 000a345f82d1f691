import BSON
import Glibc

extension ValueView {
    /// The text that string operators make of a value: a string's own bytes, a number's digits, a date's ISO 8601 form,
    /// nothing at all for null.
    ///
    /// - Throws: `16007` for a value that has no text.
    func coercedText(_ arena: Arena) throws -> UnsafeRawBufferPointer {
        switch type {
        case .string, .symbol, .javascript: return bytes
        case .missing, .null, .undefined: return UnsafeRawBufferPointer(start: nil, count: 0)
        case .int32, .int64, .double, .decimal, .date: return arena.text(of: self).bytes
        case .timestamp:
            let seconds = UTCDate(milliseconds: Int64(bits >> 32) * 1000)
            return arena.string("Timestamp(\(bits >> 32), \(bits & 0xFFFF_FFFF)) \(seconds.iso8601())").bytes
        default: throw AtelierError(16007, "can't convert from BSON type \(type.name) to String")
        }
    }
}

extension Arena {
    /// The text of a number, a date, a bool or an ObjectId, as a string value.
    func text(of value: ValueView) -> ValueView {
        switch value.type {
        case .int32, .int64: return integer(value.asInt64)
        case .double: return double(value.asDouble)
        case .date:
            return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 0) { _ in
                var format = DateText(arena: self, capacity: 40)
                format.appendISO8601(UTCDate(milliseconds: value.asDate), suffix: true)
                return format.finish()
            }
        case .bool: return string(value.asBool ? "true" : "false")
        case .objectId: return string(value.asObjectId.description)
        default: return string(value.asDecimal.description)
        }
    }

    private func integer(_ number: Int64) -> ValueView {
        let end = allocate(24) + 24
        var first = end
        var rest = number.magnitude
        repeat {
            first -= 1
            first.storeBytes(of: UInt8(48 + rest % 10), as: UInt8.self)
            rest /= 10
        } while rest > 0
        if number < 0 {
            first -= 1
            first.storeBytes(of: UInt8(ascii: "-"), as: UInt8.self)
        }
        return ValueView(type: .string, pointer: UnsafeRawPointer(first), length: end - first)
    }

    /// The shortest digits that give the double back; no point for a whole number, an exponent from 10¹⁶ on.
    private func double(_ number: Double) -> ValueView {
        if number.isNaN { return string("NaN") }
        if number.isInfinite { return string(number < 0 ? "-Infinity" : "Infinity") }
        if number == 0 { return string(number.sign == .minus ? "-0" : "0") }
        if number.magnitude < 1e15, let whole = Int64(exactly: number) { return integer(whole) }
        let buffer = allocate(40).assumingMemoryBound(to: CChar.self)
        for digits in [15, 16, 17] as [Int32] {
            let length = withVaList([digits, number]) { vsnprintf(buffer, 40, "%.*g", $0) }
            if digits == 17 || strtod(buffer, nil) == number {
                return ValueView(type: .string, pointer: UnsafeRawPointer(buffer), length: Int(length))
            }
        }
        return .emptyString
    }
}
