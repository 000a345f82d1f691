import CDecimal

/// The functions of a real variable that expressions offer on decimals.
public enum DecimalFunction: Sendable {
    case sqrt, exp, log, log10, sin, cos, tan, asin, acos, atan, sinh, cosh, tanh, asinh, acosh, atanh
}

extension Decimal128 {
    /// The function's value, correctly rounded to 34 digits or nearly so; NaN outside its domain.
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

    /// The number to a power, with zeros to all 34 digits: 2 to the power of 0 is 1.000000000000000000000000000000000,
    /// as a MongoDB server answers.
    public func power(_ exponent: Decimal128) -> Decimal128 {
        var flags: UInt32 = 0
        let result = Decimal128(decimal128_pow(raw, exponent.raw, &flags))
        // A sum takes the lower exponent as far as the digits go; this zero has the lowest there is.
        return result.addingLong(Decimal128(negative: false, coefficient: 0, exponent: -6176))
    }

    /// The angle of the point (x, y), in radians.
    public static func atan2(_ y: Decimal128, _ x: Decimal128) -> Decimal128 {
        var flags: UInt32 = 0
        return Decimal128(decimal128_atan2(y.raw, x.raw, &flags))
    }
}
