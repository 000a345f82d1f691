import BSON

/// Numbers of all four types, in one order.
///
/// A number is written as the double that it becomes when rounded toward zero, in 8 bytes that sort like doubles do
/// (bits inverted for negative numbers, sign bit flipped for the others), and one byte that says whether the double is
/// the number itself (0) or the number is larger in magnitude (1). In the latter case the whole number follows in
/// decimal: exponent of its first digit (2 bytes), its digits two to a byte, 0. All that follows the double is inverted
/// for negative numbers. NaN is eight zero bytes, below -Infinity; -0 is 0. A negative number too small for a double is
/// written as the double -0.
extension IndexKeyBuffer {
    private static let signBit: UInt64 = 1 << 63
    private static let number = IndexKeyBuffer.typeByte(of: .int32)

    func appendInteger(_ value: Int64) {
        push(Self.number)
        appendIntegerPayload(value)
    }

    func appendDouble(_ value: Double) {
        push(Self.number)
        appendDoublePayload(value)
    }

    func appendDoublePayload(_ value: Double) {
        if value.isNaN {
            pushWord(0)
            push(0)
        } else {
            pushExact(value)
        }
    }

    func appendIntegerPayload(_ value: Int64) {
        let magnitude = value.magnitude
        if magnitude <= 1 << 53 {
            pushExact(Double(value))
            return
        }
        // Over 53 bits: drop the lowest ones, which rounds toward zero.
        let dropped = UInt64(64 - magnitude.leadingZeroBitCount - 53)
        let kept = (magnitude >> dropped) << dropped
        let rounded = value < 0 ? -Double(kept) : Double(kept)
        if kept == magnitude { pushExact(rounded) } else { pushInexact(rounded, value < 0, UInt128(magnitude), 0) }
    }

    func appendDecimalPayload(_ value: Decimal128) {
        if value.isNaN {
            appendDoublePayload(.nan)
            return
        }
        if value.isInfinite {
            pushExact(value.isNegative ? -.infinity : .infinity)
            return
        }
        let (coefficient, exponent) = value.parts
        if coefficient == 0 {
            pushExact(0)
            return
        }
        let negative = value.isNegative
        if coefficient <= 1 << 53, exponent <= 0, exponent >= -22 {
            // Both operands are exact doubles: one division, whose remainder tells where the quotient was rounded.
            let (dividend, divisor) = (Double(UInt64(coefficient)), Self.powersOfTen[-exponent])
            var quotient = dividend / divisor
            let remainder = dividend.addingProduct(-quotient, divisor)
            if remainder < 0 { quotient = quotient.nextDown }
            let rounded = negative ? -quotient : quotient
            if remainder == 0 { pushExact(rounded) } else { pushInexact(rounded, negative, coefficient, exponent) }
            return
        }
        let rounded = value.doubleValue(.towardZero)
        if value.doubleValue(.down) == value.doubleValue(.up) {
            pushExact(rounded)
        } else {
            pushInexact(negative ? -rounded.magnitude : rounded, negative, coefficient, exponent)
        }
    }

    private static let powersOfTen: [Double] = [
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19,
        1e20, 1e21, 1e22,
    ]

    @inline(__always)
    private func pushDouble(_ value: Double, negative: Bool) {
        let bits = value.bitPattern
        pushWord(negative ? ~bits : bits ^ Self.signBit)
    }

    @inline(__always)
    private func pushExact(_ value: Double) {
        let negative = value < 0
        pushDouble(value == 0 ? 0 : value, negative: negative)
        push(negative ? 0xFF : 0)
    }

    /// - Parameter rounded: the number rounded toward zero, -0 where a negative number vanished.
    private func pushInexact(_ rounded: Double, _ negative: Bool, _ coefficient: UInt128, _ exponent: Int) {
        pushDouble(rounded, negative: negative)
        let tail = end
        push(1)
        // At most 39 digits; trailing zeros are dropped, so that equal numbers have equal digits.
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 40) { digits in
            var count = 0
            var rest = coefficient
            while rest > 0 {
                digits[count] = UInt8(truncatingIfNeeded: rest % 10)
                rest /= 10
                count += 1
            }
            let first = UInt16(exponent + count - 1 + 8192)
            push(UInt8(first >> 8))
            push(UInt8(first & 0xFF))
            var last = 0
            while digits[last] == 0 { last += 1 }
            var position = count - 1
            while position >= last {
                let high = digits[position]
                let low = position > last ? digits[position - 1] : 0
                push(high * 10 + low + 1)
                position -= 2
            }
            push(0)
        }
        if negative { invert(from: tail) }
    }
}
