import BSON

extension ExpressionOperator {
    /// `$ceil`, `$floor`, `$round`, `$trunc`. Source: MongoDB manual, "Arithmetic Expression Operators".
    static let rounding: [ExpressionOperator] = [
        numeric("$ceil") { scope, value in integral(scope, value, .up, .up) },
        numeric("$floor") { scope, value in integral(scope, value, .down, .down) },
        function("$round", 1...2) { scope, arguments in
            try round("$round", scope, arguments, .toNearestEven, .toNearestOrEven)
        },
        function("$trunc", 1...2) { scope, arguments in
            try round("$trunc", scope, arguments, .towardZero, .towardZero)
        },
    ]

    private static func integral(
        _ scope: Scope, _ value: ValueView, _ decimal: DecimalRounding, _ double: FloatingPointRoundingRule
    ) -> ValueView {
        switch value.type {
        case .double: return .double(value.asDouble.rounded(double))
        // What exponent 0 cannot hold in 34 digits becomes NaN, as everywhere where decimals are quantized.
        case .decimal: return scope.arena.decimal(value.asDecimal.quantized(like: .zero, decimal))
        default: return value
        }
    }

    /// Rounds at a decimal place: 2 keeps hundredths, -2 hundreds.
    private static func round(
        _ name: String, _ scope: Scope, _ arguments: Arguments, _ decimal: DecimalRounding,
        _ double: FloatingPointRoundingRule
    ) throws -> ValueView {
        let value = try arguments[0]
        if value.isNullish { return .null }
        guard value.isNumber else {
            throw AtelierError(51081, "\(name) only supports numeric types, not \(value.type.name)")
        }
        var place = 0
        if arguments.count > 1 {
            let precision = try arguments[1]
            if precision.isNullish { return .null }
            guard let given = precision.exactInt32 else {
                throw AtelierError(51082, "precision argument to \(name) must be an integral value")
            }
            guard -20...100 ~= given else {
                throw AtelierError(
                    51083, "cannot apply \(name) with precision value \(given); the value must be in [-20, 100]")
            }
            place = given
        }
        let unit = Decimal128(negative: false, coefficient: 1, exponent: -place)
        switch value.type {
        case .decimal:
            if value.asDecimal.isInfinite { return value }
            return scope.arena.decimal(value.asDecimal.quantized(like: unit, decimal))
        case .double:
            let number = value.asDouble
            if let quick = quickly(number, place, double) { return .double(quick) }
            if number.isInfinite { return value }
            return .double(Decimal128(exactly34: number).quantized(like: unit, decimal).doubleValue)
        default:
            if place >= 0 { return value }
            guard let result = Decimal128(value.asInt64).quantized(like: unit, decimal).exactInt64 else {
                throw AtelierError(51080, "the result of \(name) does not fit a long")
            }
            return value.type == .int64 ? .int64(result) : .integer(result)
        }
    }

    private static let powersOfTen: [Double] = [
        1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
    ]

    /// The rounded double where plain arithmetic certainly gives what decimal arithmetic does: nil near a boundary.
    ///
    /// Below 2⁴⁰ the scaled number is off by less than 2⁻¹², so further than that from a boundary its neighbour is right;
    /// and a whole number divided by a power of ten is rounded once.
    private static func quickly(_ number: Double, _ place: Int, _ rule: FloatingPointRoundingRule) -> Double? {
        if place == 0 { return number.magnitude < 0x1p52 ? number.rounded(rule) : nil }
        guard 1..<powersOfTen.count ~= place else { return nil }
        let scaled = number * powersOfTen[place]
        guard scaled.magnitude < 0x1p40 else { return nil }
        let fraction = (scaled - scaled.rounded(.down)).magnitude
        let boundary = rule == .towardZero ? min(fraction, 1 - fraction) : (fraction - 0.5).magnitude
        return boundary > 0x1p-11 ? scaled.rounded(rule) / powersOfTen[place] : nil
    }
}
