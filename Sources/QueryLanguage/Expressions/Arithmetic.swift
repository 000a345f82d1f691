import BSON
import Glibc

extension ExpressionOperator {
    /// Source: MongoDB manual, "Arithmetic Expression Operators".
    static let arithmetic: [ExpressionOperator] = [
        function("$add", 0...Int.max, .commutative, pair: sum) { scope, arguments in try add(scope, arguments) },
        function("$multiply", 0...Int.max, .commutative, pair: product) { scope, arguments in
            try multiply(scope, arguments)
        },
        binary("$subtract") { scope, a, b in try subtract(scope, a, b) },
        binary("$divide") { scope, a, b in try divide(scope, a, b) },
        binary("$mod") { scope, a, b in try modulo(scope, a, b) },
        numeric("$abs") { scope, value in try absolute(scope, value) },
    ]

    /// An operator of one number: null for null, an error for anything else.
    static func numeric(
        _ name: String, _ body: @escaping @Sendable (Scope, ValueView) throws -> ValueView
    ) -> ExpressionOperator {
        unary(name) { scope, value in
            if value.isNumber { return try body(scope, value) }
            if value.isNullish { return .null }
            throw AtelierError(28765, "\(name) only supports numeric types, not \(value.type.name)")
        }
    }

    @Sendable private static func product(_ a: ValueView, _ b: ValueView, _ arena: Arena) -> ValueView? {
        a.isNumber && b.isNumber ? Numeric.multiply(a, b, arena) : nil
    }

    @Sendable private static func sum(_ a: ValueView, _ b: ValueView, _ arena: Arena) -> ValueView? {
        // One addition needs no compensation.
        a.isNumber && b.isNumber && (a.type == .decimal) == (b.type == .decimal) ? Numeric.add(a, b, arena) : nil
    }

    private static func multiply(_ scope: Scope, _ arguments: Arguments) throws -> ValueView {
        if arguments.count == 2 {
            let a = try arguments[0]
            if a.isNumber {
                let b = try arguments[1]
                if b.isNumber { return Numeric.multiply(a, b, scope.arena) }
                return try notMultiplied(b)
            }
            return try notMultiplied(a)
        }
        var product = ValueView.int32(1)
        var first = true
        for index in 0..<arguments.count {
            let value = try arguments[index]
            if !value.isNumber { return try notMultiplied(value) }
            product = first ? value : Numeric.multiply(product, value, scope.arena)
            first = false
        }
        return product
    }

    private static func notMultiplied(_ value: ValueView) throws -> ValueView {
        if value.isNullish { return .null }
        throw AtelierError(16555, "$multiply only supports numeric types, not \(value.type.name)")
    }

    private static func add(_ scope: Scope, _ arguments: Arguments) throws -> ValueView {
        var sum = NumericSum()
        var date = false
        var start = 0
        if arguments.count == 2 {
            let a = try arguments[0]
            if a.isNumber {
                let b = try arguments[1]
                if let sum = Self.sum(a, b, scope.arena) { return sum }
                sum.add(a)
                return try add(b, to: &sum, &date) ? result(sum, date, scope) : .null
            }
            if try !add(a, to: &sum, &date) { return .null }
            start = 1
        }
        for index in start..<arguments.count {
            if try !add(arguments[index], to: &sum, &date) { return .null }
        }
        return try result(sum, date, scope)
    }

    /// Adds a number or, once, a date; false for null.
    private static func add(_ value: ValueView, to sum: inout NumericSum, _ date: inout Bool) throws -> Bool {
        if !sum.add(value) {
            if value.isNullish { return false }
            guard value.type == .date else {
                throw AtelierError(16554, "$add only supports numeric or date types, not \(value.type.name)")
            }
            if date { throw AtelierError(16612, "only one date allowed in an $add expression") }
            date = true
            sum.add(.int64(value.asDate))
        }
        return true
    }

