import CDecimal

/// An IEEE 754-2008 decimal128 number in binary-integer (BID) encoding, as BSON stores it.
///
/// 34 significant digits; arithmetic rounds to nearest even (Intel's decimal library). The value keeps its exponent:
/// 1.0 and 1.00 are equal but not the same bytes. Addition and multiplication of numbers with short coefficients
/// take an integer path whose results are the library's, digit for digit.
@frozen
public struct Decimal128: Sendable {
    public var low: UInt64
    public var high: UInt64

    @inlinable @inline(__always)
    public init(low: UInt64, high: UInt64) {
        self.low = low
        self.high = high
    }

    public static let zero = Decimal128(low: 0, high: 0x3040_0000_0000_0000)
    public static let nan = Decimal128(low: 0, high: 0x7C00_0000_0000_0000)
    public static let infinity = Decimal128(low: 0, high: 0x7800_0000_0000_0000)
    public static let negativeInfinity = Decimal128(low: 0, high: 0xF800_0000_0000_0000)

    /// The exponent's bias: a biased exponent of 6176 is 10⁰.
    @usableFromInline static let bias = 6176
}

// MARK: - Classes of numbers

extension Decimal128 {
    @inlinable public var isNegative: Bool { high >> 63 == 1 }
    @inlinable public var isNaN: Bool { high & 0x7C00_0000_0000_0000 == 0x7C00_0000_0000_0000 }
    @inlinable public var isInfinite: Bool { high & 0x7C00_0000_0000_0000 == 0x7800_0000_0000_0000 }
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
        high = UInt64(negative ? 1 : 0) << 63 | UInt64(exponent + Decimal128.bias) << 49
            | UInt64(truncatingIfNeeded: coefficient >> 64)
    }
}

// MARK: - Making

extension Decimal128 {
    public init(_ value: Int64) {
        self.init(negative: value < 0, coefficient: UInt128(value.magnitude), exponent: 0)
    }

    /// The double rounded to 15 significant digits where that is what conversion in MongoDB gives, for example 0.1 → 0.100000000000000.
    ///
    /// Source: MongoDB manual, `$toDecimal`; the server quantizes to 15 digits.
    public init(rounding value: Double) {
        var flags: UInt32 = 0
        var exact = Decimal128(decimal128_from_double(value, &flags))
        if exact.isFinite && !exact.isZero {
            exact = exact.roundedToSignificantDigits(15)
        }
        self = exact
    }

    /// The double exactly where 34 digits suffice, else to 34 digits.
    public init(exactly34 value: Double) {
        var flags: UInt32 = 0
        self.init(decimal128_from_double(value, &flags))
    }

    /// Parses `-1.50`, `1E+3`, `NaN`, `Infinity`…; nil for anything else. Rounds past 34 digits.
    public init?(_ text: String) {
        guard Decimal128.isNumeral(text) else { return nil }
        var flags: UInt32 = 0
        self.init(text.withCString { decimal128_from_text($0, &flags) })
    }

    private static func isNumeral(_ text: String) -> Bool {
        var bytes = Substring(text.lowercased()).utf8
        if let first = bytes.first, first == UInt8(ascii: "-") || first == UInt8(ascii: "+") { bytes = bytes.dropFirst() }
        let rest = String(Substring(bytes))
        if rest == "nan" || rest == "inf" || rest == "infinity" { return true }
        var digits = 0, points = 0
        var iterator = bytes.makeIterator()
        var current = iterator.next()
        while let byte = current, byte != UInt8(ascii: "e") {
            switch byte {
            case 48...57: digits += 1
            case UInt8(ascii: "."): points += 1
            default: return false
            }
            current = iterator.next()
        }
        guard digits > 0, points <= 1 else { return false }
        guard current != nil else { return true }
        current = iterator.next()
        if current == UInt8(ascii: "-") || current == UInt8(ascii: "+") { current = iterator.next() }
        var exponentDigits = 0
        while let byte = current {
            guard 48...57 ~= byte else { return false }
            exponentDigits += 1
            current = iterator.next()
        }
        return exponentDigits > 0
    }

    @usableFromInline init(_ raw: decimal128_t) { self.init(low: raw.w.0, high: raw.w.1) }
    @usableFromInline var raw: decimal128_t {
        var raw = decimal128_t()
        raw.w = (low, high)
        return raw
    }
}

// MARK: - Arithmetic

extension Decimal128 {
    @inlinable
    public static func + (a: Decimal128, b: Decimal128) -> Decimal128 { a.addingShort(b) ?? a.addingLong(b) }

    @inlinable
    public static func * (a: Decimal128, b: Decimal128) -> Decimal128 { a.multiplyingShort(b) ?? a.multiplyingLong(b) }

    public static func - (a: Decimal128, b: Decimal128) -> Decimal128 {
        var flags: UInt32 = 0
        return Decimal128(decimal128_sub(a.raw, b.raw, &flags))
    }

    public static func / (a: Decimal128, b: Decimal128) -> Decimal128 {
        var flags: UInt32 = 0
        return Decimal128(decimal128_div(a.raw, b.raw, &flags))
    }

    public static prefix func - (a: Decimal128) -> Decimal128 { Decimal128(low: a.low, high: a.high ^ (1 << 63)) }

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

