import BSON
import Glibc

extension ExpressionOperator {
    /// Angles are radians. Source: MongoDB manual, "Trigonometry Expression Operators".
    static let trigonometry: [ExpressionOperator] = [
        bounded("$sin", sin, .sin, finite: true),
        bounded("$cos", cos, .cos, finite: true),
        bounded("$tan", tan, .tan, finite: true),
        bounded("$asin", asin, .asin, -1...1),
        bounded("$acos", acos, .acos, -1...1),
        bounded("$atan", atan, .atan),
        bounded("$sinh", sinh, .sinh),
        bounded("$cosh", cosh, .cosh),
        bounded("$tanh", tanh, .tanh),
        bounded("$asinh", asinh, .asinh),
        bounded("$acosh", acosh, .acosh, 1...Double.infinity),
        bounded("$atanh", atanh, .atanh, -1...1),
        function("$atan2", 2...2) { scope, arguments in
            let y = try arguments[0]
            if y.isNullish { return .null }
            guard y.isNumber else {
                throw AtelierError(51044, "$atan2 only supports numeric types, not \(y.type.name)")
            }
            let x = try arguments[1]
            if x.isNullish { return .null }
            guard x.isNumber else {
                throw AtelierError(51045, "$atan2 only supports numeric types, not \(x.type.name)")
            }
            if y.type == .decimal || x.type == .decimal {
                return scope.arena.decimal(.atan2(Numeric.decimal(y), Numeric.decimal(x)))
            }
            return .double(atan2(y.numberAsDouble!, x.numberAsDouble!))
        },
        numeric("$degreesToRadians") { scope, value in
            value.type == .decimal
                ? scope.arena.decimal(value.asDecimal * radiansPerDegree) : .double(value.numberAsDouble! * (.pi / 180))
        },
        numeric("$radiansToDegrees") { scope, value in
            value.type == .decimal
                ? scope.arena.decimal(value.asDecimal * degreesPerRadian) : .double(value.numberAsDouble! * (180 / .pi))
        },
    ]

    private static let radiansPerDegree = Decimal128("0.01745329251994329576923690768488613")!
    private static let degreesPerRadian = Decimal128("57.29577951308232087679815481410517")!

    /// A function that is defined on part of the real line only.
    private static func bounded(
        _ name: String, _ double: @escaping @Sendable (Double) -> Double, _ decimal: DecimalFunction,
        _ bounds: ClosedRange<Double> = -Double.infinity...Double.infinity, finite: Bool = false
    ) -> ExpressionOperator {
        numeric(name) { scope, value in
            let number = value.numberAsDouble!
            if !number.isNaN && (!bounds.contains(number) || (finite && number.isInfinite)) {
                throw AtelierError(
                    50989,
                    finite
                        ? "cannot apply \(name) to infinity"
                        : "cannot apply \(name) to a value outside [\(bounds.lowerBound), \(bounds.upperBound)]")
            }
            return real(scope, value, double, decimal)
        }
    }
}
