import BSON
import Testing

@testable import Ingest

@Suite struct ValueTests {
    private func bytes<R>(_ text: String, _ body: (UnsafeRawBufferPointer) -> R) -> R {
        Array(text.utf8).withUnsafeBytes { body($0) }
    }

    @Test(
        arguments: [
            ("12", 12), ("-3", -3), ("+4", 4), (" 7 ", 7), ("12.0", 12), ("12.", 12), ("0", 0), ("-0", 0),
            ("2147483647", 2_147_483_647),
            ("-2147483648", -2_147_483_648), ("000000000000000012", 12), ("2147483648", nil),
            ("99999999999999999999", nil),
            ("", nil), ("-", nil), (".", nil), (".0", nil), ("1.5", nil), ("1e3", nil), ("1 2", nil), ("twelve", nil),
            ("1.0x", nil),
        ] as [(String, Int32?)])
    func readsIntegers(_ text: String, _ value: Int32?) { #expect(bytes(text, NumberText.integer) == value) }

    @Test(
        arguments: [
            ("6.95", "6.95"), ("2.10", "2.10"), ("-53594.36", "-53594.36"), ("0", "0"), ("-0.00", "0.00"),
            (".5", "0.5"), ("5.", "5"),
            ("1E-3", "0.001"), ("2.5e2", "2.5E+2"), ("12345678901234567890", "12345678901234567890"),
            ("0.00000000000000000000001", "1E-23"),
            ("123456789012345678901", nil), ("", nil), (".", nil), ("-", nil), ("1,5", nil), ("1.2.3", nil),
            ("£5", nil), ("NaN", nil),
            ("1e", nil), ("1e999", nil), ("e5", nil),
        ] as [(String, String?)])
    func readsDecimalsDigitForDigit(_ text: String, _ value: String?) {
        #expect(bytes(text) { NumberText.decimal($0)?.description } == value)
    }

    @Test func readsDecimalCommas() {
        #expect(bytes("6,95") { NumberText.decimal($0, separator: UInt8(ascii: ","))?.description } == "6.95")
        #expect(bytes("6.95") { NumberText.decimal($0, separator: UInt8(ascii: ",")) } == nil)
    }

    @Test(
        arguments: [
            ("2009-12-01 07:45:00", "2009-12-01T07:45:00.000Z"), ("2009-12-01T07:45", "2009-12-01T07:45:00.000Z"),
            ("2009-12-01", "2009-12-01T00:00:00.000Z"), ("2009-12-01 07:45:00.123", "2009-12-01T07:45:00.000Z"),
            ("2009-12-01T07:45:00Z", "2009-12-01T07:45:00.000Z"), ("2010/2/3 4:05", "2010-02-03T04:05:00.000Z"),
            ("12/1/2010 8:26", "2010-12-01T08:26:00.000Z"), ("12/1/10 8:26", "2010-12-01T08:26:00.000Z"),
            ("2/29/2012 23:59:59", "2012-02-29T23:59:59.000Z"), ("12/1/2010 12:26 AM", "2010-12-01T00:26:00.000Z"),
            ("12/1/2010 12:26 pm", "2010-12-01T12:26:00.000Z"), ("12/1/2010 8:26 PM", "2010-12-01T20:26:00.000Z"),
            ("12/1/70", "1970-12-01T00:00:00.000Z"), ("12/1/68", "2068-12-01T00:00:00.000Z"),
            ("13/1/2010", nil), ("2/29/2011", nil), ("2010-13-01", nil), ("2010-00-10", nil), ("2010-12-00", nil),
            ("12/1/2010 24:00", nil),
            ("12/1/2010 8:60", nil), ("12/1/2010 8:5", nil), ("12/1/2010 13:00 PM", nil), ("12/1/2010 8", nil),
            ("12-1/2010", nil),
            ("12/1", nil), ("12/1/210", nil), ("", nil), ("yesterday", nil), ("40513.5", nil),
            ("2010-12-01 08:26 o'clock", nil),
        ] as [(String, String?)])
    func readsDates(_ text: String, _ date: String?) {
        let value = bytes(text) { DateText.milliseconds($0, .monthFirst) }
        #expect(value.map { UTCDate(milliseconds: $0).iso8601() } == date)
    }

    @Test func dayFirstSwapsOnlyDatesWithTheYearLast() {
        #expect(
            bytes("1.12.2010 8:26") { DateText.milliseconds($0, .dayFirst) }
                == bytes("2010-12-01 08:26") { DateText.milliseconds($0, .dayFirst) })
        #expect(bytes("13-12-2010") { DateText.milliseconds($0, .dayFirst) } != nil)
        #expect(bytes("12-13-2010") { DateText.milliseconds($0, .dayFirst) } == nil)
    }

    @Test func theOrderOfDatesFollowsFromTheData() {
        func decide(_ dates: String...) -> (DateOrder, String?) {
            var evidence = DateOrderEvidence()
            for date in dates { bytes(date) { evidence.observe($0) } }
            return (evidence.order, evidence.assumption)
        }
        #expect(decide("2009-12-01 07:45:00") == (.monthFirst, nil))
        #expect(decide("1/2/2010", "3/4/2010").1?.contains("no date in the file can tell") == true)
        #expect(decide("1/2/2010", "3/14/2010").0 == .monthFirst)
        #expect(decide("1/2/2010", "14/3/2010").0 == .dayFirst)
        #expect(decide("1/2/2010", "14/3/2010").1?.contains("day first") == true)
        #expect(decide("14/3/2010", "15/3/2010", "3/14/2010").0 == .dayFirst)
        #expect(decide("14/3/2010", "15/3/2010", "3/14/2010").1?.contains("rejected") == true)
        // What is a date in neither order says nothing about the order.
        #expect(decide("3/14/2010", "32/1/2010", "99/99/2010").1?.contains("rejected") == false)
    }

    @Test func textTablesNumberTextsInTheOrderTheyCome() {
        let table = TextTable()
        for i in 0..<20_000 { #expect(bytes("text \(i % 5000)", table.number) == i % 5000) }
        #expect(table.count == 5000)
        #expect(table.text(4321) == "text 4321")
        #expect(bytes("", table.number) == 5000)
        #expect(bytes("", table.number) == 5000)
        #expect(bytes("nothing", table.find) == nil)
        #expect(bytes("text 7", table.find) == 7)
    }

    @Test(arguments: [
        ("85123A", true), ("22423", true), ("12345ABC", true), ("POST", false), ("1234", false), ("12345-A", false),
        ("DCGS0058", false),
        ("123456", false),
    ])
    func tellsGoodsFromServices(_ code: String, _ isProduct: Bool) {
        #expect(isProductCode(Array(code.utf8)) == isProduct)
    }
}
