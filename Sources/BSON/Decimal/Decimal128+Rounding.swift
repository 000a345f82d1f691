import CDecimal

/// Where a decimal is cut to fewer digits.
public enum DecimalRounding: UInt32, Sendable {
    case toNearestEven = 0
    case down = 1
    case up = 2
    case towardZero = 3
    case toNearestAwayFromZero = 4
}

extension Decimal128 {
    /// Rounded to an integer; a number without a fraction stays as it is.
    public func roundedToIntegral(_ rounding: DecimalRounding) -> Decimal128 {
        var flags: UInt32 = 0
        return Decimal128(decimal128_round_integral(raw, rounding.rawValue, &flags))
    }

    /// The number with the exponent of `other`; NaN where that needs over 34 digits.
    public func quantized(like other: Decimal128, _ rounding: DecimalRounding = .toNearestEven) -> Decimal128 {
        var flags: UInt32 = 0
        return Decimal128(decimal128_quantize(raw, other.raw, rounding.rawValue, &flags))
    }

    /// Rounded to so many decimal places, or for a negative number of places to tens, hundreds, …: `$round` and `$trunc`.
    ///
    /// The result shows all the places asked for (1.5 to three places is 1.500), as far as 34 digits hold them.
    public func rounded(toPlaces places: Int, _ rounding: DecimalRounding = .toNearestEven) -> Decimal128 {
        guard isFinite else { return self }
        let exponent = min(max(-places, -6176), 6111)
        let result = quantized(like: Decimal128(negative: false, coefficient: 1, exponent: exponent), rounding)
        // Only padding with zeros can take more than 34 digits, and then there was nothing to round.
        return result.isNaN ? self : result
    }

    /// Rounded to so many significant digits, padded with zeros to just that many.
    func roundedToSignificantDigits(_ digits: Int) -> Decimal128 {
        let (coefficient, exponent) = parts
        let have = decimalDigits(coefficient)
        var target = exponent + have - digits
        var result = quantized(like: Decimal128(negative: false, coefficient: 1, exponent: max(-6176, target)))
        if decimalDigits(result.parts.coefficient) > digits {  // 9.99…96 rounded up to one digit more.
            target += 1
            result = result.quantized(like: Decimal128(negative: false, coefficient: 1, exponent: target))
        }
        return result
    }

    /// Nearest double, ties to even.
    public var doubleValue: Double {
        let exponent = Int((high >> 49) & 0x3FFF) - Decimal128.bias
        if isShort && low < 1 << 53 && -22...22 ~= exponent {
            // Both numbers are doubles without error, so the one rounding of the operation is the right one.
            let magnitude =
                exponent < 0 ? Double(low) / DecimalText.power(-exponent) : Double(low) * DecimalText.power(exponent)
            return isNegative ? -magnitude : magnitude
        }
        return doubleValue(.toNearestEven)
    }

    /// The next double in the direction asked for, or the double that is equal.
    public func doubleValue(_ rounding: DecimalRounding) -> Double {
        var flags: UInt32 = 0
        return decimal128_to_double(raw, rounding.rawValue, &flags)
    }

    /// The number as an Int64 where it is one exactly.
    public var exactInt64: Int64? {
        guard isFinite else { return nil }
        var (coefficient, exponent) = parts
        if coefficient == 0 { return 0 }
        while exponent < 0 {
            guard coefficient % 10 == 0 else { return nil }
            coefficient /= 10
            exponent += 1
        }
        while exponent > 0 {
            guard coefficient <= UInt128(UInt64.max) else { return nil }
            coefficient *= 10
            exponent -= 1
        }
        guard let magnitude = UInt64(exactly: coefficient) else { return nil }
        if isNegative { return magnitude <= 1 << 63 ? Int64(truncatingIfNeeded: 0 &- magnitude) : nil }
        return Int64(exactly: magnitude)
    }
}

/// How many decimal digits a number has; 1 for zero.
func decimalDigits(_ number: UInt128) -> Int {
    if number <= UInt128(UInt64.max) {
        var (digits, rest) = (1, UInt64(truncatingIfNeeded: number))
        while rest >= 10 {
            digits += 1
            rest /= 10
        }
        return digits
    }
    var digits = 20
    var limit: UInt128 = 100_000_000_000_000_000_000
    while number >= limit && digits < 39 {
        digits += 1
        limit &*= 10
    }
    return digits
}
