import BSON

/// A sum of numbers of any types, exact as far as the types allow.
///
/// Whole numbers are summed exactly, doubles with a compensation term, decimals in decimal128. The result has the
/// widest type seen: an int that grew past 32 bits becomes a long, a long past 64 bits a double.
/// Trivial: it lives in accumulator states.
public struct NumericSum {
    private var whole: Int128 = 0
    private var real = 0.0
    private var compensation = 0.0
    private var decimal = Decimal128.zero
    /// The widest type: 0 nothing yet, 1 int, 2 long, 3 double, 4 decimal.
    private var width: UInt8 = 0

    public init() {}

    /// Adds a number; anything else is passed over and reported as false.
    @inline(__always)
    @discardableResult
    public mutating func add(_ value: ValueView) -> Bool {
        switch value.type {
        case .int32:
            whole += Int128(value.asInt64)
            if width < 1 { width = 1 }
        case .int64:
            whole += Int128(value.asInt64)
            if width < 2 { width = 2 }
        case .double:
            add(double: value.asDouble)
            if width < 3 { width = 3 }
        case .decimal:
            decimal = decimal + value.asDecimal
            width = 4
        default: return false
        }
        return true
    }

    /// Adds an int or long so many times.
    mutating func add(_ value: ValueView, times count: Int) {
        if count == 0 { return }
        whole += Int128(value.asInt64) * Int128(count)
        width = max(width, value.type == .int32 ? 1 : 2)
    }

    private mutating func add(double value: Double) {
        // Two-sum: the rounding error of each addition is kept aside.
        let sum = real + value
        let part = sum - real
        let error = (real - (sum - part)) + (value - part)
        if error.isFinite { compensation += error }
        real = sum
    }

    /// Adds what another sum has added up.
    public mutating func add(_ other: NumericSum) {
        whole += other.whole
        add(double: other.real)
        compensation += other.compensation
        if other.width == 4 { decimal = decimal + other.decimal }
        width = max(width, other.width)
    }

    /// The sum as a double.
    public var doubleValue: Double {
        if whole == 0 { return real + compensation }
        var copy = self
        let high = Double(whole)
        copy.add(double: high)
        if let back = Int128(exactly: high) { copy.add(double: Double(whole - back)) }
        return copy.real + copy.compensation
    }

    /// The sum as a decimal.
    public var decimalValue: Decimal128 {
        var sum = decimal
        if whole != 0 {
            sum = sum + Decimal128(negative: whole < 0, coefficient: UInt128(whole.magnitude), exponent: 0)
        }
        if real != 0 || compensation != 0 || !real.isFinite {
            sum = sum + Decimal128(exactly34: real) + Decimal128(exactly34: compensation)
        }
        return sum
    }

    public var isDecimal: Bool { width == 4 }

    /// The sum with the type it has earned; 0 (int) for nothing at all.
    public func value(_ arena: Arena) -> ValueView {
        switch width {
        case 4: return arena.decimal(decimalValue)
        case 3: return .double(doubleValue)
        default:
            guard let sum = Int64(exactly: whole) else { return .double(Double(whole)) }
            return width == 2 ? .int64(sum) : .integer(sum)
        }
    }
}
