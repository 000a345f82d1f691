/// A moment in UTC taken apart: year, month, day, hour, minute, second, millisecond.
///
/// The calendar is the proleptic Gregorian one, as in MongoDB: no gap in 1582, a year 0 before year 1, negative years
/// before that, no leap seconds. `init(milliseconds:)` takes a BSON date apart, `milliseconds` puts one together;
/// both cover all of Int64. For local times add the zone's offset to the milliseconds first.
public struct UTCDate: Hashable, Sendable {
    /// The astronomical year: 1 BC is 0.
    public var year: Int
    /// 1 to 12.
    public var month: Int
    /// The day of the month, from 1.
    public var day: Int
    /// 0 to 23.
    public var hour: Int
    /// 0 to 59.
    public var minute: Int
    /// 0 to 59.
    public var second: Int
    /// 0 to 999.
    public var millisecond: Int

    /// The parts as they are given; `milliseconds` carries parts that are out of range.
    public init(
        year: Int, month: Int = 1, day: Int = 1, hour: Int = 0, minute: Int = 0, second: Int = 0, millisecond: Int = 0
    ) {
        self.year = year
        self.month = month
        self.day = day
        self.hour = hour
        self.minute = minute
        self.second = second
        self.millisecond = millisecond
    }

    /// The moment so many milliseconds after 1970-01-01T00:00:00Z.
    public init(milliseconds: Int64) {
        let (days, rest) = UTCDate.split(milliseconds)
        (year, month, day) = UTCDate.civil(fromDays: days)
        hour = rest / 3_600_000
        minute = rest / 60_000 % 60
        second = rest / 1000 % 60
        millisecond = rest % 1000
    }

    /// Milliseconds since 1970-01-01T00:00:00Z; nil where Int64 cannot hold them.
    ///
    /// Parts out of range carry over, as `$dateFromParts` has it: month 14 is February of the next year, day 0 the
    /// last day of the month before, second -1 the last second of the minute before.
    public var milliseconds: Int64? {
        let months = UTCDate.floorDivide(month, 12, minus: 1)
        let (whole, overflow) = year.addingReportingOverflow(months.quotient)
        guard !overflow, whole.magnitude < UTCDate.yearLimit else { return nil }
        let first = UTCDate.days(year: whole, month: months.remainder + 1, day: 1)
        return UTCDate.join(days: Int128(first) + Int128(day) - 1, hour, minute, second, millisecond)
    }

    /// More than the years that Int64 milliseconds reach (292 million either way).
    private static let yearLimit: UInt = 400_000_000
}

// MARK: - Weeks and days

extension UTCDate {
    /// Days since 1970-01-01, negative before. The parts are in range.
    public var daysSinceEpoch: Int { UTCDate.days(year: year, month: month, day: day) }

    /// 1 for Sunday to 7 for Saturday, as `$dayOfWeek`.
    public var dayOfWeek: Int { UTCDate.weekday(fromDays: daysSinceEpoch) + 1 }

    /// 1 for Monday to 7 for Sunday, as `$isoDayOfWeek` (ISO 8601).
    public var isoDayOfWeek: Int { (UTCDate.weekday(fromDays: daysSinceEpoch) + 6) % 7 + 1 }

    /// 1 to 366, as `$dayOfYear`.
    public var dayOfYear: Int { daysSinceEpoch - UTCDate.days(year: year, month: 1, day: 1) + 1 }

    /// 0 to 53, as `$week`: week 1 begins on the year's first Sunday, the days before it are week 0.
    public var week: Int { (dayOfYear + 6 - UTCDate.weekday(fromDays: daysSinceEpoch)) / 7 }

    /// 1 to 53, as `$isoWeek`: weeks begin on Monday, week 1 is the one with the year's first Thursday.
    public var isoWeek: Int { isoWeekAndYear.week }

    /// The year that the ISO week belongs to, as `$isoWeekYear`.
    public var isoWeekYear: Int { isoWeekAndYear.year }

