import BSON

extension ExpressionOperator {
    /// Source: MongoDB manual, "$dateFromParts", "$dateToParts".
    static let dateParts: [ExpressionOperator] = [
        form("$dateFromParts") { argument, compiler in
            let calendar = ["year", "month", "day"]
            let iso = ["isoWeekYear", "isoWeek", "isoDayOfWeek"]
            let time = ["hour", "minute", "second", "millisecond"]
            let arguments = try NamedArguments(
                argument, of: "$dateFromParts", calendar + iso + time + ["timezone"], notObject: 40519, unknown: 40518)
            if arguments["year"] == nil && arguments["isoWeekYear"] == nil {
                throw AtelierError(40516, "$dateFromParts requires either 'year' or 'isoWeekYear' to be present")
            }
            let isISO = arguments["isoWeekYear"] != nil
            if (isISO ? calendar : iso).contains(where: { arguments[$0] != nil }) {
                throw AtelierError(
                    40489,
                    isISO
                        ? "$dateFromParts does not allow mixing ISO dates with natural dates: use isoWeek and isoDayOfWeek"
                        : "$dateFromParts does not allow mixing natural dates with ISO dates: use month and day")
            }
            let names = (isISO ? iso : calendar) + time
            let parts = try names.map { try compiler.expression(arguments, $0) }
            let zone = ZoneOperand(try compiler.expression(arguments, "timezone"))
            return try compiler.fold(DateFromParts(names, parts, zone, isISO: isISO), parts, zone)
        },
        form("$dateToParts") { argument, compiler in
            let arguments = try NamedArguments(
                argument, of: "$dateToParts", ["date", "timezone", "iso8601"], notObject: 40524, unknown: 40520)
            let date = try compiler.expression(arguments, required: "date", 40522)
            let zone = ZoneOperand(try compiler.expression(arguments, "timezone"))
            let iso = try compiler.expression(arguments, "iso8601")
            return try compiler.fold(DateToParts(date, zone, iso: iso), [date, iso], zone)
        },
    ]
}

/// `$dateFromParts`: the moment with these parts in a zone; parts out of range carry over.
final class DateFromParts: Expression {
    let names: [String]
    let parts: [Expression?]
    let zone: ZoneOperand
    let isISO: Bool

    init(_ names: [String], _ parts: [Expression?], _ zone: ZoneOperand, isISO: Bool) {
        self.names = names
        self.parts = parts
        self.zone = zone
        self.isISO = isISO
    }

    override func evaluate(_ scope: Scope) throws -> ValueView {
        guard let zone = try zone.evaluate(scope) else { return .null }
        var numbers = [0, 1, 1, 0, 0, 0, 0]
        for i in 0..<parts.count {
            guard let part = parts[i] else { continue }
            let value = try part.evaluate(scope)
            if value.isNullish { return .null }
            guard let number = value.exactInt64, i == 0 || i > 4 || Int16(exactly: number) != nil else {
                throw value.exactInt64 == nil
                    ? AtelierError(40515, "'\(names[i])' must evaluate to an integer, found \(value.type.name)")
                    : AtelierError(31034, "'\(names[i])' must evaluate to a value in the range [-32768, 32767]")
            }
            numbers[i] = Int(number)
        }
        guard 1...9999 ~= numbers[0] else {
            throw AtelierError(
                isISO ? 31095 : 40523,
                "'\(names[0])' must evaluate to an integer in the range 1 to 9999, found \(numbers[0])")
        }
        let local =
            isISO
            ? UTCDate.milliseconds(
                isoWeekYear: numbers[0], isoWeek: numbers[1], isoDayOfWeek: numbers[2], hour: numbers[3],
                minute: numbers[4], second: numbers[5], millisecond: numbers[6])
            : UTCDate(
                year: numbers[0], month: numbers[1], day: numbers[2], hour: numbers[3], minute: numbers[4],
                second: numbers[5], millisecond: numbers[6]
            ).milliseconds
        guard let local else { throw AtelierError(.overflow, "the date of $dateFromParts does not fit a long") }
        return .date(zone.moment(ofLocal: local))
    }

    override var inputs: [Expression]? { zone.isConstant ? parts.compactMap { $0 } : nil }

    override func withInputs(_ inputs: [Expression]) -> Expression {
        var rest = inputs[...]
        return DateFromParts(names, parts.map { $0 == nil ? nil : rest.removeFirst() }, zone, isISO: isISO)
    }
}

/// `$dateToParts`: a date's parts in a zone, by the calendar or by ISO week.
final class DateToParts: Expression {
    let date: Expression
    let zone: ZoneOperand
    let iso: Expression?

    init(_ date: Expression, _ zone: ZoneOperand, iso: Expression?) {
        self.date = date
        self.zone = zone
        self.iso = iso
    }

    override func evaluate(_ scope: Scope) throws -> ValueView {
        let value = try date.evaluate(scope)
        guard let zone = try zone.evaluate(scope) else { return .null }
        var isISO = false
        if let flag = try iso?.evaluate(scope) {
            if flag.isNullish { return .null }
            guard flag.type == .bool else {
                throw AtelierError(40521, "iso8601 must evaluate to a bool, found \(flag.type.name)")
            }
            isISO = flag.asBool
        }
        if value.isNullish { return .null }
        let date = UTCDate(milliseconds: zone.local(try value.coercedDate()))
        return scope.arena.document { writer in
            func append(_ name: FieldName, _ number: Int) {
                writer.append(name, .int32(Int32(truncatingIfNeeded: number)))
            }
            if isISO {
                append(DateToParts.isoWeekYear, date.isoWeekYear)
                append(DateToParts.isoWeek, date.isoWeek)
                append(DateToParts.isoDayOfWeek, date.isoDayOfWeek)
            } else {
                append(DateToParts.year, date.year)
                append(DateToParts.month, date.month)
                append(DateToParts.day, date.day)
            }
            append(DateToParts.hour, date.hour)
            append(DateToParts.minute, date.minute)
            append(DateToParts.second, date.second)
            append(DateToParts.millisecond, date.millisecond)
        }
    }

    private static let year = FieldName("year")
    private static let month = FieldName("month")
    private static let day = FieldName("day")
    private static let isoWeekYear = FieldName("isoWeekYear")
    private static let isoWeek = FieldName("isoWeek")
    private static let isoDayOfWeek = FieldName("isoDayOfWeek")
    private static let hour = FieldName("hour")
    private static let minute = FieldName("minute")
    private static let second = FieldName("second")
    private static let millisecond = FieldName("millisecond")
}
