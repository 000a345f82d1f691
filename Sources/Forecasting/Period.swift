import BSON

/// The length of a time series' steps, by the calendar in UTC. Periods are numbered from the one that holds 1970-01-01.
public enum Period: String, Sendable, CaseIterable {
    case day
    /// From Monday to Sunday, as in ISO 8601.
    case week
    case month

    /// How many periods make the season one looks for first: a week of days, a year of weeks or months.
    public var season: Int {
        switch self {
        case .day: 7
        case .week: 52
        case .month: 12
        }
    }

    /// How far one forecasts where nobody says: four weeks, a quarter, half a year.
    public var horizon: Int {
        switch self {
        case .day: 28
        case .week: 13
        case .month: 6
        }
    }

    /// The period that a day (counted from 1970-01-01) lies in.
    func index(ofDay day: Int) -> Int {
        switch self {
        case .day: return day
        case .week:
            // 1970-01-05 was a Monday.
            let shifted = day + 3
            return shifted >= 0 ? shifted / 7 : (shifted - 6) / 7
        case .month:
            let (year, month, _) = UTCDate.civil(fromDays: day)
            return (year - 1970) * 12 + month - 1
        }
    }

    /// The first day of a period.
    func firstDay(of index: Int) -> Int {
        switch self {
        case .day: return index
        case .week: return index * 7 - 3
        case .month:
            let year = index >= 0 ? index / 12 : (index - 11) / 12
            return UTCDate.days(year: 1970 + year, month: index - year * 12 + 1, day: 1)
        }
    }

    /// `2010-12-09`, the Monday of a week, or `2010-12`.
    public func label(_ index: Int) -> String {
        let (year, month, day) = UTCDate.civil(fromDays: firstDay(of: index))
        func padded(_ number: Int, _ width: Int) -> String {
            let digits = String(number)
            return String(repeating: "0", count: max(0, width - digits.count)) + digits
        }
        let text = padded(year, 4) + "-" + padded(month, 2)
        return self == .month ? text : text + "-" + padded(day, 2)
    }

    /// `1 day`, `3 weeks`.
    func counted(_ count: Int) -> String { "\(count) \(rawValue)\(count == 1 ? "" : "s")" }
}
