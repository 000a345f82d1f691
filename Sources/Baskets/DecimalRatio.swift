import BSON

/// A threshold such as a minimal support, exactly as it was written: a fraction of whole numbers, never a double.
///
/// 0.8 as a double is a little more than eight tenths, so that a rule that holds in exactly eight of ten baskets would
/// be lost. Here 0.8 is 8/10, and all comparisons are between products of counts.
public struct DecimalRatio: Sendable, Equatable, CustomStringConvertible {
    let numerator: UInt64
    /// A power of ten, at most 10¹⁸.
    let denominator: UInt64

    public static let zero = DecimalRatio(numerator: 0, denominator: 1)
    public static let one = DecimalRatio(numerator: 1, denominator: 1)

    private init(numerator: UInt64, denominator: UInt64) {
        self.numerator = numerator
        self.denominator = denominator
    }

    /// Reads `0.001`, `.5`, `1e-3` or `2.5%`.
    ///
    /// - Throws: `failedToParse` where it is no decimal number that is zero or more, or has more than 18 decimals.
    public init(_ text: String) throws {
        func failure(_ message: String) -> AtelierError {
            AtelierError(.failedToParse, "\(message), found \"\(text)\"")
        }
        let expected = "expected a decimal number such as 0.01 or 1%"
        var rest = Substring(text)
        var scale = 0
        if rest.last == "%" {
            rest.removeLast()
            scale = 2
        }
        if let mark = rest.firstIndex(where: { $0 == "e" || $0 == "E" }) {
            guard let exponent = Int(rest[rest.index(after: mark)...]), (-1000...1000).contains(exponent) else {
                throw failure(expected)
            }
            scale -= exponent
            rest = rest[..<mark]
        }
        let parts = rest.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count <= 2, rest.utf8.allSatisfy({ (48...57).contains($0) || $0 == 46 }), rest.utf8.count > 0,
            rest != "."
        else { throw failure(expected) }
        var digits = (String(parts[0]) + (parts.count == 2 ? String(parts[1]) : "")).utf8.map { UInt64($0 - 48) }
        scale += parts.count == 2 ? parts[1].utf8.count : 0
        while digits.last == 0 {
            digits.removeLast()
            scale -= 1
        }
        guard !digits.isEmpty else {
            self = .zero
            return
        }
        guard scale <= 18 else { throw failure("expected at most 18 decimals") }
        if scale < 0 {
            guard digits.count - scale <= 40 else { throw failure("expected a smaller number") }
            digits += Array(repeating: 0, count: -scale)
            scale = 0
        }
        var number: UInt64 = 0
        for digit in digits {
            let (product, isLarge) = number.multipliedReportingOverflow(by: 10)
            let (sum, isLarger) = product.addingReportingOverflow(digit)
            guard !isLarge, !isLarger else { throw failure("expected a smaller number, or one with fewer digits") }
            number = sum
        }
        self.init(numerator: number, denominator: (0..<scale).reduce(1) { power, _ in power * 10 })
    }

    /// Whether `count` of `total` is at least this part. Exact.
    @inline(__always)
    func isReached(by count: UInt32, of total: UInt32) -> Bool {
        UInt128(UInt64(count)) * UInt128(denominator) >= UInt128(numerator) * UInt128(UInt64(total))
    }

    /// Whether the quotient of two products of counts is at least this.
    func isReached(by product: UInt64, of other: UInt64) -> Bool {
        UInt128(product) * UInt128(denominator) >= UInt128(numerator) * UInt128(other)
    }

    /// The least count that is at least this part of `total`.
    func leastCount(of total: Int) -> Int {
        let product = UInt128(numerator) * UInt128(UInt64(total))
        return Int(clamping: (product + UInt128(denominator) - 1) / UInt128(denominator))
    }

    /// Whether this is more than one.
    public var exceedsOne: Bool { numerator > denominator }
    public var isZero: Bool { numerator == 0 }

    /// The number in decimals, as short as it can be.
    public var description: String {
        var digits = String(numerator)
        let decimals = String(denominator).utf8.count - 1
        guard decimals > 0 else { return digits }
        digits = String(repeating: "0", count: max(0, decimals + 1 - digits.utf8.count)) + digits
        let point = digits.index(digits.endIndex, offsetBy: -decimals)
        return digits[..<point] + "." + digits[point...]
    }
}
