import BSON
import CustomerModels

extension Option {
    static let horizonDays = Option(
        "horizon-days", value: "N", "How far ahead to look, in days; see below for what it is otherwise")
}

extension Invocation {
    /// The option's value as a number within the range.
    func number(_ option: Option, in range: ClosedRange<Double>) throws -> Double? {
        guard let text = value(option) else { return nil }
        guard let number = Double(text), range.contains(number) else {
            throw UsageError(
                "--\(option.name): expected a number from \(range.lowerBound) to \(range.upperBound), found \"\(text)\""
            )
        }
        return number
    }

    /// The option's value as a day, counted from 1970-01-01. A year or a month stands for its first day.
    func day(_ option: Option) throws -> Int? {
        guard let text = value(option) else { return nil }
        let whole =
            switch text.utf8.count {
            case 4: text + "-01-01"
            case 7: text + "-01"
            default: text
            }
        guard let day = calendarDay(whole) else {
            throw UsageError(
                "--\(option.name): expected a date such as 2010-09-30, 2010-09 or 2010, found \"\(text)\"",
                advice: "Year, month and day are written with dashes between them, in this order.")
        }
        return day
    }
}

/// A number to so many places, for sentences.
func rounded(_ number: Double, _ places: Int) -> String {
    guard number.isFinite else { return "\(number)" }
    return Decimal128(exactly34: number).rounded(toPlaces: places).description
}
