import Analytics
import BSON
import DocumentStore
import Glibc
import Testing

@testable import Reports

/// Reports over a small store of orders made here.
@Suite struct ReportPageTests {
    private let store: Store
    private let path: String

    init() throws {
        path = "/tmp/atelier-report-\(getpid())-\(UInt64.random(in: 0 ... .max)).store"
        store = try Store(path, options: StoreOptions(relaxedDurability: true))
    }

    private func finish() {
        store.close()
        for file in [path, path + "-lock"] { unlink(file) }
    }

    /// An order of one line on a day of 2011.
    private func order(_ id: String, _ customer: String?, _ day: String, _ price: String) throws -> Document {
        let customer = customer.map { "\"\($0)\"" } ?? "null"
        return try Document(
            json: """
                {"_id": "\(id)", "customerId": \(customer), "kind": "sale", "status": "completed",
                 "orderedAt": {"$date": "2011-\(day)T10:00:00Z"},
                 "items": [{"line": 1, "quantity": 2, "unitPrice": {"$numberDecimal": "\(price)"}}]}
                """)
    }

    /// January incomplete, February and March complete, April incomplete.
    private func fill() throws {
        try store.database.collection("orders").insert([
            order("1", "a", "01-05", "10"), order("2", "b", "02-01", "20"), order("3", "a", "02-10", "5"),
            order("4", nil, "02-11", "25"), order("5", "c", "03-03", "30"), order("6", "c", "03-03", "30"),
            order("7", "b", "04-02", "1"),
        ]).orThrow()
    }

    private func aggregation(_ name: String, _ rest: String) throws -> SavedAggregation {
        let text = """
            {"name": "\(name)", "title": "About \(name)", "question": "Which?", "collection": "orders", \(rest)}
            """
        return try SavedAggregation(Document(json: text), path: "\(name).json")
    }

    private func build(
        _ aggregations: [SavedAggregation], _ parameters: [(name: String, text: String)] = [], topic: String? = nil
    ) throws -> Report {
        let options = ReportOptions(
            title: "T <&>", topic: topic, parameters: parameters, computedAt: 1_302_000_000_000)
        return try ReportBuilder(database: store.database, options: options).build(aggregations)
    }

    private let columns = #""columns": [{"name": "_id", "type": "string", "title": "Order"}]"#

    // MARK: Key figures

    @Test func keyFiguresAreThoseOfTheLatestCompleteMonthAgainstTheOneBefore() throws {
        defer { finish() }
        try fill()
        let figures = try build([]).keyFigures
        #expect(figures.map(\.title) == ["Revenue", "Orders", "Average order value", "Repeat rate"])
        #expect(figures.map(\.month) == Array(repeating: "March 2011", count: 4))
        // February: 40 + 10 + 50 of three orders; March: 120 of two.
        #expect(figures.map(\.value) == ["120.00", "2", "60.00", "66.7%"])
        #expect(figures.map(\.change) == ["+20.0%", "−33.3%", "+80.0%", "+16.7 points"])
        #expect(figures.map(\.direction) == [.up, .down, .up, .up])
        // All of b's, a's and c's orders: everybody came back.
        #expect(figures.map(\.overall) == ["242.00", "7", "34.57", "100.0%"])
        #expect(figures[0].history == [100, 120])
        #expect(figures[3].history == [1.0 / 2, 2.0 / 3])
    }

    @Test func aMonthWithoutACompleteOneBeforeHasNoChange() throws {
        defer { finish() }
        try fill()
        let figures = try build([], [("from", "2011-03")].filter { _ in false }, topic: nil).keyFigures
        #expect(figures.count == 4)
        try store.database.collection("orders").deleteMany(["orderedAt": ["$lt": .date(1_296_518_400_000)]]).orThrow()
        try store.database.collection("orders").deleteMany(["orderedAt": ["$gte": .date(1_298_937_600_000)]]).orThrow()
        #expect(try build([]).keyFigures.isEmpty, "February ends on the 11th")
        try store.database.collection("orders").insert(order("9", "z", "02-28", "1")).orThrow()
        let february = try build([]).keyFigures
        #expect(february.map(\.month).first == "February 2011")
        #expect(february.allSatisfy { $0.change == nil })
    }

