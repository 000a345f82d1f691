import Analytics
import BSON
import DocumentStore
import Reports
import Testing

@testable import atelier

/// Charts drawn with characters.
@Suite struct ChartTests {
    private let unicode = ChartStyle(isUnicode: true, isColoured: false)
    private let ascii = ChartStyle(isUnicode: false, isColoured: false)

    private func figure(_ chart: String, _ rows: [Document]) throws -> Figure {
        let text = """
            {"name": "f", "title": "F", "question": "?", "collection": "orders", "pipeline": [{"$match": {}}],
             "columns": [{"name": "x", "type": "string", "title": "Place"}, {"name": "s", "type": "string"},
                         {"name": "n", "type": "integer", "title": "Orders"}], "chart": \(chart)}
            """
        return try #require(Figure(SavedAggregation(Document(json: text), path: "f.json"), rows: rows))
    }

    private func lines(_ chart: String, _ rows: [Document], _ style: ChartStyle, width: Int? = 40) throws -> [String] {
        ChartText(try figure(chart, rows), style: style, width: width).lines()
    }

    private let bars = #"{"type": "bar", "x": "x", "y": ["n"]}"#

    @Test func barsAreScaledAndLabelled() throws {
        let rows: [Document] = [
            ["x": "刺繍", "n": 1600], ["x": "b", "n": 700], ["x": "c", "n": 0], ["x": "d", "n": 1],
        ]
        #expect(
            try lines(bars, rows, unicode, width: 26).joined(separator: "\n") == """
                刺繍 ███████████████ 1,600
                b    ██████▋           700
                c                        0
                d    ▏                   1
                """)
        #expect(
            try lines(bars, rows, ascii, width: 26).joined(separator: "\n") == """
                刺繍 ############### 1,600
                b    ######            700
                c                        0
                d    |                   1
                """)
    }

    @Test func barsBelowZeroGoToTheLeft() throws {
        let rows: [Document] = [["x": "up", "n": 10], ["x": "down", "n": -10], ["x": "none", "n": .null]]
        #expect(
            try lines(bars, rows, ascii, width: 20) == ["up         #####  10", "down ######      -10", "none"])
    }

    @Test func whatIsNotDrawnIsSaid() throws {
        let rows = (0..<40).map { Document([("x", .string("\($0)")), ("n", .int32(5))]) }
        let drawn = try lines(bars, rows, unicode)
        #expect(drawn.count == 26 && drawn.last == "and 15 more, not drawn")
        #expect(drawn.allSatisfy { DisplayWidth.of($0) <= 40 })
    }

    @Test func slicesAreBarsWithShares() throws {
        let rows: [Document] = [["x": "a", "n": 3], ["x": "b", "n": 1]]
        #expect(
            try lines(#"{"type": "pie", "x": "x", "y": ["n"]}"#, rows, ascii, width: 24) == [
                "a ############# 3  75.0%", "b ####          1  25.0%",
            ])
    }

    @Test func aLineHasTheEndsOfItsAxes() throws {
        let rows: [Document] = [["x": "2011-01", "n": 0], ["x": "2011-02", "n": 8], ["x": "2011-03", "n": 8]]
        let drawn = try lines(#"{"type": "line", "x": "x", "y": ["n"]}"#, rows, ascii, width: 30)
        #expect(drawn.first == "Orders by place")
        #expect(drawn[1].hasPrefix("8 |") && drawn[1].hasSuffix("*"))
        #expect(drawn[8].hasPrefix("0 |*"))
        #expect(drawn.last == "   2011-01" + String(repeating: " ", count: 13) + "2011-03")
        let braille = try lines(#"{"type": "line", "x": "x", "y": ["n"]}"#, rows, unicode, width: 30)
        #expect(braille[1].hasSuffix("⠉") && braille.count == drawn.count)
    }

    @Test func severalLinesAreSparklinesOnOneScale() throws {
        let chart = #"{"type": "line", "x": "x", "series": "s", "y": ["n"]}"#
        let rows: [Document] = [
            ["x": "1", "s": "web", "n": 0], ["x": "2", "s": "web", "n": 7], ["x": "1", "s": "shop", "n": 3],
        ]
        #expect(
            try lines(chart, rows, unicode) == ["web   ▁▁▁▁████  0 to 7", "shop  ▄▄▄▄      3 to 3", "      1 – 2"])
        #expect(
            try lines(chart, rows, ascii) == ["web   ____####  0 to 7", "shop  ====      3 to 3", "      1 - 2"])
    }

    @Test func longSparklinesShowMeans() {
        let columns = SparklineChart.columns(of: 10, in: 5)
        #expect(columns == [0..<2, 2..<4, 4..<6, 6..<8, 8..<10])
        #expect(SparklineChart.spark([0, 0, 4, 4, nil, nil, 8, 8, 0, 8], 0...8, columns, unicode) == "▁▅ █▅")
    }

    @Test func heatIsShaded() throws {
        let chart = #"{"type": "heatmap", "x": "x", "series": "s", "y": ["n"]}"#
        let rows: [Document] = [
            ["x": "1", "s": "Mon", "n": 0], ["x": "2", "s": "Mon", "n": 9], ["x": "2", "s": "Tue", "n": 3],
        ]
        #expect(
            try lines(chart, rows, unicode, width: 20) == [
                "    1     2", "Mon ░░░░░░██████", "Tue       ▒▒▒▒▒▒", "0 ░░▒▒▓▓██ 9  Orders",
            ])
        #expect(try lines(chart, rows, ascii, width: 20)[1] == "Mon ......######")
    }

    @Test func aNumberNeedsNoChart() throws {
        #expect(try lines(#"{"type": "number", "y": ["n"]}"#, [["n": 3]], unicode) == [])
    }

    @Test func coloursEndWhereTheyBegan() throws {
        let style = ChartStyle(isUnicode: true, isColoured: true)
        let drawn = try lines(bars, [["x": "a", "n": 3]], style, width: 20)
        #expect(drawn == ["a \u{1B}[36m" + String(repeating: "█", count: 16) + "\u{1B}[0m 3"])
    }

    // MARK: The command

    @Test func runDrawsWhereItIsAskedTo() throws {
        let folder = try TemporaryFolder()
        let store = try Store(folder.path + "/atelier.store", options: StoreOptions(relaxedDurability: true))
        try store.database.collection("orders").insert(["_id": "a", "n": 2]).orThrow()
        store.close()
        try folder.write(
            "big.json",
            """
            {"name": "big", "title": "Big", "question": "?", "collection": "orders", "pipeline": [{"$match": {}}],
             "columns": [{"name": "_id", "type": "string", "title": "Order"}, {"name": "n", "type": "integer"}],
             "chart": {"type": "bar", "x": "_id", "y": ["n"]}}
            """)
        func run(_ arguments: String..., environment: [String] = []) throws -> Atelier.Outcome {
            try Atelier.run(
                ["run", "big", "--aggregations", folder.path] + arguments, in: folder, environment: environment)
        }
        let table = "Big\n\nOrder  n\n─────  ─\na      2\n\n1 row\n"
        #expect(try run().output == table, "no chart where nobody looks")
        #expect(try run("--chart").output == table + "\na " + String(repeating: "#", count: 76) + " 2\n")
        let utf8 = try run("--chart", "--quiet", environment: ["LANG=en_US.UTF-8", "COLUMNS=30"])
        #expect(utf8.output == "Order  n\n─────  ─\na      2\n\na " + String(repeating: "█", count: 26) + " 2\n")
        #expect(try run("--chart", "--format", "csv").status == 2)
        #expect(try run("--chart", "--no-chart").status == 2)
    }
}
