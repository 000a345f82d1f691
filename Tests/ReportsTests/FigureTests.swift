import Analytics
import BSON
import Testing

@testable import Reports

@Suite struct FigureTests {
    private func aggregation(_ chart: String) throws -> SavedAggregation {
        let text = """
            {"name": "f", "title": "F", "question": "?", "collection": "orders", "pipeline": [{"$match": {}}],
             "columns": [{"name": "month", "type": "string"}, {"name": "channel", "type": "string"},
                         {"name": "n", "type": "integer", "title": "Orders"},
                         {"name": "share", "type": "number", "unit": "ratio", "title": "Share"}],
             "chart": \(chart)}
            """
        return try SavedAggregation(Document(json: text), path: "f.json")
    }

    private let rows: [Document] = [
        ["month": "2011-02", "channel": "shop", "n": 3, "share": 0.25],
        ["month": "2011-01", "channel": "web", "n": 5, "share": .null],
        ["month": "2011-02", "channel": "web", "n": 7, "share": .double(.nan)],
    ]

    @Test func columnsAreSeriesAndRowsAreLabels() throws {
        let figure = try #require(
            Figure(aggregation(#"{"type": "line", "x": "month", "y": ["n", "share"]}"#), rows: rows))
        #expect(figure.labels == ["2011-02", "2011-01", "2011-02"])
        #expect(figure.series.map(\.name) == ["Orders", "Share"])
        #expect(figure.series[0].values == [3, 5, 7])
        #expect(figure.series[1].values == [0.25, nil, nil])
        #expect(figure.series[1].text(0.25) == "25.0%")
        #expect(figure.series[0].text(12345) == "12,345")
    }

    @Test func aSeriesColumnSpreadsTheRows() throws {
        let figure = try #require(
            Figure(aggregation(#"{"type": "heatmap", "x": "month", "series": "channel", "y": ["n"]}"#), rows: rows))
        #expect(figure.labels == ["2011-01", "2011-02"], "texts that begin with a digit ascend")
        #expect(figure.series.map(\.name) == ["shop", "web"], "others stay as they occur")
        #expect(figure.series.map(\.values) == [[nil, 3], [5, 7]])
        #expect(figure.range == 3...7)
    }

    @Test func pointsNeedTwoNumbers() throws {
        let figure = try #require(
            Figure(
                aggregation(#"{"type": "scatter", "x": "n", "series": "channel", "y": ["share"]}"#), rows: rows))
        #expect(figure.clouds.map(\.name) == ["shop"])
        #expect(figure.clouds[0].points.map(\.x) == [3] && figure.clouds[0].points.map(\.y) == [0.25])
    }

    @Test func nothingToDrawIsNoFigure() throws {
        let chart = #"{"type": "bar", "x": "month", "y": ["share"]}"#
        #expect(try Figure(aggregation(chart), rows: [rows[1]]) == nil)
        #expect(try Figure(aggregation(chart), rows: []) == nil)
    }

    @Test func whatIsTooMuchIsCutOrPutTogether() throws {
        var figure = try #require(Figure(aggregation(#"{"type": "pie", "x": "channel", "y": ["n"]}"#), rows: rows))
        var cut = figure
        #expect(cut.limit(labels: 1) == 2 && cut.labels == ["shop"] && cut.series[0].values == [3])
        figure.foldRest(after: 1)
        #expect(figure.labels == ["shop", "2 others"] && figure.series[0].values == [3, 12])
    }
}