    @Test func anEmptyStoreGivesAReportThatSaysSo() throws {
        defer { finish() }
        let report = try build([aggregation("all", #""pipeline": [{"$match": {}}], \#(columns)"#)])
        #expect(report.dataUntil == nil && report.keyFigures.isEmpty && report.topics.isEmpty)
        #expect(report.omissions.map(\.reason) == ["It has no rows: the store holds nothing it asks about."])
        #expect(ReportPage(report, chartLibrary: "").html.contains("there are no orders"))
    }

    // MARK: Contents

    @Test func whatCannotBeAnsweredIsListedWithTheReason() throws {
        defer { finish() }
        try fill()
        let report = try build([
            aggregation("fails", #""pipeline": [{"$project": {"x": {"$toInt": "$kind"}}}], \#(columns)"#),
            aggregation(
                "needs",
                #""parameters": [{"name": "who", "type": "string", "required": true, "description": "Whom"}], "#
                    + #""pipeline": [{"$match": {"customerId": {"$param": "who"}}}], \#(columns)"#),
            aggregation("works", #""pipeline": [{"$sort": {"_id": 1}}], \#(columns)"#),
        ])
        #expect(report.topics.flatMap(\.answers).map(\.aggregation.name) == ["works"])
        #expect(report.topics[0].answers[0].rowCount == 7)
        #expect(report.omissions.map(\.name) == ["fails", "needs"])
        #expect(report.omissions[0].reason.hasPrefix("It failed: "))
        #expect(report.omissions[1].reason == "It asks for who: whom.")
        let given = try build(
            [
                aggregation(
                    "needs",
                    #""parameters": [{"name": "who", "type": "string", "required": true, "description": "Whom"}], "#
                        + #""pipeline": [{"$match": {"customerId": {"$param": "who"}}}], \#(columns)"#)
            ], [("who", "a")])
        #expect(given.topics[0].answers[0].rowCount == 2)
    }

    @Test func aParameterThatNobodyHasIsAnError() throws {
        defer { finish() }
        let error = #expect(throws: AtelierError.self) {
            try build([aggregation("works", #""pipeline": [{"$match": {}}], \#(columns)"#)], [("form", "2011")])
        }
        #expect(error?.code == .badValue)
    }

    @Test func topicsComeInTheirOrder() {
        #expect(
            TopicOrder.sorted(["other", "zebra", "stock", "sales", "apple"]) == [
                "sales", "stock", "apple", "zebra", "other",
            ])
    }

    // MARK: The page

    @Test func thePageIsTheSameForTheSameReportAndHoldsNoMarkupOfTheData() throws {
        defer { finish() }
        let evil = "</script><img src=x onerror=alert(1)>"
        try store.database.collection("orders").insert(["_id": .string(evil), "n": 3]).orThrow()
        let chart = #""chart": {"type": "bar", "x": "_id", "y": ["n"]}"#
        let columns = #""columns": [{"name": "_id", "type": "string"}, {"name": "n", "type": "integer"}]"#
        let question = try aggregation("works", #""pipeline": [{"$match": {}}], \#(columns), \#(chart)"#)
        let library = "window.Chart = '</script>'"
        let page = ReportPage(try build([question]), chartLibrary: library).html
        #expect(page == ReportPage(try build([question]), chartLibrary: library).html)
        #expect(!page.contains("<img"))
        #expect(page.contains("&lt;img src=x onerror=alert(1)&gt;"))
        #expect(page.contains(#"\u003c/script\u003e\u003cimg"#))
        #expect(page.contains(#"window.Chart = '<\/script>'"#))
        #expect(page.contains("<title>T &lt;&amp;&gt;</title>"))
        #expect(page.contains(#"<time datetime="2011-04-05T10:40:00Z">2011-04-05 10:40 UTC</time>"#))
    }
}
