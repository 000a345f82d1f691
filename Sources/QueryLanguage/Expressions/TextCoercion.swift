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
        case .double where !asDouble.isFinite:
            return arena.string(asDouble.isNaN ? "nan" : asDouble < 0 ? "-inf" : "inf").bytes
        case .int32, .int64, .double, .decimal, .date: return try arena.text(of: self).bytes
        case .timestamp: return arena.string(timestampText).bytes
        default: throw AtelierError(16007, "can't convert from BSON type \(type.name) to String")
        }
    }
}

extension ValueView {
    /// `Sep 13 12:26:40:2`: a timestamp's second in UTC and its increment in hexadecimal.
    fileprivate var timestampText: String {
        let date = UTCDate(milliseconds: Int64(bits >> 32) * 1000)
        func two(_ number: Int, _ pad: String) -> String { (number < 10 ? pad : "") + String(number) }
        let month = "\(DateFormat.monthNames[date.month - 1])".prefix(3)
        let time = "\(two(date.hour, "0")):\(two(date.minute, "0")):\(two(date.second, "0"))"
        return "\(month) \(two(date.day, " ")) \(time):\(String(bits & 0xFFFF_FFFF, radix: 16))"
    }
}

extension Arena {
    /// The text of a number, a date, a bool or an ObjectId, as a string value.
    ///
    /// - Throws: `18537` for a date whose year has no four digits.
    func text(of value: ValueView) throws -> ValueView {
        switch value.type {
        case .int32, .int64: return integer(value.asInt64)
        case .double: return double(value.asDouble)
        case .date:
            var text = DateText(arena: self, capacity: 24)
            try text.appendISO8601(UTCDate(milliseconds: value.asDate), suffix: true)
            return text.finish()
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

    /// Fifteen significant digits without trailing zeros; an exponent below 10⁻⁴ and from 10¹⁵ on.
    private func double(_ number: Double) -> ValueView {
        if number.isNaN { return string("NaN") }
        if number.isInfinite { return string(number < 0 ? "-Infinity" : "Infinity") }
        if number == 0 { return string(number.sign == .minus ? "-0" : "0") }
        if number.magnitude < 1e15, let whole = Int64(exactly: number) { return integer(whole) }
        let buffer = allocate(40).assumingMemoryBound(to: CChar.self)
        let length = withVaList([number]) { vsnprintf(buffer, 40, "%.15g", $0) }
        return ValueView(type: .string, pointer: UnsafeRawPointer(buffer), length: Int(length))
    }
}
