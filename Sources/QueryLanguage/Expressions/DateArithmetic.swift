import BSON

extension ExpressionOperator {
    /// Source: MongoDB manual, "$dateAdd", "$dateSubtract", "$dateDiff", "$dateTrunc".
    static let dateArithmetic: [ExpressionOperator] = [
        dateAddition("$dateAdd", sign: 1),
        dateAddition("$dateSubtract", sign: -1),
        form("$dateDiff") { argument, compiler in
            let arguments = try NamedArguments(
                argument, of: "$dateDiff", ["startDate", "endDate", "unit", "timezone", "startOfWeek"],
                notObject: 5166301, unknown: 5166302)
            let operands = [
                try compiler.expression(arguments, required: "startDate", 5166303),
                try compiler.expression(arguments, required: "endDate", 5166304),
                try compiler.expression(arguments, required: "unit", 5166305),
                try compiler.expression(arguments, "timezone"),
                try compiler.expression(arguments, "startOfWeek"),
            ]
            let (zone, weekGiven) = (ZoneOperand(operands[3]), operands[4] != nil)
            return try compiler.call("$dateDiff", operands) { scope, arguments in
                let (from, to, name, weekday) = (
                    try arguments[0], try arguments[1], try arguments[2], try arguments[4]
                )
                if from.isNullish || to.isNullish || name.isNullish { return .null }
                let unit = try DateUnit(name, "$dateDiff", notString: 5439013)
                guard let first = try firstDay(weekday, given: weekGiven, unit, "$dateDiff", notString: 5439015),
                    let zone = try zone.evaluate(scope)
                else { return .null }
                let start = try dateOf(from, "'startDate' of $dateDiff", 5166307)
                let end = try dateOf(to, "'endDate' of $dateDiff", 5166307)
                return .int64(unit.count(from: start, to: end, in: zone, firstDayOfWeek: first))
            }
        },
        form("$dateTrunc") { argument, compiler in
            let arguments = try NamedArguments(
                argument, of: "$dateTrunc", ["date", "unit", "binSize", "timezone", "startOfWeek"],
                notObject: 5439007, unknown: 5439008)
            let operands = [
                try compiler.expression(arguments, required: "date", 5439009),
                try compiler.expression(arguments, required: "unit", 5439010),
                try compiler.expression(arguments, "binSize"),
                try compiler.expression(arguments, "timezone"),
                try compiler.expression(arguments, "startOfWeek"),
            ]
            let (zone, sizeGiven, weekGiven) = (ZoneOperand(operands[3]), operands[2] != nil, operands[4] != nil)
            return try compiler.call("$dateTrunc", operands) { scope, arguments in
                let (moment, name, count, weekday) = (
                    try arguments[0], try arguments[1], try arguments[2], try arguments[4]
                )
                if moment.isNullish || name.isNullish || (sizeGiven && count.isNullish) { return .null }
                let unit = try DateUnit(name, "$dateTrunc", notString: 5439013)
                var size: Int64 = 1
                if sizeGiven {
                    guard let number = count.exactInt64 else {
                        throw AtelierError(
                            5439017, "$dateTrunc requires 'binSize' to be a 64-bit integer, but got \(count.type.name)")
                    }
                    guard number > 0 else {
                        throw AtelierError(
                            5439018, "$dateTrunc requires 'binSize' to be greater than 0, but got \(number)")
                    }
                    size = number
                }
                guard let first = try firstDay(weekday, given: weekGiven, unit, "$dateTrunc", notString: 5439016),
                    let zone = try zone.evaluate(scope)
                else { return .null }
                let date = try dateOf(moment, "'date' of $dateTrunc", 5439012)
                guard let result = unit.truncate(date, size: size, in: zone, firstDayOfWeek: first) else {
                    throw AtelierError(5976500, "'binSize' of $dateTrunc is too large")
                }
                return .date(result)
            }
        },
    ]

    private static func dateAddition(_ name: String, sign: Int64) -> ExpressionOperator {
        form(name) { argument, compiler in
            let arguments = try NamedArguments(
                argument, of: name, ["startDate", "unit", "amount", "timezone"], notObject: 5166400, unknown: 5166401)
            let operands = [
                try compiler.expression(arguments, required: "startDate", 5166402),
                try compiler.expression(arguments, required: "unit", 5166402),
                try compiler.expression(arguments, required: "amount", 5166402),
                try compiler.expression(arguments, "timezone"),
            ]
            let zone = ZoneOperand(operands[3])
            return try compiler.call(name, operands) { scope, arguments in
                let (moment, unitName, count) = (try arguments[0], try arguments[1], try arguments[2])
                if moment.isNullish || unitName.isNullish || count.isNullish { return .null }
                let start = try dateOf(moment, "'startDate' of \(name)", 5166403)
                let unit = try DateUnit(unitName, name, notString: 5166404)
                guard let amount = count.exactInt64 else {
                    throw AtelierError(
                        5166405, "\(name) expects integer amount of time units, but got \(count.type.name)")
                }
                guard let zone = try zone.evaluate(scope) else { return .null }
                guard amount != Int64.min, let result = unit.add(sign * amount, to: start, in: zone) else {
                    throw AtelierError(5976500, "'amount' of \(name) is too large")
                }
                return .date(result)
            }
        }
    }

    private static func dateOf(_ value: ValueView, _ what: String, _ code: ErrorCode) throws -> Int64 {
        guard value.isDateLike else {
            throw AtelierError(code, "\(what) must be a date, timestamp or ObjectId, but got \(value.type.name)")
        }
        return try value.coercedDate()
    }

    /// The first day of the week, 0 for Sunday; nil where it matters and is null.
    private static func firstDay(
        _ value: ValueView, given: Bool, _ unit: DateUnit, _ name: String, notString: ErrorCode
    ) throws -> Int? {
        guard unit == .week, given else { return 0 }
        if value.isNullish { return nil }
        guard value.type == .string else {
            throw AtelierError(notString, "\(name) requires 'startOfWeek' to be a string, but got \(value.type.name)")
        }
        let text = value.asString.lowercased()
        let days = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"]
        guard let day = days.firstIndex(where: { $0 == text || $0.prefix(3) == text }) else {
            throw AtelierError(.failedToParse, "\(name): unknown day of week value: \(value.asString)")
        }
        return day
    }
}

extension DateUnit {
    fileprivate init(_ value: ValueView, _ name: String, notString: ErrorCode) throws {
        guard value.type == .string else {
            throw AtelierError(notString, "\(name) requires 'unit' to be a string, but got \(value.type.name)")
        }
        guard let unit = DateUnit(rawValue: value.asString) else {
            throw AtelierError(
                .failedToParse, "\(name): unknown time unit value: \(value.asString)",
                advice: "The units are year, quarter, month, week, day, hour, minute, second and millisecond.")
        }
        self = unit
    }
}
