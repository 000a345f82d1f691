import BSON
import Glibc

extension ExpressionOperator {
    /// `$exp`, `$ln`, `$log`, `$log10`, `$pow`, `$sqrt`. Source: MongoDB manual, "Arithmetic Expression Operators".
    static let powers: [ExpressionOperator] = [
        numeric("$exp") { scope, value in real(scope, value, exp, .exp) },
        numeric("$ln") { scope, value in
            if isNaN(value) { return .double(.nan) }
            try checkPositive(value, 28766, "$ln's argument")
            return real(scope, value, log, .log)
        },
        numeric("$log10") { scope, value in
            if isNaN(value) { return .double(.nan) }
            try checkPositive(value, 28761, "$log10's argument")
            return real(scope, value, log10, .log10)
        },
        numeric("$sqrt") { scope, value in
            if value.compare(.int32(0)) < 0 && !isNaN(value) {
                throw AtelierError(28714, "$sqrt's argument must be greater than or equal to 0")
            }
            return real(scope, value, { $0.squareRoot() }, .sqrt)
        },
        binary("$log") { scope, value, base in try logarithm(scope, value, base) },
        binary("$pow") { scope, base, exponent in try power(scope, base, exponent) },
    ]

    /// A function of a real number: of a decimal a decimal, else a double.
    static func real(
        _ scope: Scope, _ value: ValueView, _ double: (Double) -> Double, _ decimal: DecimalFunction
    ) -> ValueView {
        value.type == .decimal
            ? scope.arena.decimal(value.asDecimal.applying(decimal)) : .double(double(value.numberAsDouble!))
    }

    private static func isNaN(_ value: ValueView) -> Bool { value.numberAsDouble!.isNaN }

    private static func checkPositive(_ value: ValueView, _ code: ErrorCode, _ what: String) throws {
        if value.numberAsDouble! <= 0 && !(value.type == .decimal && isPositive(value.asDecimal)) {
            throw AtelierError(code, "\(what) must be a positive number")
        }
    }

    /// A decimal may be positive and yet too small for a double.
    private static func isPositive(_ value: Decimal128) -> Bool { !value.isNegative && !value.isZero }

    private static func logarithm(_ scope: Scope, _ value: ValueView, _ base: ValueView) throws -> ValueView {
        if value.isNullish || base.isNullish { return .null }
        guard value.isNumber else {
            throw AtelierError(28756, "$log's argument must be numeric, not \(value.type.name)")
        }
        guard base.isNumber else { throw AtelierError(28757, "$log's base must be numeric, not \(base.type.name)") }
        try checkPositive(value, 28758, "$log's argument")
        let isOne = base.equals(.int32(1))
        if isOne || (base.numberAsDouble! <= 0 && !(base.type == .decimal && isPositive(base.asDecimal))) {
            throw AtelierError(28759, "$log's base must be a positive number not equal to 1")
        }
        if (value.type == .decimal || base.type == .decimal) && !isNaN(value) && !isNaN(base) {
            return scope.arena.decimal(Numeric.decimal(value).applying(.log) / Numeric.decimal(base).applying(.log))
        }
        return .double(log(value.numberAsDouble!) / log(base.numberAsDouble!))
    }

    private static func power(_ scope: Scope, _ base: ValueView, _ exponent: ValueView) throws -> ValueView {
        if base.isNullish || exponent.isNullish { return .null }
        guard base.isNumber else { throw AtelierError(28762, "$pow's base must be numeric, not \(base.type.name)") }
        guard exponent.isNumber else {
            throw AtelierError(28763, "$pow's exponent must be numeric, not \(exponent.type.name)")
        }
        if base.equals(.int32(0)) && exponent.numberAsDouble! < 0 {
            throw AtelierError(28764, "$pow cannot take a base of 0 and a negative exponent")
        }
        if base.type == .decimal || exponent.type == .decimal {
            return scope.arena.decimal(Numeric.decimal(base).power(Numeric.decimal(exponent)))
        }
        let double = { ValueView.double(pow(base.numberAsDouble!, exponent.numberAsDouble!)) }
        if base.type == .double || exponent.type == .double { return double() }
        guard let whole = wholePower(base.asInt64, exponent.asInt64) else { return double() }
        return base.type == .int64 || exponent.type == .int64 ? .int64(whole) : .integer(whole)
    }

    /// The power as a long; nil where it is a fraction or too large.
    private static func wholePower(_ base: Int64, _ exponent: Int64) -> Int64? {
        switch base {
        case 1: return 1
        case -1: return exponent % 2 == 0 ? 1 : -1
        case 0: return exponent == 0 ? 1 : 0
        default: break
        }
        guard 0...63 ~= exponent else { return nil }
        var result: Int64 = 1
        for _ in 0..<exponent {
            let (product, overflow) = result.multipliedReportingOverflow(by: base)
            if overflow { return nil }
            result = product
        }
        return result
    }
}
