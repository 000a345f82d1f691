import BSON

extension ExpressionOperator {
    /// Source: MongoDB manual, "$dateToString", "$dateFromString".
    static let dateStrings: [ExpressionOperator] = [
        form("$dateToString") { argument, compiler in
            let arguments = try NamedArguments(
                argument, of: "$dateToString", ["format", "date", "timezone", "onNull"], notObject: 18629,
                unknown: 18534)
            let date = try compiler.expression(arguments, required: "date", 18628)
            let zone = ZoneOperand(try compiler.expression(arguments, "timezone"))
            let format = FormatOperand(
                try compiler.expression(arguments, "format"), .writing,
                AtelierError(18533, "$dateToString requires that 'format' be a string"))
            let onNull = try compiler.expression(arguments, "onNull")
            return try compiler.fold(
                DateToString(date, format, zone, onNull: onNull), [date, format.expression, onNull], zone)
        },
        form("$dateFromString") { argument, compiler in
            let arguments = try NamedArguments(
                argument, of: "$dateFromString", ["dateString", "format", "timezone", "onNull", "onError"],
                notObject: 40540, unknown: 40541)
            let text = try compiler.expression(arguments, required: "dateString", 40542)
            let zone = ZoneOperand(try compiler.expression(arguments, "timezone"))
            let format = FormatOperand(
                try compiler.expression(arguments, "format"), .reading,
                AtelierError(40684, "$dateFromString requires that 'format' be a string"))
            let onNull = try compiler.expression(arguments, "onNull")
            let onError = try compiler.expression(arguments, "onError")
            return try compiler.fold(
                DateFromString(text, format, zone, onNull: onNull, onError: onError),
                [text, format.expression, onNull, onError], zone)
        },
    ]
}

/// The `format` argument: taken apart while compiling where it is constant.
struct FormatOperand {
    private let constant: DateFormat?
    let expression: Expression?
    private let use: DateFormat.Use
    private let notString: AtelierError

    init(_ expression: Expression?, _ use: DateFormat.Use, _ notString: AtelierError) {
        (self.expression, self.use, self.notString) = (expression, use, notString)
        guard let value = expression?.constant, !value.isNullish else {
            constant = nil
            return
        }
        constant = (try? FormatOperand.format(value, use, notString)) ?? nil
    }

    /// Whether the format is the same for every row.
    var isConstant: Bool { expression == nil || expression?.constant != nil }

    /// Whether the operator was given a format at all.
    var isGiven: Bool { expression != nil }

    /// The format; nil where it is not given or null.
    @inline(__always)
    func evaluate(_ scope: Scope) throws -> DateFormat? {
        if let constant { return constant }
        guard let expression else { return nil }
        return try FormatOperand.format(expression.evaluate(scope), use, notString)
    }

    private static func format(_ value: ValueView, _ use: DateFormat.Use, _ notString: AtelierError) throws
        -> DateFormat?
    {
        if value.isNullish { return nil }
        guard value.type == .string else { throw notString }
        return try DateFormat(value.bytes, for: use)
    }
}

/// `$dateToString`: a date's text by a format, else its ISO 8601 form.
final class DateToString: Expression {
    let date: Expression
    let format: FormatOperand
    let zone: ZoneOperand
    let onNull: Expression?

    init(_ date: Expression, _ format: FormatOperand, _ zone: ZoneOperand, onNull: Expression?) {
        self.date = date
        self.format = format
        self.zone = zone
        self.onNull = onNull
    }

    override func evaluate(_ scope: Scope) throws -> ValueView {
        let value = try date.evaluate(scope)
        // A malformed format or zone is an error even where there is no date.
        let format = try format.evaluate(scope)
        let zone = try zone.evaluate(scope)
        if value.isNullish { return try onNull?.evaluate(scope) ?? .null }
        guard let zone else { return .null }
        if let format { return try format.text(of: value.coercedDate(), in: zone, scope.arena) }
        if self.format.isGiven { return .null }
        var text = DateText(arena: scope.arena, capacity: 24)
        try text.appendISO8601(UTCDate(milliseconds: zone.local(try value.coercedDate())), suffix: zone.isUTC)
        return text.finish()
    }

    override var inputs: [Expression]? {
        zone.isConstant && format.isConstant ? [date] + (onNull.map { [$0] } ?? []) : nil
    }

    override func withInputs(_ inputs: [Expression]) -> Expression {
        DateToString(inputs[0], format, zone, onNull: onNull == nil ? nil : inputs[1])
    }
}

/// `$dateFromString`: the date that a text gives.
final class DateFromString: Expression {
    let text: Expression
    let format: FormatOperand
    let zone: ZoneOperand
    let onNull: Expression?
    let onError: Expression?

    init(_ text: Expression, _ format: FormatOperand, _ zone: ZoneOperand, onNull: Expression?, onError: Expression?) {
        self.text = text
        self.format = format
        self.zone = zone
        self.onNull = onNull
        self.onError = onError
    }

    override func evaluate(_ scope: Scope) throws -> ValueView {
        let value = try text.evaluate(scope)
        let format = try format.evaluate(scope)
        let zone = try zone.evaluate(scope)
        if value.isNullish { return try onNull?.evaluate(scope) ?? .null }
        do {
            guard value.type == .string else {
                throw AtelierError(
                    .conversionFailure,
                    "$dateFromString requires that 'dateString' be a string, found: \(value.type.name)")
            }
            guard let zone, format != nil || !self.format.isGiven else { return .null }
            let parsed = try format.map { try DateParser.parse(value.bytes, $0) } ?? DateParser.parse(value.bytes)
            return .date(try parsed.milliseconds(in: zone, value.bytes))
        } catch let error as AtelierError where error.code == .conversionFailure {
            guard let onError else { throw error }
            return try onError.evaluate(scope)
        }
    }
}