    @usableFromInline func multiplyingLong(_ other: Decimal128) -> Decimal128 {
        var flags: UInt32 = 0
        return Decimal128(decimal128_mul(raw, other.raw, &flags))
    }

    /// Sign, coefficient and biased exponent where the coefficient fits 63 bits and the number is an ordinary one.
    @inlinable @inline(__always)
    var isShort: Bool { high & 0x1_FFFF_FFFF_FFFF == 0 && low >> 63 == 0 && high & 0x6000_0000_0000_0000 != 0x6000_0000_0000_0000 }

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

/// Where a decimal is cut to fewer digits.
public enum DecimalRounding: UInt32, Sendable {
    case toNearestEven = 0
    case down = 1
    case up = 2
    case towardZero = 3
    case toNearestAwayFromZero = 4
}

extension Decimal128 {
    /// Rounded to an integer, keeping a non-negative exponent.
    public func roundedToIntegral(_ rounding: DecimalRounding) -> Decimal128 {
        var flags: UInt32 = 0
        return Decimal128(decimal128_round_integral(raw, rounding.rawValue, &flags))
    }

    /// The number with the exponent of `other`; NaN where that needs over 34 digits.
    public func quantized(like other: Decimal128, _ rounding: DecimalRounding = .toNearestEven) -> Decimal128 {
        var flags: UInt32 = 0
        return Decimal128(decimal128_quantize(raw, other.raw, rounding.rawValue, &flags))
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

    /// Nearest double.
    public var doubleValue: Double { doubleValue(.toNearestEven) }

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

func decimalDigits(_ coefficient: UInt128) -> Int {
    var digits = 1
    var limit: UInt128 = 10
    while coefficient >= limit && digits < 38 {
        digits += 1
        limit *= 10
    }
    return digits
}

// MARK: - Functions

/// The functions of a real variable that expressions offer on decimals.
public enum DecimalFunction: Sendable {
    case sqrt, exp, log, log10, sin, cos, tan, asin, acos, atan, sinh, cosh, tanh, asinh, acosh, atanh
}

extension Decimal128 {
    public func applying(_ function: DecimalFunction) -> Decimal128 {
        var flags: UInt32 = 0
        let result =
            switch function {
            case .sqrt: decimal128_sqrt(raw, &flags)
            case .exp: decimal128_exp(raw, &flags)
            case .log: decimal128_log(raw, &flags)
            case .log10: decimal128_log10(raw, &flags)
            case .sin: decimal128_sin(raw, &flags)
            case .cos: decimal128_cos(raw, &flags)
            case .tan: decimal128_tan(raw, &flags)
            case .asin: decimal128_asin(raw, &flags)
            case .acos: decimal128_acos(raw, &flags)
            case .atan: decimal128_atan(raw, &flags)
            case .sinh: decimal128_sinh(raw, &flags)
            case .cosh: decimal128_cosh(raw, &flags)
            case .tanh: decimal128_tanh(raw, &flags)
            case .asinh: decimal128_asinh(raw, &flags)
            case .acosh: decimal128_acosh(raw, &flags)
            case .atanh: decimal128_atanh(raw, &flags)
            }
        return Decimal128(result)
    }

    public func power(_ exponent: Decimal128) -> Decimal128 {
        var flags: UInt32 = 0
        return Decimal128(decimal128_pow(raw, exponent.raw, &flags))
    }

    public static func atan2(_ y: Decimal128, _ x: Decimal128) -> Decimal128 {
        var flags: UInt32 = 0
        return Decimal128(decimal128_atan2(y.raw, x.raw, &flags))
    }
}

// MARK: - Order and text

extension Decimal128 {
    /// Numeric order of two numbers; NaN stands below all others and equals itself, as in BSON's order.
    public func compare(_ other: Decimal128) -> Int {
        if isNaN || other.isNaN { return isNaN ? (other.isNaN ? 0 : -1) : 1 }
        var flags: UInt32 = 0
        if decimal128_less(raw, other.raw, &flags) != 0 { return -1 }
        return decimal128_equal(raw, other.raw, &flags) != 0 ? 0 : 1
    }
}

extension Decimal128: Equatable {
    /// Same bytes: 1.0 and 1.00 differ. For numeric equality use `compare`.
    public static func == (a: Decimal128, b: Decimal128) -> Bool { a.low == b.low && a.high == b.high }
}

extension Decimal128: CustomStringConvertible {
    /// The number in scientific or plain notation, as the BSON specification prints decimal128 values.
    public var description: String {
        if isNaN { return "NaN" }
        if isInfinite { return isNegative ? "-Infinity" : "Infinity" }
        let (coefficient, exponent) = parts
        let digits = String(coefficient)
        let sign = isNegative ? "-" : ""
        let adjusted = exponent + digits.utf8.count - 1
        if exponent > 0 || adjusted < -6 {
            let mantissa = digits.utf8.count > 1 ? "\(digits.prefix(1)).\(digits.dropFirst())" : digits
            return "\(sign)\(mantissa)E\(adjusted < 0 ? "" : "+")\(adjusted)"
        }
        if exponent == 0 { return sign + digits }
        let point = digits.utf8.count + exponent
        if point > 0 { return "\(sign)\(digits.prefix(point)).\(digits.dropFirst(point))" }
        return "\(sign)0.\(String(repeating: "0", count: -point))\(digits)"
    }
}