    private var isoWeekAndYear: (week: Int, year: Int) {
        let thursday = daysSinceEpoch - isoDayOfWeek + 4
        let year = UTCDate.civil(fromDays: thursday).year
        return ((thursday - UTCDate.days(year: year, month: 1, day: 1)) / 7 + 1, year)
    }

    /// Milliseconds of a moment named by ISO week; parts out of range carry over. Nil where Int64 cannot hold them.
    public static func milliseconds(
        isoWeekYear: Int, isoWeek: Int = 1, isoDayOfWeek: Int = 1, hour: Int = 0, minute: Int = 0, second: Int = 0,
        millisecond: Int = 0
    ) -> Int64? {
        guard isoWeekYear.magnitude < yearLimit else { return nil }
        // January 4 is always in week 1.
        let fourth = days(year: isoWeekYear, month: 1, day: 4)
        let monday = fourth - (weekday(fromDays: fourth) + 6) % 7
        let day = Int128(monday) + (Int128(isoWeek) - 1) * 7 + Int128(isoDayOfWeek) - 1
        return join(days: day, hour, minute, second, millisecond)
    }

    /// Whether the year has a February 29.
    public static func isLeapYear(_ year: Int) -> Bool { year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) }

    /// 28 to 31; the month is 1 to 12.
    public static func daysInMonth(_ month: Int, year: Int) -> Int {
        switch month {
        case 2: isLeapYear(year) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }
}

// MARK: - Arithmetic

extension UTCDate {
    /// Days from 1970-01-01 to a day of the calendar; the parts are in range.
    ///
    /// Years are counted from March, so that the leap day ends a year; 400 years are always 146,097 days.
    public static func days(year: Int, month: Int, day: Int) -> Int {
        let marchYear = month <= 2 ? year - 1 : year
        let era = (marchYear >= 0 ? marchYear : marchYear - 399) / 400
        let yearOfEra = marchYear - era * 400
        let dayOfYear = (153 * ((month + 9) % 12) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }

    /// The day of the calendar so many days after 1970-01-01.
    public static func civil(fromDays days: Int) -> (year: Int, month: Int, day: Int) {
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let marchMonth = (5 * dayOfYear + 2) / 153
        let month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * marchMonth + 2) / 5 + 1)
    }

    /// 0 for Sunday to 6 for Saturday; 1970-01-01 was a Thursday.
    static func weekday(fromDays days: Int) -> Int {
        let weekday = (days + 4) % 7
        return weekday < 0 ? weekday + 7 : weekday
    }

    /// Whole days since 1970-01-01, negative before.
    @inlinable
    public static func days(ofMilliseconds milliseconds: Int64) -> Int {
        let days = Int(milliseconds) / 86_400_000
        return Int(milliseconds) < days * 86_400_000 ? days - 1 : days
    }

    /// Whole days and the milliseconds within the day.
    static func split(_ milliseconds: Int64) -> (days: Int, rest: Int) {
        let days = days(ofMilliseconds: milliseconds)
        return (days, Int(milliseconds) &- days &* 86_400_000)
    }

    private static func join(days: Int128, _ hour: Int, _ minute: Int, _ second: Int, _ millisecond: Int) -> Int64? {
        let seconds = (days * 24 + Int128(hour)) * 3600 + Int128(minute) * 60 + Int128(second)
        return Int64(exactly: seconds * 1000 + Int128(millisecond))
    }

    private static func floorDivide(_ number: Int, _ divisor: Int, minus less: Int) -> (quotient: Int, remainder: Int) {
        let shifted = Int128(number) - Int128(less)
        let (quotient, remainder) = shifted.quotientAndRemainder(dividingBy: Int128(divisor))
        return remainder < 0 ? (Int(quotient) - 1, Int(remainder) + divisor) : (Int(quotient), Int(remainder))
    }
}
