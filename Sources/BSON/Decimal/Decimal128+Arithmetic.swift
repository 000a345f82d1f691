import CDecimal

extension Decimal128 {
    /// The sum, rounded to 34 digits; its exponent is the lower of the two where the digits allow.
    @inlinable
    public static func + (a: Decimal128, b: Decimal128) -> Decimal128 { a.addingShort(b) ?? a.addingLong(b) }

    /// The product, rounded to 34 digits; its exponent is the sum of the two where the digits allow.
    @inlinable
    public static func * (a: Decimal128, b: Decimal128) -> Decimal128 { a.multiplyingShort(b) ?? a.multiplyingLong(b) }

    /// The difference, rounded to 34 digits; its exponent is the lower of the two where the digits allow.
    @inlinable
    public static func - (a: Decimal128, b: Decimal128) -> Decimal128 { a.addingShort(-b) ?? a.subtractingLong(b) }

    /// The quotient, rounded to 34 digits; infinite for a division by zero, NaN for zero by zero.
    public static func / (a: Decimal128, b: Decimal128) -> Decimal128 {
        var flags: UInt32 = 0
        return Decimal128(decimal128_div(a.raw, b.raw, &flags))
    }

    /// The number with the other sign.
    @inlinable
    public static prefix func - (a: Decimal128) -> Decimal128 { Decimal128(low: a.low, high: a.high ^ (1 << 63)) }

    /// The number without its sign.
    public var magnitude: Decimal128 { Decimal128(low: low, high: high & ~(1 << 63)) }

    /// The remainder with the sign of the dividend, as C's `fmod`.
    public func remainder(dividingBy other: Decimal128) -> Decimal128 {
        var flags: UInt32 = 0
        return Decimal128(decimal128_fmod(raw, other.raw, &flags))
    }

    @usableFromInline func addingLong(_ other: Decimal128) -> Decimal128 {
        var flags: UInt32 = 0
        return Decimal128(decimal128_add(raw, other.raw, &flags))
    }

    @usableFromInline func subtractingLong(_ other: Decimal128) -> Decimal128 {
        var flags: UInt32 = 0
        return Decimal128(decimal128_sub(raw, other.raw, &flags))
    }

    @usableFromInline func multiplyingLong(_ other: Decimal128) -> Decimal128 {
        var flags: UInt32 = 0
        return Decimal128(decimal128_mul(raw, other.raw, &flags))
    }

    /// Sign, coefficient and biased exponent where the coefficient fits 63 bits and the number is an ordinary one.
    @inlinable @inline(__always)
    var isShort: Bool {
        high & 0x1_FFFF_FFFF_FFFF == 0 && low >> 63 == 0 && high & 0x6000_0000_0000_0000 != 0x6000_0000_0000_0000
    }

    /// The exact product where both coefficients are short and the exponent stays well inside the range.
    @inlinable @inline(__always)
    func multiplyingShort(_ other: Decimal128) -> Decimal128? {
        guard isShort, other.isShort, low <= 0xFFFF_FFFF_FFFF, other.low <= 0xFFFF_FFFF_FFFF else { return nil }
        // Below 2⁴⁸ each: the product is below 2⁹⁶, hence under 34 digits and exact.
        let exponent = Int((high >> 49) & 0x3FFF) + Int((other.high >> 49) & 0x3FFF) - Decimal128.bias
        guard exponent >= 0, exponent <= 12287 else { return nil }
        let (top, bottom) = low.multipliedFullWidth(by: other.low)
        return Decimal128(low: bottom, high: ((high ^ other.high) & (1 << 63)) | UInt64(exponent) << 49 | top)
    }

    /// The exact sum where both coefficients are short and the exponents at most a few apart.
    @inlinable @inline(__always)
    func addingShort(_ other: Decimal128) -> Decimal128? {
        guard isShort, other.isShort else { return nil }
        if high == other.high, low | other.low != 0 {
            let sum = low &+ other.low
            return sum >> 63 == 0 ? Decimal128(low: sum, high: high) : nil
        }
        let (a, b) = ((high >> 49) & 0x3FFF, (other.high >> 49) & 0x3FFF)
        var (x, y) = (Int64(bitPattern: low), Int64(bitPattern: other.low))
        if a != b {
            let distance = a > b ? a - b : b - a
            guard distance <= 4 else { return nil }
            let factor: Int64 = distance == 1 ? 10 : distance == 2 ? 100 : distance == 3 ? 1000 : 10000
            let (scaled, overflow) = (a > b ? x : y).multipliedReportingOverflow(by: factor)
            if overflow { return nil }
            if a > b { x = scaled } else { y = scaled }
        }
        if isNegative { x = -x }
        if other.isNegative { y = -y }
        let (sum, overflow) = x.addingReportingOverflow(y)
        // A zero sum has a sign that depends on both; the library decides.
        if overflow || sum == 0 { return nil }
        return Decimal128(low: sum.magnitude, high: (sum < 0 ? 1 << 63 : 0) | (a < b ? a : b) << 49)
    }
}
