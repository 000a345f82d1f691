import BSON

/// A filter's comparison operator, as the set of outcomes of `compare` that satisfy it.
struct FilterComparison: Sendable, Equatable {
    /// Bit 0: less, bit 1: equal, bit 2: greater.
    let accepted: UInt8

    static let less = FilterComparison(accepted: 0b001)
    static let lessOrEqual = FilterComparison(accepted: 0b011)
    static let equal = FilterComparison(accepted: 0b010)
    static let greaterOrEqual = FilterComparison(accepted: 0b110)
    static let greater = FilterComparison(accepted: 0b100)

    /// Whether the operator is satisfied where the value compares so (negative, zero, positive) with the constant.
    @inline(__always)
    func accepts(_ order: Int) -> Bool { accepted >> UInt8(truncatingIfNeeded: order + 1) & 1 != 0 }

    @inline(__always) func accepts<T: Comparable>(_ a: T, _ b: T) -> Bool { accepts(a < b ? -1 : a == b ? 0 : 1) }

    /// Whether equal values satisfy the operator.
    var includesEqual: Bool { accepted & 0b010 != 0 }

    /// Whether a value satisfies the operator against a constant.
    ///
    /// Only values of the constant's kind compare (all numbers are one kind); null stands for a missing value too; NaN is
    /// equal to NaN and otherwise neither less nor greater; every other value lies between minKey and maxKey.
    /// Source: MongoDB manual, "Comparison Query Operators", "Type Bracketing".
    @inline(__always)
    func holds(_ value: ValueView, _ constant: ValueView) -> Bool {
        if value.type == constant.type {
            switch value.type {
            case .date: return accepts(value.asDate, constant.asDate)
            case .string: return accepts(compareBytes(value.bytes, constant.bytes))
            case .double:
                // Ordinary doubles; NaN below.
                if value.asDouble == value.asDouble && constant.asDouble == constant.asDouble {
                    return accepts(value.asDouble, constant.asDouble)
                }
            default: break
            }
        }
        return holdsAcross(value, constant)
    }

    private func holdsAcross(_ value: ValueView, _ constant: ValueView) -> Bool {
        if value.type.canonicalRank != constant.type.canonicalRank {
            switch constant.type {
            case .null: return value.isMissing && includesEqual
            case .maxKey: return self == .less || self == .lessOrEqual
            case .minKey: return self == .greater || self == .greaterOrEqual
            default: return false
            }
        }
        if value.isNumber {
            let (a, b) = (value.isNaN, constant.isNaN)
            if a || b { return a && b && includesEqual }
        }
        return accepts(value.compare(constant))
    }
}

extension ValueView {
    var isNaN: Bool {
        switch type {
        case .double: asDouble.isNaN
        case .decimal: asDecimal.isNaN
        default: false
        }
    }
}

/// `$eq`, `$lt`, `$lte`, `$gt`, `$gte` against a constant of any type.
final class ComparisonTest: ValueTest {
    let comparison: FilterComparison
    let constant: ValueView

    init(_ comparison: FilterComparison, _ constant: ValueView) {
        self.comparison = comparison
        self.constant = constant
    }

    override func test(_ value: ValueView, _ scope: Scope) throws -> Bool { comparison.holds(value, constant) }
}

/// A comparison with a constant that is an int or long.
final class IntegerTest: ValueTest {
    let comparison: FilterComparison
    let constant: ValueView
    let number: Int64

    init(_ comparison: FilterComparison, _ constant: ValueView) {
        self.comparison = comparison
        self.constant = constant
        number = constant.asInt64
    }

    override func test(_ value: ValueView, _ scope: Scope) throws -> Bool {
        switch value.type {
        case .int32, .int64: return comparison.accepts(value.asInt64, number)
        case .decimal where number == 0:
            if let sign = value.asDecimal.signIfShort { return comparison.accepts(sign) }
        default: break
        }
        return value.isNumber && comparison.holds(value, constant)
    }
}

/// `$eq` with a constant string.
final class TextEqualityTest: ValueTest {
    let text: UnsafeRawBufferPointer
    init(_ constant: ValueView) { text = constant.bytes }

    override func test(_ value: ValueView, _ scope: Scope) throws -> Bool {
        (value.type == .string || value.type == .symbol) && Int(value.length) == text.count
            && (text.isEmpty || sameBytes(value.pointer, text.baseAddress.unsafelyUnwrapped, text.count))
    }
}

/// `$in` with constants and regular expressions.
final class MembershipTest: ValueTest {
    let members: ConstantSet
    let regexes: [RegexLiteral]

    init(_ members: ConstantSet, _ regexes: [RegexLiteral]) {
        self.members = members
        self.regexes = regexes
    }

    override func test(_ value: ValueView, _ scope: Scope) throws -> Bool {
        if members.contains(value) { return true }
        for regex in regexes where try regex.matches(value) { return true }
        return false
    }
}

/// The constants of an `$in`: a few are compared one by one, many are found by their hash.
struct ConstantSet: @unchecked Sendable {  // Invariant: the values' bytes belong to the plan that owns the set.
    let values: [ValueView]
    /// Open addressing: positions in `values`, -1 for empty; a power of two long, at most half full.
    private let table: [Int32]
    private let matchesMissing: Bool

    init(_ values: [ValueView]) {
        var distinct: [ValueView] = []
        var table: [Int32] = []
        if values.count > 8 {
            table = Array(repeating: -1, count: 1 << (Int.bitWidth - (values.count * 2 - 1).leadingZeroBitCount))
            for value in values {
                let (place, found) = ConstantSet.look(for: value, in: distinct, table)
                if found { continue }
                table[place] = Int32(distinct.count)
                distinct.append(value)
            }
        } else {
            for value in values where !distinct.contains(where: { $0.equals(value) }) { distinct.append(value) }
        }
        self.values = distinct
        self.table = table
        matchesMissing = distinct.contains { $0.type == .null }
    }

    /// Whether a value is equal to a constant; null stands for a missing value too.
    func contains(_ value: ValueView) -> Bool { value.isMissing ? matchesMissing : index(of: value) != nil }

    /// The position in `values` of the constant that a value is equal to.
    func index(of value: ValueView) -> Int? {
        if table.isEmpty {
            for i in 0..<values.count where values[i].equals(value) { return i }
            return nil
        }
        let (place, found) = ConstantSet.look(for: value, in: values, table)
        return found ? Int(table[place]) : nil
    }

    private static func look(for value: ValueView, in values: [ValueView], _ table: [Int32]) -> (
        place: Int, found: Bool
    ) {
        let mask = table.count - 1
        var place = Int(truncatingIfNeeded: value.hash) & mask
        while table[place] >= 0 {
            if values[Int(table[place])].equals(value) { return (place, true) }
            place = (place + 1) & mask
        }
        return (place, false)
    }
}
