import BSON

/// A time zone: a fixed distance from UTC, or the rules of a place.
///
/// All times are whole seconds since 1970-01-01T00:00:00Z.
final class TimeZone: Sendable {
    /// A stretch of time with one offset.
    struct Period: Sendable {
        /// The first second; `Int.min` for the stretch before all others.
        var start: Int
        /// Seconds east of UTC.
        var offset: Int
    }

    /// By start, never empty.
    private let periods: [Period]
    /// What holds after the last period.
    private let rule: DaylightRule?

    init(periods: [Period], rule: DaylightRule? = nil) {
        precondition(!periods.isEmpty)
        self.periods = periods
        self.rule = rule
    }

    convenience init(offset: Int) { self.init(periods: [Period(start: Int.min, offset: offset)]) }

    static let utc = TimeZone(offset: 0)

    /// Whether this is UTC for all times.
    var isUTC: Bool { periods.count == 1 && periods[0].offset == 0 && rule == nil }

    /// The period that a moment lies in. O(log periods).
    func period(at second: Int) -> Period {
        if periods.count == 1 && rule == nil { return periods[0] }
        var (low, high) = (0, periods.count)
        while high - low > 1 {
            let middle = (low + high) / 2
            if periods[middle].start <= second { low = middle } else { high = middle }
        }
        if low == periods.count - 1, let rule {
            let later = rule.period(at: second)
            if later.start > periods[low].start { return later }
        }
        return periods[low]
    }

    /// Milliseconds east of UTC at a moment given in milliseconds.
    @inline(__always)
    func offset(atMilliseconds milliseconds: Int64) -> Int64 {
        if isUTC { return 0 }
        return Int64(period(at: Int(floorDivide(milliseconds, 1000))).offset) * 1000
    }

    /// The local time at a moment, as milliseconds that read as if they were UTC.
    func local(_ milliseconds: Int64) -> Int64 { milliseconds &+ offset(atMilliseconds: milliseconds) }

    /// The moment of a local time given as milliseconds that read as if they were UTC.
    ///
    /// A time that a jump of the clocks leaves out counts from before the jump; of one that comes twice, the first is
    /// meant west of UTC and the second east of it, as the servers have it.
    func moment(ofLocal milliseconds: Int64) -> Int64 {
        if isUTC { return milliseconds }
        let local = Int(floorDivide(milliseconds, 1000))
        let guess = period(at: local).offset
        let found = period(at: local - guess)
        var offset = found.offset
        if guess != offset && found.start != Int.min {
            let moment = local - offset
            if moment >= found.start + guess - offset && moment < found.start { offset = guess }
        }
        return milliseconds &- Int64(offset) * 1000
    }
}

/// Division that rounds down.
@inline(__always)
func floorDivide(_ number: Int64, _ divisor: Int64) -> Int64 {
    let (quotient, remainder) = number.quotientAndRemainder(dividingBy: divisor)
    return remainder < 0 ? quotient - 1 : quotient
}

/// The yearly rule of a zone for the years past its table, as POSIX `TZ` strings write it: `EST5EDT,M3.2.0,M11.1.0`.
struct DaylightRule: Sendable {
    /// A day of the year and the second of that day, in local time of the moment before.
    enum Day: Sendable {
        /// The `week`th `weekday` (0 is Sunday) of a month; week 5 is the last.
        case weekday(month: Int, week: Int, weekday: Int)
        /// 1 to 365, February 29 not counted.
        case julian(Int)
        /// 0 to 365, February 29 counted.
        case ordinal(Int)
    }

    var standard: Int
    var daylight: Int
    var begins: (day: Day, second: Int)?
    var ends: (day: Day, second: Int)?

    func period(at second: Int) -> TimeZone.Period {
        guard let begins, let ends else { return TimeZone.Period(start: Int.min, offset: standard) }
        let year = UTCDate.civil(fromDays: Int(floorDivide(Int64(second + standard), 86_400))).year
        var changes: [TimeZone.Period] = []
        for year in (year - 1)...(year + 1) {
            changes.append(TimeZone.Period(start: moment(begins, year) - standard, offset: daylight))
            changes.append(TimeZone.Period(start: moment(ends, year) - daylight, offset: standard))
        }
        changes.sort { $0.start < $1.start }
        return changes.last { $0.start <= second }!
    }

