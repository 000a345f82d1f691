import BSON

extension ExpressionOperator {
    /// One part of a date: `$year`, `$month` …. Source: MongoDB manual, "Date Expression Operators".
    static let dateFields: [ExpressionOperator] = [
        dateField("$year", isOfDay: true) { $0.year },
        dateField("$month", isOfDay: true) { $0.month },
        dateField("$dayOfMonth", isOfDay: true) { $0.day },
        dateField("$dayOfWeek", isOfDay: true) { $0.dayOfWeek },
        dateField("$dayOfYear", isOfDay: true) { $0.dayOfYear },
        dateField("$week", isOfDay: true) { $0.week },
        dateField("$isoWeek", isOfDay: true) { $0.isoWeek },
        dateField("$isoDayOfWeek", isOfDay: true) { $0.isoDayOfWeek },
        dateField("$isoWeekYear", isOfDay: true, long: true) { $0.isoWeekYear },
        dateField("$hour") { $0.hour },
        dateField("$minute") { $0.minute },
        dateField("$second") { $0.second },
        dateField("$millisecond") { $0.millisecond },
    ]

    /// An operator of a date, or of `{date: …, timezone: …}`; `isOfDay` where it is the same for all moments of a day.
    private static func dateField(
        _ name: String, isOfDay: Bool = false, long: Bool = false, _ field: @escaping @Sendable (UTCDate) -> Int
    ) -> ExpressionOperator {
        form(name) { argument, compiler in
            var date = argument
            var zone: Expression?
            if argument.type == .array {
                let count = argument.asDocument.count
                guard count == 1 else {
                    throw AtelierError(
                        40536, "\(name) accepts exactly one argument if given an array, but was given \(count)")
                }
                date = argument.asDocument.element(at: 0)
            } else if argument.type == .document, !startsWithOperator(argument.asDocument) {
                let arguments = try NamedArguments(
                    argument, of: name, ["date", "timezone"], notObject: 40535, unknown: 40535)
                date = try arguments.required("date", 40539)
                zone = try compiler.expression(arguments, "timezone")
            }
            let operand = try compiler.expression(date)
            let call = DateField(operand, ZoneOperand(zone), isOfDay: isOfDay, long: long, field)
            return try compiler.fold(call, [operand], call.zone)
        }
    }

    private static func startsWithOperator(_ document: DocumentView) -> Bool {
        var cursor = document.elements()
        return cursor.next() && cursor.key.first == UInt8(ascii: "$")
    }
}

final class DateField: Expression {
    let date: Expression
    let zone: ZoneOperand
    let isOfDay: Bool
    let long: Bool
    let field: @Sendable (UTCDate) -> Int
    /// The day asked for last and its answer: rows tend to come in the order of their dates.
    @exclusivity(unchecked) private var latest = (day: Int.min, answer: 0)

    init(
        _ date: Expression, _ zone: ZoneOperand, isOfDay: Bool, long: Bool,
        _ field: @escaping @Sendable (UTCDate) -> Int
    ) {
        self.date = date
        self.zone = zone
        self.isOfDay = isOfDay
        self.long = long
        self.field = field
    }

    override func evaluate(_ scope: Scope) throws -> ValueView {
        let value = try date.evaluate(scope)
        if value.isNullish { return .null }
        guard let zone = try zone.evaluate(scope) else { return .null }
        return try read(value, zone)
    }

    override var isBatched: Bool { date.isBatched && zone.isConstant }

    override func column(_ batch: Batch, _ rows: Rows) throws -> Column {
        let dates = try date.column(batch, rows)
        guard let zone = try zone.evaluate(batch.scope) else { return try batch.map(dates, rows) { _ in .null } }
        return try batch.map(dates, rows) { try $0.isNullish ? .null : read($0, zone) }
    }

    @inline(__always)
    private func read(_ value: ValueView, _ zone: TimeZone) throws -> ValueView {
        let local = zone.local(try value.coercedDate())
        var answer: Int
        if isOfDay {
            let day = UTCDate.days(ofMilliseconds: local)
            answer = latest.answer
            if day != latest.day {
                answer = field(UTCDate(milliseconds: local))
                latest = (day, answer)
            }
        } else {
            answer = field(UTCDate(milliseconds: local))
        }
        return long ? .int64(Int64(answer)) : .int32(Int32(truncatingIfNeeded: answer))
    }
}
