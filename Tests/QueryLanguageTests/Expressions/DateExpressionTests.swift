import BSON
import Testing

@testable import QueryLanguage

/// Date operators since MongoDB 5.0, zones, and forms of text; the values are the manual's examples or follow from the calendar.
@Suite struct DateExpressionTests {
    private static func date(_ text: String) -> String { #"{"$date": "\#(text)"}"# }

    @Test(arguments: [
        ("2020-10-31T12:10:05Z", "month", "1", "UTC", "2020-11-30T12:10:05Z"),
        ("2020-12-31T12:10:05Z", "month", "2", "UTC", "2021-02-28T12:10:05Z"),
        ("2021-02-28T12:10:05Z", "day", "1", "UTC", "2021-03-01T12:10:05Z"),
        ("2020-02-29T00:00:00Z", "year", "1", "UTC", "2021-02-28T00:00:00Z"),
        ("2020-12-31T00:00:00Z", "quarter", "-2", "UTC", "2020-06-30T00:00:00Z"),
        ("2021-01-01T00:00:00Z", "week", "2", "UTC", "2021-01-15T00:00:00Z"),
        ("2021-01-01T00:00:00Z", "millisecond", "-1", "UTC", "2020-12-31T23:59:59.999Z"),
        // Days keep the time on the clock, hours the time that passes: New York's clocks jumped on 2021-03-14 at 07:00Z.
        ("2021-03-13T17:00:00Z", "day", "1", "America/New_York", "2021-03-14T16:00:00Z"),
        ("2021-03-13T17:00:00Z", "hour", "24", "America/New_York", "2021-03-14T17:00:00Z"),
        ("2021-01-31T03:00:00Z", "month", "1", "America/New_York", "2021-03-01T03:00:00Z"),
    ])
    func addsAndSubtracts(start: String, unit: String, amount: String, zone: String, result: String) throws {
        let arguments = { (amount: String) in
            #""startDate": \#(Self.date(start)), "unit": "\#(unit)", "amount": \#(amount), "timezone": "\#(zone)""#
        }
        try ExpressionCase(#"{"$dateAdd": {\#(arguments(amount))}}"#, Self.date(result)).check()
        let negated = amount.hasPrefix("-") ? String(amount.dropFirst()) : "-" + amount
        try ExpressionCase(#"{"$dateSubtract": {\#(arguments(negated))}}"#, Self.date(result)).check()
    }

    @Test(arguments: [
        ("2010-01-01", "2011-07-01", "year", 1), ("2010-01-01", "2011-07-01", "month", 18),
        ("2010-01-01", "2011-07-01", "day", 546), ("2010-03-01", "2010-04-30", "month", 1),
        ("2010-03-01", "2010-04-30", "day", 60), ("2010-12-31", "2011-01-01", "quarter", 1),
        ("2011-01-01", "2010-12-31", "year", -1), ("2021-01-01", "2021-01-31", "week", 5),
        ("2021-02-01", "2021-02-28", "week", 4), ("2021-01-01", "2021-01-02", "hour", 24),
        ("2021-01-01", "2021-01-02", "millisecond", 86_400_000),
    ])
    func countsBoundaries(start: String, end: String, unit: String, count: Int) throws {
        try ExpressionCase(
            #"{"$dateDiff": {"startDate": \#(Self.date(start + "T00:00:00Z")), "endDate": \#(Self.date(end + "T00:00:00Z")), "unit": "\#(unit)"}}"#,
            #"{"$numberLong": "\#(count)"}"#
        ).check()
    }

    @Test(arguments: [("monday", 4), ("Friday", 4), ("fri", 4), ("SUN", 5)])
    func weeksBeginWhenAsked(day: String, count: Int) throws {
        try ExpressionCase(
            #"{"$dateDiff": {"startDate": \#(Self.date("2021-01-01T00:00:00Z")), "endDate": \#(Self.date("2021-01-31T00:00:00Z")), "unit": "week", "startOfWeek": "\#(day)"}}"#,
            #"{"$numberLong": "\#(count)"}"#
        ).check()
    }

    @Test(arguments: [
        ("2020-05-18T14:10:30Z", "week", 2, "America/Los_Angeles", "Monday", "2020-05-11T07:00:00Z"),
        ("2021-03-20T11:30:05Z", "week", 2, "America/Los_Angeles", "Monday", "2021-03-15T07:00:00Z"),
        ("2021-01-11T06:31:15Z", "week", 2, "America/Los_Angeles", "Monday", "2021-01-04T08:00:00Z"),
        ("2020-02-08T13:13:23Z", "week", 2, "America/Los_Angeles", "Monday", "2020-02-03T08:00:00Z"),
        ("2019-05-18T16:09:01Z", "week", 2, "America/Los_Angeles", "Monday", "2019-05-13T07:00:00Z"),
        ("2019-01-08T06:12:03Z", "week", 2, "America/Los_Angeles", "Monday", "2019-01-07T08:00:00Z"),
        ("2021-03-20T11:30:05Z", "hour", 1, "UTC", "sun", "2021-03-20T11:00:00Z"),
        ("2021-03-20T11:30:05Z", "hour", 2, "UTC", "sun", "2021-03-20T10:00:00Z"),
        ("2019-07-04T00:00:00Z", "month", 6, "UTC", "sun", "2019-07-01T00:00:00Z"),
        ("2021-03-20T11:30:05Z", "quarter", 1, "UTC", "sun", "2021-01-01T00:00:00Z"),
        ("2021-03-20T11:30:05Z", "year", 10, "UTC", "sun", "2020-01-01T00:00:00Z"),
        ("1999-12-31T23:59:59Z", "year", 10, "UTC", "sun", "1990-01-01T00:00:00Z"),
        ("2021-03-20T11:30:05.678Z", "second", 1, "UTC", "sun", "2021-03-20T11:30:05Z"),
        ("2021-07-01T03:30:00Z", "day", 1, "America/New_York", "sun", "2021-06-30T04:00:00Z"),
    ])
    func truncates(date: String, unit: String, size: Int, zone: String, day: String, result: String) throws {
        try ExpressionCase(
            #"{"$dateTrunc": {"date": \#(Self.date(date)), "unit": "\#(unit)", "binSize": \#(size), "timezone": "\#(zone)", "startOfWeek": "\#(day)"}}"#,
            Self.date(result)
        ).check()
    }

    @Test(arguments: [
        ExpressionCase(#"{"$dateAdd": {"startDate": null, "unit": "day", "amount": 1}}"#, "null"),
        ExpressionCase(
            #"{"$dateAdd": {"startDate": "$d", "unit": "day", "amount": 1.5}}"#,
            on: #"{"d": {"$date": "2020-01-01T00:00:00Z"}}"#, .error(5_166_405)),
        ExpressionCase(#"{"$dateAdd": {"startDate": 1, "unit": "day", "amount": 1}}"#, .error(5_166_403)),
        ExpressionCase(
            #"{"$dateAdd": {"startDate": {"$date": "2020-01-01T00:00:00Z"}, "unit": "days", "amount": 1}}"#, .error(9)),
        ExpressionCase(#"{"$dateDiff": {"startDate": "$x", "endDate": "$x", "unit": "day"}}"#, "null"),
        ExpressionCase(
            #"{"$dateTrunc": {"date": {"$date": "2020-01-01T00:00:00Z"}, "unit": "day", "binSize": 0}}"#,
            .error(5_439_018)),
        ExpressionCase(
            #"{"$dateTrunc": {"date": {"$date": "2020-01-01T00:00:00Z"}, "unit": "day", "timezone": "Nowhere/At_All"}}"#,
            .error(40485)),
        ExpressionCase(
            #"{"$year": {"date": {"$date": "2020-01-01T00:00:00Z"}, "timezone": "../../etc/passwd"}}"#, .error(40485)),
    ])
    func nullsAndMistakes(_ expressionCase: ExpressionCase) throws { try expressionCase.check() }

    @Test(arguments: [
        ("%Y-%m-%d", "UTC", "2014-01-01"), ("%H:%M:%S:%L%z", "America/New_York", "03:15:39:736-0500"),
        ("%H:%M:%S:%L%z", "+04:30", "12:45:39:736+0430"), ("%Z", "America/New_York", "-300"), ("%Z", "+04:30", "270"),
        ("%b", "+04:30", "Jan"), ("%B", "+04:30", "January"), ("%j %U %V %u %w %G", "UTC", "001 00 01 3 4 2014"),
        ("100%%", "UTC", "100%"),
    ])
    func writesByFormat(format: String, zone: String, text: String) throws {
        try ExpressionCase(
            #"{"$dateToString": {"date": {"$date": "2014-01-01T08:15:39.736Z"}, "format": "\#(format)", "timezone": "\#(zone)"}}"#,
            "\"\(text)\""
        ).check()
    }

    @Test func theDefaultFormatEndsWithZInUTCOnly() throws {
        let date = #""date": {"$date": "2014-01-01T08:15:39.736Z"}"#
        try ExpressionCase(#"{"$dateToString": {\#(date)}}"#, #""2014-01-01T08:15:39.736Z""#).check()
        try ExpressionCase(#"{"$dateToString": {\#(date), "timezone": "GMT"}}"#, #""2014-01-01T08:15:39.736Z""#).check()
        try ExpressionCase(#"{"$dateToString": {\#(date), "timezone": "Asia/Tokyo"}}"#, #""2014-01-01T17:15:39.736""#)
            .check()
        try ExpressionCase(
            #"{"$toString": {"$add": [{"$date": "2014-01-01T00:00:00Z"}, {"$numberLong": "999999999999999"}]}}"#,
            .error(18537)
        ).check()
    }

    @Test(arguments: [
        ("2017-02-08T12:10:40.787", "2017-02-08T12:10:40.787Z"), ("2017-02-08", "2017-02-08T00:00:00Z"),
        ("2018-03-20 11:00:06 +0500", "2018-03-20T06:00:06Z"), ("2018-03-03T12:00:00+0500", "2018-03-03T07:00:00Z"),
        ("10/02/2018", "2018-10-02T00:00:00Z"), ("10.02.2018", "2018-02-10T00:00:00Z"),
        ("10-02-2018", "2018-02-10T00:00:00Z"),
        ("20180210T121314Z", "2018-02-10T12:13:14Z"), ("2018-W06-6", "2018-02-10T00:00:00Z"),
        ("July 4th, 2017", "2017-07-04T00:00:00Z"), ("Sat, 10 Feb 2018 12:00:00 GMT", "2018-02-10T12:00:00Z"),
        ("10 Feb 2018 3:04 pm", "2018-02-10T15:04:00Z"), ("2017-07-14 02:40 UTC", "2017-07-14T02:40:00Z"),
        ("2017-07-14T02:40:00 America/New_York", "2017-07-14T06:40:00Z"), ("@1518264000", "2018-02-10T12:00:00Z"),
    ])
    func readsTheUsualForms(text: String, result: String) throws {
        try ExpressionCase(#"{"$toDate": "\#(text)"}"#, Self.date(result)).check()
    }

    @Test(arguments: [
        "Friday", "2018-02-30", "12:00", "not a date", "", "2018-13-01", "2018-02-10T25:00:00", "2018-02-10 trailing",
    ])
    func refusesWhatIsNoDate(text: String) throws {
        try ExpressionCase(#"{"$toDate": "\#(text)"}"#, .error(241)).check()
    }

    @Test(arguments: [
        ("15 Jun 2018", "%d %b %Y", "UTC", "2018-06-15T00:00:00Z"),
        ("06-15-2018", "%m-%d-%Y", "America/New_York", "2018-06-15T04:00:00Z"),
        ("2018-166 12:30+0200", "%Y-%j %H:%M%z", "UTC", "2018-06-15T10:30:00Z"),
        ("2018-24-5", "%G-%V-%u", "UTC", "2018-06-15T00:00:00Z"),
    ])
    func readsByFormat(text: String, format: String, zone: String, result: String) throws {
        try ExpressionCase(
            #"{"$dateFromString": {"dateString": "\#(text)", "format": "\#(format)", "timezone": "\#(zone)"}}"#,
            Self.date(result)
        ).check()
    }

    /// Local times that the clocks leave out or have twice.
    @Test func jumpsOfTheClocks() throws {
        let newYork = try ZoneDatabase.zone("America/New_York")
        func moment(_ year: Int, _ month: Int, _ day: Int, _ hour: Int, _ minute: Int) -> Int64 {
            UTCDate(year: year, month: month, day: day, hour: hour, minute: minute).milliseconds!
        }
        #expect(newYork.moment(ofLocal: moment(2018, 3, 11, 2, 30)) == moment(2018, 3, 11, 7, 30))
        #expect(newYork.moment(ofLocal: moment(2018, 11, 4, 1, 30)) == moment(2018, 11, 4, 5, 30))
        #expect(newYork.local(moment(2018, 7, 1, 12, 0)) == moment(2018, 7, 1, 8, 0))
        // Years past the table follow the rule, years before it the first offset.
        #expect(newYork.local(moment(2150, 7, 1, 12, 0)) == moment(2150, 7, 1, 8, 0))
        #expect(newYork.local(moment(2150, 1, 1, 12, 0)) == moment(2150, 1, 1, 7, 0))
        let sydney = try ZoneDatabase.zone("Australia/Sydney")
        #expect(sydney.local(moment(2150, 1, 1, 0, 0)) == moment(2150, 1, 1, 11, 0))
        #expect(sydney.local(moment(2150, 7, 1, 0, 0)) == moment(2150, 7, 1, 10, 0))
    }

    @Test(arguments: [("+05:30", 19_800), ("-0330", -12_600), ("+02", 7_200), ("UTC", 0)])
    func offsetsFromUTC(name: String, seconds: Int) throws {
        #expect(try ZoneDatabase.zone(name).period(at: 0).offset == seconds)
    }

    @Test(arguments: ["", "+5", "+05:3", "utc/../..", "Europe/", "/etc/passwd", "posix/Europe/London", "+ab"])
    func zonesThatDoNotExist(name: String) {
        #expect(performing: { try ZoneDatabase.zone(name) }, throws: { ($0 as? AtelierError)?.code == 40485 })
    }
}
