#if canImport(Glibc)
import Glibc
#endif

/// Numbers written in decimal, read from UTF-8 bytes.
enum DecimalText {
    /// The nearest double to `-12.5e-3`: an optional sign, digits with at most one point, an optional exponent.
    ///
    /// Nil for any other text. Infinite where the number is too large.
    static func double(_ text: UnsafeRawBufferPointer) -> Double? {
        guard let parts = parts(text) else { return nil }
        if parts.isExact && parts.significand < 1 << 53 && -22...22 ~= parts.exponent {
            // Both numbers are doubles without error, so the one rounding of the operation is the right one.
            let significand = Double(parts.significand)
            let scaled = parts.exponent < 0 ? significand / power(-parts.exponent) : significand * power(parts.exponent)
            return parts.isNegative ? -scaled : scaled
        }
        return withUnsafeTemporaryAllocation(byteCount: text.count + 1, alignment: 1) { buffer in
            buffer.copyMemory(from: text)
            buffer[text.count] = 0
            return strtod(buffer.baseAddress!.assumingMemoryBound(to: CChar.self), nil)
        }
    }

    /// An integer with an optional minus sign, in the range of Int64; nil for any other text.
    static func integer(_ text: UnsafeRawBufferPointer) -> Int64? {
        var digits = text[...]
        let isNegative = digits.first == UInt8(ascii: "-")
        if isNegative { digits = digits.dropFirst() }
        guard !digits.isEmpty else { return nil }
        var value: Int64 = 0
        for digit in digits {
            guard 48...57 ~= digit else { return nil }
            let (tens, overflow) = value.multipliedReportingOverflow(by: 10)
            let (next, carry) =
                isNegative
                ? tens.subtractingReportingOverflow(Int64(digit - 48)) : tens.addingReportingOverflow(Int64(digit - 48))
            if overflow || carry { return nil }
            value = next
        }
        return value
    }

    /// Sign, digits without the point, power of ten; not exact where the digits exceed 19.
    struct Parts {
        var isNegative = false
        var significand: UInt64 = 0
        var exponent = 0
        var isExact = true
    }

    /// Takes a number apart; nil where the text is none.
    static func parts(_ text: UnsafeRawBufferPointer) -> Parts? {
        var parts = Parts()
        var position = 0
        func byte() -> UInt8 { position < text.count ? text[position] : 0 }
        if byte() == UInt8(ascii: "-") || byte() == UInt8(ascii: "+") {
            parts.isNegative = byte() == UInt8(ascii: "-")
            position += 1
        }
        var (digits, points) = (0, 0)
        while true {
            if 48...57 ~= byte() {
                digits += 1
                if parts.significand < 1_000_000_000_000_000_000 {
                    parts.significand = parts.significand * 10 + UInt64(byte() - 48)
                    parts.exponent -= points
                } else {
                    parts.isExact = false
                    parts.exponent += 1 - points
                }
            } else if byte() == UInt8(ascii: ".") && points == 0 {
                points = 1
            } else {
                break
            }
            position += 1
        }
        guard digits > 0 else { return nil }
        if byte() | 0x20 == UInt8(ascii: "e") {
            position += 1
            var sign = 1
            if byte() == UInt8(ascii: "-") || byte() == UInt8(ascii: "+") {
                sign = byte() == UInt8(ascii: "-") ? -1 : 1
                position += 1
            }
            guard 48...57 ~= byte() else { return nil }
            var exponent = 0
            while 48...57 ~= byte() {
                // Far past any exponent that matters; the cap keeps the sum in range.
                exponent = min(exponent * 10 + Int(byte() - 48), 1_000_000_000)
                position += 1
            }
            parts.exponent += sign * exponent
        }
        return position == text.count ? parts : nil
    }

    /// 10 to the power of 0…22, each exactly a double.
    static func power(_ exponent: Int) -> Double {
        var (result, base, rest) = (1.0, 10.0, exponent)
        while rest > 0 {
            if rest & 1 == 1 { result *= base }
            base *= base
            rest >>= 1
        }
        return result
    }
}
