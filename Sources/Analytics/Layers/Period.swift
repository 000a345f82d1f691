import BSON

/// A length of calendar time, in UTC. Periods of one length are numbered in order of time, without gaps.
public enum Period: String, Sendable, CaseIterable {
    case day, week, month, quarter, year

    /// The number of the period that holds a day (days since 1970-01-01).
    func number(ofDay day: Int) -> Int {
        let date = UTCDate.civil(fromDays: day)
        return switch self {
        case .day: day
        case .week: floorDivide(day + 3, 7)  // 1970-01-01 was a Thursday; ISO weeks begin on Mondays.
        case .month: date.year * 12 + date.month - 1
        case .quarter: date.year * 4 + (date.month - 1) / 3
        case .year: date.year
        }
    }

    /// The first day of a period, as days since 1970-01-01.
    func firstDay(of number: Int) -> Int {
        switch self {
        case .day: number
        case .week: number * 7 - 3
        case .month:
            UTCDate.days(year: floorDivide(number, 12), month: number - floorDivide(number, 12) * 12 + 1, day: 1)
        case .quarter: Period.month.firstDay(of: number * 3)
        case .year: UTCDate.days(year: number, month: 1, day: 1)
        }
    }

    /// A period's name, as rows have it: `2010-03-15`, `2010-W11`, `2010-03`, `2010-Q1`, `2010`. Sorted as texts they are in
    /// order of time.
    func name(of number: Int) -> String {
        let date = UTCDate(milliseconds: Int64(firstDay(of: number)) * millisecondsOfDay)
        let year = padded(date.year, 4)
        return switch self {
        case .day: "\(year)-\(padded(date.month, 2))-\(padded(date.day, 2))"
        case .week: "\(padded(date.isoWeekYear, 4))-W\(padded(date.isoWeek, 2))"
        case .month: "\(year)-\(padded(date.month, 2))"
        case .quarter: "\(year)-Q\((date.month + 2) / 3)"
        case .year: year
        }
    }

    /// The number of the period with this name; nil for what is no name of a period of this length.
    func number(named text: String) -> Int? {
        let digits = text.split(separator: "-").map { part in part.filter(\.isNumber) }
        let numbers = digits.compactMap { Int($0) }
        guard numbers.count == digits.count, let year = numbers.first else { return nil }
        let number: Int
        switch (self, numbers.count) {
        case (.day, 3): number = UTCDate.days(year: year, month: numbers[1], day: numbers[2])
        // The fourth of January is always in the first ISO week.
        case (.week, 2): number = self.number(ofDay: UTCDate.days(year: year, month: 1, day: 4)) + numbers[1] - 1
        case (.month, 2): number = year * 12 + numbers[1] - 1
        case (.quarter, 2): number = year * 4 + numbers[1] - 1
        case (.year, 1): number = year
        default: return nil
        }
        return name(of: number) == text ? number : nil
    }
}

let millisecondsOfDay: Int64 = 86_400_000

func floorDivide(_ a: Int, _ b: Int) -> Int { a >= 0 ? a / b : -((b - 1 - a) / b) }

private func padded(_ number: Int, _ width: Int) -> String {
    let text = String(number)
    return String(repeating: "0", count: max(0, width - text.count)) + text
}
