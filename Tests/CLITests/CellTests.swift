import Analytics
import BSON
import Testing

@testable import atelier

/// Values as tables show them.
@Suite struct CellTests {
    private func readable(_ value: BSONValue, _ type: ColumnType, _ unit: Analytics.Unit? = nil) -> String {
        value.withValue { CellText.readable($0, Column(name: "c", type: type, unit: unit)) }
    }

    @Test(arguments: [
        ("1234567.005", "1,234,567.00"), ("-28675.61", "-28,675.61"), ("999.995", "1,000.00"), ("0.001", "0.00"),
        ("-0.001", "0.00"), ("491.9045403083385", "491.90"), ("NaN", "NaN"), ("1E+40", "1E+40"),
    ])
    func moneyHasTwoPlaces(value: String, text: String) throws {
        #expect(readable(.decimal(try #require(Decimal128(value))), .decimal, .currency) == text)
    }

    @Test func numbersAreRoundedAsTheirColumnSays() {
        #expect(
            readable(.double(0.2095), .number, .ratio) == "20.9%"
                || readable(.double(0.2095), .number, .ratio) == "21.0%")
        #expect(readable(.double(-0.20949526609251445), .number, .ratio) == "-20.9%")
        #expect(readable(.double(1), .number, .ratio) == "100.0%")
        #expect(readable(.double(24.41721), .number) == "24.4172")
        #expect(readable(.double(24.5), .number) == "24.5")
        #expect(readable(.double(24), .number) == "24")
        #expect(readable(.double(.infinity), .number) == "inf")
        #expect(readable(.int32(1_234_567), .integer) == "1,234,567")
        #expect(readable(.int64(5_831_928), .decimal) == "5831928", "an undeclared column keeps its digits as they are")
        #expect(readable(.double(12.04), .number, .days) == "12.0")
        #expect(readable(.int32(1200), .integer, .days) == "1,200", "whole days have no decimals")
    }

    @Test func otherValuesReadPlainly() {
        #expect(readable(.null, .number, .ratio) == "")
        #expect(readable(.bool(true), .boolean) == "true")
        #expect(readable(.date(1_259_653_500_000), .date) == "2009-12-01T07:45:00Z")
        #expect(readable(.document(["a": 1]), .document) == #"{"a":1}"#)
        #expect(readable(.string("a\u{1B}[31mb\nc\td"), .string) == #"a\u{1b}[31mb\nc\td"#)
    }

    @Test(arguments: [
        ("abc", 3), ("é", 1), ("e\u{301}", 1), ("日本", 4), ("ＡＢ", 4), ("한", 2), ("🪡", 2), ("👩‍🎨", 2), ("❤️", 2), ("", 0),
    ])
    func charactersTakeTheirColumns(text: String, width: Int) {
        #expect(DisplayWidth.of(text) == width)
    }

    @Test func cuttingCountsColumnsNotCharacters() {
        #expect(DisplayWidth.cut("日本語", to: 6) == "日本語")
        #expect(DisplayWidth.cut("日本語", to: 5) == "日本…")
        #expect(DisplayWidth.cut("日本語", to: 4) == "日…")
        #expect(DisplayWidth.cut("abc", to: 1) == "…")
    }
}

@Suite struct TableLayoutTests {
    private func lines(_ columns: [(Column, [String])], width: Int?) -> (lines: [String], notes: [String]) {
        var layout = TableLayout(columns.map { TableColumn($0.0, cells: $0.1) })
        let notes = layout.fit(width)
        return (layout.lines(), notes)
    }

    private let name = Column(name: "name", type: .string, title: "Name")
    private let total = Column(name: "total", type: .decimal, title: "Total")

    @Test func pointsStandBelowEachOther() {
        let table = lines([(name, ["a", "日本", "c", "d"]), (total, ["1.5", "12", "1000.125", ""])], width: nil)
        #expect(
            table.lines == [
                "Name     Total",
                "────  ────────",
                "a        1.5",
                "日本    12",
                "c     1000.125",
                "d",
            ])
        #expect(table.notes.isEmpty)
    }

    @Test func percentSignsStandBelowEachOther() {
        let table = lines([(total, ["100.0%", "5.0%", ""])], width: nil)
        #expect(table.lines.dropFirst(2) == ["100.0%", "  5.0%", ""])
    }

    @Test func textsAreCutBeforeColumnsGo() {
        let long = Column(name: "text", type: .string, title: "Text")
        let columns = [(name, ["short"]), (long, [String(repeating: "x", count: 40)]), (total, ["1.00"])]
        let cut = lines(columns, width: 30)
        #expect(cut.lines.last == "short  xxxxxxxxxxxxxxx…   1.00")
        #expect(cut.notes == ["Long values are cut; --format json prints them whole"])
        let dropped = lines(columns, width: 20)
        #expect(dropped.lines.last == "short  xxxxxxxxxxx…")
        #expect(dropped.notes.first == "Not shown, for lack of room: Total")
    }
}
