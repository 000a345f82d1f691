import CDecimal

/// An IEEE 754-2008 decimal128 number in binary-integer (BID) encoding, as BSON stores it.
///
/// 34 significant digits; arithmetic rounds to nearest even (Intel's decimal library). The value keeps its exponent:
/// 1.0 and 1.00 are equal but not the same bytes. Addition and multiplication of numbers with short coefficients
/// take an integer path whose results are the library's, digit for digit.
@frozen
public struct Decimal128: Sendable {
    /// The lower half of the 128 bits.
    public var low: UInt64
    /// The upper half: sign, exponent and the top of the coefficient.
    public var high: UInt64

    /// The number with these bits.
    @inlinable @inline(__always)
    public init(low: UInt64, high: UInt64) {
        self.low = low
        self.high = high
    }

    /// 0, exponent 0.
    public static let zero = Decimal128(low: 0, high: 0x3040_0000_0000_0000)
    /// Not a number, quiet and without payload.
    public static let nan = Decimal128(low: 0, high: 0x7C00_0000_0000_0000)
    /// Above all finite numbers.
    public static let infinity = Decimal128(low: 0, high: 0x7800_0000_0000_0000)
    /// Below all finite numbers.
    public static let negativeInfinity = Decimal128(low: 0, high: 0xF800_0000_0000_0000)

    /// The exponent's bias: a biased exponent of 6176 is 10⁰.
    @usableFromInline static let bias = 6176
}

// MARK: - Classes of numbers

extension Decimal128 {
    /// Whether the sign is set; -0 has one too.
    @inlinable public var isNegative: Bool { high >> 63 == 1 }
    /// Quiet or signalling, any sign, any payload.
    @inlinable public var isNaN: Bool { high & 0x7C00_0000_0000_0000 == 0x7C00_0000_0000_0000 }
    /// Infinity of either sign.
    @inlinable public var isInfinite: Bool { high & 0x7C00_0000_0000_0000 == 0x7800_0000_0000_0000 }
    /// Neither NaN nor infinite.
    @inlinable public var isFinite: Bool { high & 0x7800_0000_0000_0000 != 0x7800_0000_0000_0000 }

    /// Zero of any sign and exponent; a coefficient past 34 digits counts as zero, as the standard says.
    public var isZero: Bool {
        guard isFinite else { return false }
        let (coefficient, _) = parts
        return coefficient == 0
    }

    /// Coefficient (below 10³⁴) and unbiased exponent of a finite number.
    public var parts: (coefficient: UInt128, exponent: Int) {
        if high & 0x6000_0000_0000_0000 == 0x6000_0000_0000_0000 {
            return (0, Int((high >> 47) & 0x3FFF) - Decimal128.bias)  // Non-canonical: the coefficient is over 10³⁴.
        }
        let coefficient = UInt128(high & 0x1_FFFF_FFFF_FFFF) << 64 | UInt128(low)
        let exponent = Int((high >> 49) & 0x3FFF) - Decimal128.bias
        return (coefficient < Decimal128.coefficientLimit ? coefficient : 0, exponent)
    }

    static let coefficientLimit: UInt128 = 10_000_000_000_000_000_000_000_000_000_000_000

    /// A finite number from its parts. The coefficient is below 10³⁴, the exponent from -6176 to 6111.
    public init(negative: Bool, coefficient: UInt128, exponent: Int) {
        low = UInt64(truncatingIfNeeded: coefficient)
        high =
            UInt64(negative ? 1 : 0) << 63 | UInt64(exponent + Decimal128.bias) << 49
            | UInt64(truncatingIfNeeded: coefficient >> 64)
    }
}

// MARK: - Making

extension Decimal128 {
    /// The integer, exponent 0.
    public init(_ value: Int64) {
        self.init(negative: value < 0, coefficient: UInt128(value.magnitude), exponent: 0)
    }

    /// The double as MongoDB converts it: rounded to 15 significant digits and padded with zeros to just those, so that
    /// 0.1 becomes 0.100000000000000 and 2.5 becomes 2.50000000000000. Zero, NaN and infinities stay what they are.
    ///
    /// What `$toDecimal` gives, and what a double becomes in arithmetic with decimals.
    /// Source: MongoDB manual, `$toDecimal`.
    public init(rounding value: Double) {
        let exact = Decimal128(exactly34: value)
        self = exact.isFinite && !exact.isZero ? exact.roundedToSignificantDigits(15) : exact
    }

    /// The double exactly where 34 digits suffice, else rounded to 34 digits.
    public init(exactly34 value: Double) {
        var flags: UInt32 = 0
        self.init(decimal128_from_double(value, &flags))
    }

    @usableFromInline init(_ raw: decimal128_t) { self.init(low: raw.w.0, high: raw.w.1) }
    @usableFromInline var raw: decimal128_t {
        var raw = decimal128_t()
        raw.w = (low, high)
        return raw
    }
}

// MARK: - Order

extension Decimal128 {
    /// -1, 0 or 1 where the number has a short coefficient; nil where it is better compared by other means.
    @inlinable @inline(__always)
    public var signIfShort: Int? { isShort ? (low == 0 ? 0 : isNegative ? -1 : 1) : nil }

    /// The order of two numbers with short coefficients whose exponents are not far apart; nil for others.
    private func compareScaled(_ other: Decimal128) -> Int? {
        let distance = Int((high >> 49) & 0x3FFF) - Int((other.high >> 49) & 0x3FFF)
        var (a, b) = (Int128(low), Int128(other.low))
        switch distance {
        case 0: break
        case 1...18: a *= Int128(Decimal128.powersOfTen[distance])
        case -18 ... -1: b *= Int128(Decimal128.powersOfTen[-distance])
        default:
            guard low == 0 || other.low == 0 else { return nil }
        }
        if isNegative { a = -a }
        if other.isNegative { b = -b }
        return a < b ? -1 : a == b ? 0 : 1
    }

    private static let powersOfTen: [Int64] = (0...18).map { exponent in
        (0..<exponent).reduce(1) { power, _ in power * 10 }
    }

    /// Numeric order of two numbers; NaN stands below all others and equals itself, as in BSON's order.
    public func compare(_ other: Decimal128) -> Int {
        if isShort && other.isShort {
            if (high ^ other.high) << 1 == 0 {  // The same exponent: prices, mostly.
                let (a, b) = (Int64(bitPattern: low), Int64(bitPattern: other.low))
                return order(isNegative ? -a : a, other.isNegative ? -b : b)
            }
            if let order = compareScaled(other) { return order }
        }
        return compareLong(other)
    }

    private func compareLong(_ other: Decimal128) -> Int {
        if isNaN || other.isNaN { return isNaN ? (other.isNaN ? 0 : -1) : 1 }
        var flags: UInt32 = 0
        if decimal128_less(raw, other.raw, &flags) != 0 { return -1 }
        return decimal128_equal(raw, other.raw, &flags) != 0 ? 0 : 1
    }

    /// Exact numeric order of a decimal and a double; NaN stands below all others and equals itself.
    func compare(_ other: Double) -> Int {
        if isNaN || other.isNaN { return isNaN ? (other.isNaN ? 0 : -1) : 1 }
        // The doubles next to the number on either side; both are the number where it is a double.
        if doubleValue(.down) < other { return -1 }
        if doubleValue(.up) > other { return 1 }
        return 0
    }
}

extension Decimal128: Hashable {
    /// Same bytes: 1.0 and 1.00 differ. For numeric equality use `compare`.
    public static func == (a: Decimal128, b: Decimal128) -> Bool { a.low == b.low && a.high == b.high }
}
