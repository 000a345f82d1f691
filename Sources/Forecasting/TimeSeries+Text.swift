import BSON

extension TimeSeries {
    /// Reads observations as a table gives them: a date and a number each.
    ///
    /// - Parameters:
    ///   - rows: the line each stands on, for errors; `2010-12-09` or, for its first day, `2010-12`; a finite number.
    ///   - period: nil to take the dates' own step: days, weeks or months.
    ///   - from: days before this day are left out. Likewise `to`, which is left out itself.
    /// - Throws: `failedToParse` with the line; `badValue` where there are no rows, or a date stands twice.
    public init(
        rows: [(line: Int, date: String, value: String)], named name: String, period: Period?, from: Int?, to: Int?
    ) throws {
        var days: [(day: Int, value: Double)] = []
        var lines: [Int: Int] = [:]
        for row in rows {
            let place = "\(name):\(row.line)"
            guard let day = TimeSeries.day(row.date) else {
                throw AtelierError(
                    .failedToParse, "expected a date such as 2010-12-09 or 2010-12, found \"\(row.date)\"", at: place)
            }
            guard let value = Double(row.value), value.isFinite else {
                throw AtelierError(
                    .failedToParse, "expected a number, found \"\(row.value)\"", at: place,
                    advice: "Leave out the row where nothing is known; it counts as 0.")
            }
            if let line = lines.updateValue(row.line, forKey: day) {
                throw AtelierError(
                    .badValue, "the date \(row.date) stands on line \(line) already", at: place,
                    advice: "Add the values of one date up first.")
            }
            if day >= from ?? .min && day < to ?? .max { days.append((day, value)) }
        }
        days.sort { $0.day < $1.day }
        guard let first = days.first?.day, let last = days.last?.day else {
            throw AtelierError(.badValue, "there are no rows to forecast from", at: name)
        }
        let step = TimeSeries.step(days.map(\.day))
        let period = period ?? step
        guard TimeSeries.order(period) >= TimeSeries.order(step) else {
            throw AtelierError(
                .badValue, "the dates are \(step.rawValue)s, which cannot be split into \(period.rawValue)s", at: name)
        }
        // A row for a week or a month covers all of it.
        let end = step.firstDay(of: step.index(ofDay: last) + 1)
        try self.init(days: days, coverage: step.firstDay(of: step.index(ofDay: first))..<end, period: period)
    }

    private static func order(_ period: Period) -> Int { Period.allCases.firstIndex(of: period) ?? 0 }

    /// The coarsest steps that the dates fit.
    private static func step(_ days: [Int]) -> Period {
        if days.count > 1 && days.allSatisfy({ UTCDate.civil(fromDays: $0).day == 1 }) { return .month }
        if days.count > 1 && days.allSatisfy({ Period.week.firstDay(of: Period.week.index(ofDay: $0)) == $0 }) {
            return .week
        }
        return .day
    }

    /// Days since 1970-01-01 of a date without a time, or at midnight.
    public static func day(_ text: String) -> Int? {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        if parts.count == 2, parts[0].count == 4, let year = Int(parts[0]), let month = Int(parts[1]), 1...12 ~= month {
            return UTCDate.days(year: year, month: month, day: 1)
        }
        guard let moment = UTCDate.milliseconds(iso8601: text), moment % 86_400_000 == 0 else { return nil }
        return Int(moment / 86_400_000)
    }
}
