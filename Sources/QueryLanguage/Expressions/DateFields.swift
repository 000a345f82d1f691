import BSON

extension ExpressionOperator {
    /// One part of a date: `$year`, `$month` …. Source: MongoDB manual, "Date Expression Operators".
    static let dateFields: [ExpressionOperator] = [
        dateField("$year") { $0.year },
        dateField("$month") { $0.month },
        dateField("$dayOfMonth") { $0.day },
        dateField("$dayOfWeek") { $0.dayOfWeek },
        dateField("$dayOfYear") { $0.dayOfYear },
        dateField("$week") { $0.week },
        dateField("$isoWeek") { $0.isoWeek },
        dateField("$isoDayOfWeek") { $0.isoDayOfWeek },
        dateField("$isoWeekYear", long: true) { $0.isoWeekYear },
        dateField("$hour") { $0.hour },
        dateField("$minute") { $0.minute },
        dateField("$second") { $0.second },
        dateField("$millisecond") { $0.millisecond },
    ]

    /// An operator of a date, or of `{date: …, timezone: …}`.
    private static func dateField(
        _ name: String, long: Bool = false, _ field: @escaping @Sendable (UTCDate) -> Int
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
            let call = DateField(operand, ZoneOperand(zone), long: long, field)
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
    let long: Bool
    let field: @Sendable (UTCDate) -> Int

    init(_ date: Expression, _ zone: ZoneOperand, long: Bool, _ field: @escaping @Sendable (UTCDate) -> Int) {
        self.date = date
        self.zone = zone
        self.long = long
        self.field = field
    }

    override func evaluate(_ scope: Scope) throws -> ValueView {
        let value = try date.evaluate(scope)
        if value.isNullish { return .null }
        guard let zone = try zone.evaluate(scope) else { return .null }
        let result = field(UTCDate(milliseconds: zone.local(try value.coercedDate())))
        return long ? .int64(Int64(result)) : .int32(Int32(truncatingIfNeeded: result))
    }
}