    /// The local second a change falls on.
    private func moment(_ change: (day: Day, second: Int), _ year: Int) -> Int {
        let day: Int
        switch change.day {
        case .weekday(let month, let week, let weekday):
            let first = UTCDate(year: year, month: month)
            let shift = (weekday - (first.dayOfWeek - 1) + 7) % 7 + (week - 1) * 7
            let length = UTCDate.daysInMonth(month, year: year)
            day = first.daysSinceEpoch + (shift < length ? shift : shift - 7)
        case .julian(let number):
            let leap = UTCDate.isLeapYear(year) && number > 59 ? 1 : 0
            day = UTCDate(year: year).daysSinceEpoch + number - 1 + leap
        case .ordinal(let number): day = UTCDate(year: year).daysSinceEpoch + number
        }
        return day * 86_400 + change.second
    }
}

extension DaylightRule {
    /// Reads a POSIX `TZ` string; nil where it is malformed. Source: POSIX, "Environment Variables"; RFC 8536, section 3.3.
    init?(_ text: some Sequence<UInt8>) {
        var reader = RuleReader(bytes: Array(text))
        guard reader.name(), let west = reader.time() else { return nil }
        standard = -west
        daylight = standard + 3600
        if reader.isAtEnd { return }
        guard reader.name() else { return nil }
        if !reader.sees(",") {
            guard let west = reader.time() else { return nil }
            daylight = -west
        }
        guard let begins = reader.change(), let ends = reader.change(), reader.isAtEnd else { return nil }
        (self.begins, self.ends) = (begins, ends)
    }
}

private struct RuleReader {
    let bytes: [UInt8]
    var position = 0

    var isAtEnd: Bool { position == bytes.count }

    func sees(_ mark: Unicode.Scalar) -> Bool { position < bytes.count && bytes[position] == UInt8(ascii: mark) }

    mutating func take(_ mark: Unicode.Scalar) -> Bool {
        guard sees(mark) else { return false }
        position += 1
        return true
    }

    mutating func name() -> Bool {
        let start = position
        if take("<") {
            while position < bytes.count && !sees(">") { position += 1 }
            return take(">")
        }
        while position < bytes.count, (65...90).contains(bytes[position]) || (97...122).contains(bytes[position]) {
            position += 1
        }
        return position - start >= 3
    }

    mutating func number() -> Int? {
        let start = position
        var value = 0
        while position < bytes.count, (48...57).contains(bytes[position]), position - start < 4 {
            value = value * 10 + Int(bytes[position]) - 48
            position += 1
        }
        return position > start ? value : nil
    }

    /// `[+-]hh[:mm[:ss]]` in seconds.
    mutating func time() -> Int? {
        let sign = take("-") ? -1 : 1
        if sign == 1 { _ = take("+") }
        guard let hours = number() else { return nil }
        var seconds = hours * 3600
        for unit in [60, 1] {
            guard take(":") else { break }
            guard let part = number() else { return nil }
            seconds += part * unit
        }
        return sign * seconds
    }

    /// `,M3.2.0/2`, `,J60`, `,59`.
    mutating func change() -> (day: DaylightRule.Day, second: Int)? {
        guard take(",") else { return nil }
        let day: DaylightRule.Day
        if take("M") {
            guard let month = number(), take("."), let week = number(), take("."), let weekday = number(),
                1...12 ~= month,
                1...5 ~= week, 0...6 ~= weekday
            else { return nil }
            day = .weekday(month: month, week: week, weekday: weekday)
        } else if take("J") {
            guard let number = number(), 1...365 ~= number else { return nil }
            day = .julian(number)
        } else {
            guard let number = number(), 0...365 ~= number else { return nil }
            day = .ordinal(number)
        }
        guard take("/") else { return (day, 7200) }
        return time().map { (day, $0) }
    }
}
