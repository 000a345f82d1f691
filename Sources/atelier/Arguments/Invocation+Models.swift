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

    /// The option's value as a day, counted from 1970-01-01.
    func day(_ option: Option) throws -> Int? {
        guard let text = value(option) else { return nil }
        guard let day = calendarDay(text) else {
            throw UsageError("--\(option.name): expected a date such as 2010-09-30, found \"\(text)\"")
        }
        return day
    }
}

/// A number to so many places, for sentences.
func rounded(_ number: Double, _ places: Int) -> String {
    guard number.isFinite else { return "\(number)" }
    return Decimal128(exactly34: number).rounded(toPlaces: places).description
}
