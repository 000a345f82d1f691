import BSON
import Testing

@Suite struct UTCDateTests {
    @Test(arguments: [
        (Int64(0), 1970, 1, 1, 0, 0, 0, 0), (-1, 1969, 12, 31, 23, 59, 59, 999),
        (951_782_400_000, 2000, 2, 29, 0, 0, 0, 0), (4_107_542_399_999, 2100, 2, 28, 23, 59, 59, 999),
        (-62_135_596_800_000, 1, 1, 1, 0, 0, 0, 0), (-62_135_596_800_001, 0, 12, 31, 23, 59, 59, 999),
        (253_402_300_799_999, 9999, 12, 31, 23, 59, 59, 999), (1_291_191_960_000, 2010, 12, 1, 8, 26, 0, 0),
        (.max, 292_278_994, 8, 17, 7, 12, 55, 807), (.min, -292_275_055, 5, 16, 16, 47, 4, 192),
    ])
    func partsOfKnownMoments(
        _ milliseconds: Int64, _ year: Int, _ month: Int, _ day: Int, _ hour: Int, _ minute: Int, _ second: Int,
        _ rest: Int
    ) {
        let date = UTCDate(
            year: year, month: month, day: day, hour: hour, minute: minute, second: second, millisecond: rest)
        #expect(UTCDate(milliseconds: milliseconds) == date)
        #expect(date.milliseconds == milliseconds)
    }

    /// Walks every day of 1,200 years and checks the calendar's rules one day at a time.
    @Test func everyDayFollowsTheOneBefore() {
        var previous = UTCDate(year: -401, month: 12, day: 31)
        var failures = 0
        for days in UTCDate.days(year: -400, month: 1, day: 1)...UTCDate.days(year: 800, month: 1, day: 1) {
            let (year, month, day) = UTCDate.civil(fromDays: days)
            let current = UTCDate(year: year, month: month, day: day)
            var expected = previous
            expected.day += 1
            if expected.day > UTCDate.daysInMonth(expected.month, year: expected.year) {
                expected.day = 1
                expected.month += 1
                if expected.month > 12 { (expected.month, expected.year) = (1, expected.year + 1) }
            }
            if current != expected || current.daysSinceEpoch != days || current.dayOfWeek != previous.dayOfWeek % 7 + 1
            {
                failures += 1
            }
            previous = current
        }
        #expect(failures == 0)
    }

    /// Dates whose ISO weeks ISO 8601 and the calendar's leap rules make awkward.
    @Test(arguments: [
        (2005, 1, 1, 53, 2004, 6), (2005, 1, 2, 53, 2004, 7), (2005, 12, 31, 52, 2005, 6), (2007, 1, 1, 1, 2007, 1),
        (2008, 12, 28, 52, 2008, 7), (2008, 12, 29, 1, 2009, 1), (2009, 12, 31, 53, 2009, 4), (2010, 1, 3, 53, 2009, 7),
        (2010, 1, 4, 1, 2010, 1), (2020, 12, 31, 53, 2020, 4), (2021, 1, 3, 53, 2020, 7), (1970, 1, 1, 1, 1970, 4),
    ])
    func isoWeeks(_ year: Int, _ month: Int, _ day: Int, _ week: Int, _ weekYear: Int, _ weekday: Int) {
        let date = UTCDate(year: year, month: month, day: day)
        #expect(date.isoWeek == week)
        #expect(date.isoWeekYear == weekYear)
        #expect(date.isoDayOfWeek == weekday)
        #expect(
            UTCDate.milliseconds(isoWeekYear: weekYear, isoWeek: week, isoDayOfWeek: weekday) == date.milliseconds)
    }

    @Test(arguments: [
        (2016, 1, 1, 0, 6, 1), (2016, 1, 3, 1, 1, 3), (2014, 1, 1, 0, 4, 1), (2012, 1, 1, 1, 1, 1),
        (2016, 12, 31, 52, 7, 366),
        (2011, 12, 31, 52, 7, 365), (2000, 12, 31, 53, 1, 366),
    ])
    func weeksFromSunday(_ year: Int, _ month: Int, _ day: Int, _ week: Int, _ weekday: Int, _ dayOfYear: Int) {
        let date = UTCDate(year: year, month: month, day: day)
        #expect(date.week == week)
        #expect(date.dayOfWeek == weekday)
        #expect(date.dayOfYear == dayOfYear)
    }

    @Test func partsOutOfRangeCarryOver() {
        #expect(UTCDate(year: 2017, month: 14).milliseconds == UTCDate(year: 2018, month: 2).milliseconds)
        #expect(UTCDate(year: 2017, month: 0).milliseconds == UTCDate(year: 2016, month: 12).milliseconds)
        #expect(UTCDate(year: 2017, month: -11).milliseconds == UTCDate(year: 2016, month: 1).milliseconds)
        #expect(UTCDate(year: 2017, day: 0).milliseconds == UTCDate(year: 2016, month: 12, day: 31).milliseconds)
        #expect(UTCDate(year: 2017, second: -1, millisecond: 1000).milliseconds == UTCDate(year: 2017).milliseconds)
        #expect(UTCDate(year: .max, month: .max).milliseconds == nil)
        #expect(UTCDate(year: 300_000_000).milliseconds == nil)
        #expect(UTCDate(year: 0, day: .max, hour: .min).milliseconds == nil)
        #expect(UTCDate.milliseconds(isoWeekYear: .min) == nil)
        #expect(UTCDate.milliseconds(isoWeekYear: 2017, isoWeek: .max) == nil)
    }

    @Test(arguments: [
        ("1970-01-01", Int64(0)), ("1970-01-01T00:00Z", 0), ("1970-01-01T00:00:00.5Z", 500),
        ("1970-01-01T01:00:00+01:00", 0),
        ("1970-01-01T01:30:00.123456+0130", 123), ("1969-12-31T19:00:00-05", 0),
        ("2012-12-24T12:15:30.501Z", 1_356_351_330_501),
        ("0000-01-01T00:00:00Z", -62_167_219_200_000), ("9999-12-31T23:59:59.999Z", 253_402_300_799_999),
    ])
    func readsISO8601(_ text: String, _ milliseconds: Int64) {
        #expect(UTCDate.milliseconds(iso8601: text) == milliseconds)
    }

    @Test(arguments: [
        "", "1970", "1970-13-01", "1970-02-29", "1970-01-01T", "1970-01-01T00:00:00", "1970-01-01T24:00:00Z",
        "1970-01-01T00:60:00Z",
        "1970-01-01T00:00:60Z", "1970-01-01T00:00:00.Z", "1970-01-01T00:00:00Zx", "1970-01-01T00:00:00+1", "197O-01-01",
        "1970-1-1", "1970-01-01T00:00:00+24:00", "1970-01-01X00:00:00Z",
    ])
    func refusesWhatIsNoDate(_ text: String) { #expect(UTCDate.milliseconds(iso8601: text) == nil) }

    @Test func writesISO8601() {
        #expect(UTCDate(milliseconds: 1_356_351_330_501).iso8601() == "2012-12-24T12:15:30.501Z")
        #expect(UTCDate(milliseconds: 0).iso8601() == "1970-01-01T00:00:00.000Z")
        #expect(UTCDate(milliseconds: 0).iso8601(milliseconds: .whenNotZero) == "1970-01-01T00:00:00Z")
        #expect(UTCDate(year: 12345).iso8601(milliseconds: .whenNotZero) == "+12345-01-01T00:00:00Z")
        #expect(UTCDate(year: -1).iso8601(milliseconds: .whenNotZero) == "-0001-01-01T00:00:00Z")
    }
}
