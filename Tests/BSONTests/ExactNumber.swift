import BSON
import Glibc

/// A number of any type as sign, decimal digits and the place of the point: a slow and plain reference for comparisons.
struct ExactNumber {
    var isNegative = false
    /// Without zeros at either end; empty for zero.
    var digits: [UInt8] = []
    /// The number is 0.digits · 10^point.
    var point = 0

    /// Nil for NaN and infinities.
    init?(_ value: BSONValue) {
        switch value {
        case .int32(let number): self.init(digits: "\(number.magnitude)", exponent: 0, isNegative: number < 0)
        case .int64(let number): self.init(digits: "\(number.magnitude)", exponent: 0, isNegative: number < 0)
        case .decimal(let number):
            guard number.isFinite else { return nil }
            self.init(
                digits: "\(number.parts.coefficient)", exponent: number.parts.exponent, isNegative: number.isNegative)
        case .double(let number):
            guard number.isFinite else { return nil }
            // No double has more than 767 significant digits.
            var text = [CChar](repeating: 0, count: 900)
            _ = withVaList([number.magnitude]) { vsnprintf(&text, text.count, "%.780e", $0) }
            let parts = String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self).split(
                separator: "e")
            self.init(
                digits: parts[0].filter { $0 != "." }, exponent: Int(parts[1])! - 780, isNegative: number.sign == .minus
            )
        default: return nil
        }
    }

    private init(digits text: String, exponent: Int, isNegative: Bool) {
        digits = Array(text.utf8.drop { $0 == 48 })
        point = digits.count + exponent
        while digits.last == 48 { digits.removeLast() }
        self.isNegative = isNegative && !digits.isEmpty
    }

    func compare(_ other: ExactNumber) -> Int {
        if digits.isEmpty || other.digits.isEmpty {
            if digits.isEmpty && other.digits.isEmpty { return 0 }
            return digits.isEmpty ? (other.isNegative ? 1 : -1) : (isNegative ? -1 : 1)
        }
        if isNegative != other.isNegative { return isNegative ? -1 : 1 }
        let magnitude =
            point != other.point
            ? (point < other.point ? -1 : 1)
            : digits == other.digits ? 0 : digits.lexicographicallyPrecedes(other.digits) ? -1 : 1
        return isNegative ? -magnitude : magnitude
    }
}
