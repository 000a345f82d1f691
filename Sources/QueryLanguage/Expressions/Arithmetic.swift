import BSON

extension ExpressionOperator {
    /// Source: MongoDB manual, "Arithmetic Expression Operators".
    static let arithmetic: [ExpressionOperator] = [
        function("$add", 0...Int.max) { scope, arguments in try add(scope, arguments) },
        function("$multiply", 0...Int.max) { scope, arguments in try multiply(scope, arguments) },
        binary("$subtract") { scope, a, b in try subtract(scope, a, b) },
        binary("$divide") { scope, a, b in try divide(scope, a, b) },
    ]

    private static func multiply(_ scope: Scope, _ arguments: Arguments) throws -> ValueView {
        var product = ValueView.int32(1)
        for (position, value) in arguments.enumerated() {
            if value.isNullish { return .null }
            guard value.isNumber else {
                throw AtelierError(16555, "$multiply only supports numeric types, not \(value.type.name)")
            }
            product = position == 0 ? value : Numeric.multiply(product, value, scope.arena)
        }
        return product
    }

    private static func add(_ scope: Scope, _ arguments: Arguments) throws -> ValueView {
        var sum = ValueView.int32(0)
        var date = false
        for value in arguments {
            if value.isNullish { return .null }
            if value.type == .date {
                if date { throw AtelierError(16612, "only one date allowed in an $add expression") }
                date = true
                sum = Numeric.add(sum, .int64(value.asDate), scope.arena)
                continue
            }
            guard value.isNumber else {
                throw AtelierError(16554, "$add only supports numeric or date types, not \(value.type.name)")
            }
            sum = Numeric.add(sum, value, scope.arena)
        }
        return date ? .date(try Numeric.milliseconds(sum)) : sum
    }

    private static func subtract(_ scope: Scope, _ a: ValueView, _ b: ValueView) throws -> ValueView {
        if a.isNullish || b.isNullish { return .null }
        if a.isNumber && b.isNumber { return Numeric.subtract(a, b, scope.arena) }
        if a.type == .date && b.type == .date {
            let (difference, overflow) = a.asDate.subtractingReportingOverflow(b.asDate)
            if overflow { throw AtelierError(5166406, "date overflow in $subtract") }
            return .int64(difference)
        }
        if a.type == .date && b.isNumber {
            return .date(try Numeric.milliseconds(Numeric.subtract(.int64(a.asDate), b, scope.arena)))
        }
        throw AtelierError(16556, "can't $subtract \(b.type.name) from \(a.type.name)")
    }

    private static func divide(_ scope: Scope, _ a: ValueView, _ b: ValueView) throws -> ValueView {
        if a.isNullish || b.isNullish { return .null }
        guard a.isNumber, b.isNumber else {
            throw AtelierError(16609, "$divide only supports numeric types, not \(a.type.name) and \(b.type.name)")
        }
        if !b.isTruthy { throw AtelierError(16608, "can't $divide by zero") }
        if a.type == .decimal || b.type == .decimal {
            return scope.arena.decimal(Numeric.decimal(a) / Numeric.decimal(b))
        }
        return .double(a.numberAsDouble! / b.numberAsDouble!)
    }
}

/// Arithmetic on numbers of any two types, with MongoDB's widths: the wider type wins, an int that overflows becomes a
/// long, a long that overflows a double.
enum Numeric {
    static func decimal(_ value: ValueView) -> Decimal128 {
        switch value.type {
        case .decimal: value.asDecimal
        case .double: Decimal128(rounding: value.asDouble)
        default: Decimal128(value.asInt64)
        }
    }

    @inline(__always)
    static func multiply(_ a: ValueView, _ b: ValueView, _ arena: Arena) -> ValueView {
        if a.type == .decimal || b.type == .decimal { return arena.decimal(decimal(a) * decimal(b)) }
        return combine(a, b, { $0.multipliedReportingOverflow(by: $1) }, *)
    }

    @inline(__always)
    static func add(_ a: ValueView, _ b: ValueView, _ arena: Arena) -> ValueView {
        if a.type == .decimal || b.type == .decimal { return arena.decimal(decimal(a) + decimal(b)) }
        return combine(a, b, { $0.addingReportingOverflow($1) }, +)
    }

    static func subtract(_ a: ValueView, _ b: ValueView, _ arena: Arena) -> ValueView {
        if a.type == .decimal || b.type == .decimal { return arena.decimal(decimal(a) - decimal(b)) }
        return combine(a, b, { $0.subtractingReportingOverflow($1) }, -)
    }

    @inline(__always)
    private static func combine(
        _ a: ValueView, _ b: ValueView, _ whole: (Int64, Int64) -> (partialValue: Int64, overflow: Bool),
        _ real: (Double, Double) -> Double
    ) -> ValueView {
        if a.type != .double && b.type != .double {
            let (result, overflow) = whole(a.asInt64, b.asInt64)
            if !overflow { return a.type == .int64 || b.type == .int64 ? .int64(result) : .integer(result) }
        }
        return .double(real(a.numberAsDouble!, b.numberAsDouble!))
    }

    /// A number as a date's milliseconds.
    static func milliseconds(_ value: ValueView) throws -> Int64 {
        let result: Int64? =
            switch value.type {
            case .int32, .int64: value.asInt64
            case .double: Int64(exactly: value.asDouble.rounded())
            default: value.asDecimal.roundedToIntegral(.toNearestEven).exactInt64
            }
        guard let result else { throw AtelierError(.overflow, "date overflow") }
        return result
    }
}