    private static func result(_ sum: NumericSum, _ date: Bool, _ scope: Scope) throws -> ValueView {
        let total = sum.value(scope.arena)
        return date ? .date(try Numeric.milliseconds(total)) : total
    }

    private static func subtract(_ scope: Scope, _ a: ValueView, _ b: ValueView) throws -> ValueView {
        if a.isNumber && b.isNumber { return Numeric.subtract(a, b, scope.arena) }
        if a.isNullish || b.isNullish { return .null }
        if a.type == .date && b.type == .date {
            let (difference, overflow) = a.asDate.subtractingReportingOverflow(b.asDate)
            if overflow { throw AtelierError(.overflow, "date overflow in $subtract") }
            return .int64(difference)
        }
        if a.type == .date && b.isNumber {
            let (date, overflow) = a.asDate.subtractingReportingOverflow(try Numeric.truncated(b))
            if overflow { throw AtelierError(.overflow, "date overflow in $subtract") }
            return .date(date)
        }
        throw AtelierError(16556, "can't $subtract \(b.type.name) from \(a.type.name)")
    }

    private static func divide(_ scope: Scope, _ a: ValueView, _ b: ValueView) throws -> ValueView {
        guard a.isNumber, b.isNumber else {
            if a.isNullish || b.isNullish { return .null }
            throw AtelierError(16609, "$divide only supports numeric types, not \(a.type.name) and \(b.type.name)")
        }
        if !b.isTruthy { throw AtelierError(16608, "can't $divide by zero") }
        if a.type == .decimal || b.type == .decimal {
            return scope.arena.decimal(Numeric.decimal(a) / Numeric.decimal(b))
        }
        return .double(a.numberAsDouble! / b.numberAsDouble!)
    }

    /// The remainder with the dividend's sign. A double that is a whole number of 32 bits divides as an int.
    private static func modulo(_ scope: Scope, _ a: ValueView, _ b: ValueView) throws -> ValueView {
        guard a.isNumber, b.isNumber else {
            if a.isNullish || b.isNullish { return .null }
            throw AtelierError(16611, "$mod only supports numeric types, not \(a.type.name) and \(b.type.name)")
        }
        if !b.isTruthy { throw AtelierError(16610, "can't $mod by zero") }
        if a.type == .decimal || b.type == .decimal {
            return scope.arena.decimal(Numeric.decimal(a).remainder(dividingBy: Numeric.decimal(b)))
        }
        if a.type == .double || (b.type == .double && b.exactInt32 == nil) {
            return .double(fmod(a.numberAsDouble!, b.numberAsDouble!))
        }
        // Int64.min % -1 has no quotient, but a remainder of 0.
        let divisor = b.exactInt64!
        let remainder = divisor == -1 ? 0 : a.asInt64 % divisor
        return a.type == .int64 || b.type == .int64 ? .int64(remainder) : .integer(remainder)
    }

    private static func absolute(_ scope: Scope, _ value: ValueView) throws -> ValueView {
        switch value.type {
        case .int32: return .integer(abs(value.asInt64))
        case .int64:
            guard value.asInt64 != Int64.min else { throw AtelierError(28680, "can't take $abs of long long min") }
            return .int64(abs(value.asInt64))
        case .double: return .double(abs(value.asDouble))
        default: return scope.arena.decimal(value.asDecimal.magnitude)
        }
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

    /// A number as a date's milliseconds, rounded to the nearest.
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

    /// A number's whole part.
    static func truncated(_ value: ValueView) throws -> Int64 {
        let result: Int64? =
            switch value.type {
            case .int32, .int64: value.asInt64
            case .double: Int64(exactly: value.asDouble.rounded(.towardZero))
            default: value.asDecimal.roundedToIntegral(.towardZero).exactInt64
            }
        guard let result else {
            throw AtelierError(31109, "Can't coerce out of range value to long")
        }
        return result
    }
}
