import Comparison
import Testing

/// The page of a comparison: what stands where, and that nothing from outside becomes markup.
@Suite struct PageTests {
    private func side(_ database: String, _ title: String, _ model: String) -> ComparisonReport.Side {
        ComparisonReport.Side(
            database: database, title: title, model: model, version: "1.2", durability: "on disk when acknowledged",
            settings: ["synchronous = FULL"], indexes: ["orders (ordered_at)"], bytesOnDisk: 7_503_872)
    }

    private func answer(_ times: [Double], equal: Bool = true, query: String = "SELECT 1") -> ComparisonReport.Answer {
        ComparisonReport.Answer(
            isEqual: equal, coldMs: times.first, warm: equal ? Times(milliseconds: times) : nil, query: query,
            queryBytes: query.utf8.count, joins: 1, plan: PlanInWords(["SCAN orders"], in: .sqlite),
            remarks: equal ? [] : ["row 1, units: 3 from the documents, 4 from the tables"])
    }

    private func question(
        _ name: String, _ answers: [ComparisonReport.Answer], title: String? = nil
    ) -> ComparisonReport.Question {
        ComparisonReport.Question(
            name: name, title: title ?? name.uppercased(), question: "What of \(name)?", rows: 3, answers: answers)
    }

    private func html(_ questions: [ComparisonReport.Question]) -> String {
        let report = ComparisonReport(
            title: "Ours & theirs", computedAt: 1_700_000_000_000, facts: [("Orders", "2,000")],
            method: ["Nothing is written while questions are asked."],
            sides: [side("atelier", "Atelier", "documents"), side("sqlite", "SQLite", "tables")], questions: questions)
        return ComparisonPage(report, chartLibrary: "var Chart;").html
    }

    private func count(_ part: String, in text: String) -> Int { text.ranges(of: part).count }

    @Test func lossesComeBeforeGains() throws {
        let html = html([
            question("slow", [answer([8, 9, 10]), answer([1, 2, 3])]),
            question("fast", [answer([1, 1, 1]), answer([4, 4, 4])]),
        ])
        let loss = try #require(html.firstRange(of: "Where documents lose the most"))
        let gain = try #require(html.firstRange(of: "Where documents gain the most"))
        #expect(loss.lowerBound < gain.lowerBound)
        #expect(html.contains("<a href=\"#slow\">SLOW</a>: 4.50 times as long (9.00 ms, not 2.00)"))
        #expect(html.contains("<a href=\"#fast\">FAST</a>: 4.00 times as fast (1.00 ms, not 4.00)"))
        #expect(html.contains("All 2 questions have equal answers everywhere, row for row."))
        // Against, timed, slower, faster, median, worst, best.
        #expect(
            html.contains(
                """
                <th scope="row">SQLite, tables</th><td class="n">2</td><td class="n">1</td><td class="n">1</td>\
                <td class="n">2.38 times</td><td class="n">4.50 times</td><td class="n">0.250 times</td>
                """))
        #expect(html.contains("<h1>Ours &amp; theirs</h1>") && html.contains("synchronous = FULL"))
    }

    @Test func anUnequalAnswerSaysWhereAndHasNoTimes() {
        let html = html([
            question("wrong", [answer([8]), answer([1], equal: false)]), question("right", [answer([2]), answer([1])]),
        ])
        #expect(html.contains("1 of 2 questions have unequal answers"))
        #expect(html.contains("<li>SQLite, tables: row 1, units: 3 from the documents, 4 from the tables</li>"))
        #expect(!html.contains("<a href=\"#wrong\">WRONG</a>: "))
    }

    @Test func nothingFromOutsideIsMarkup() {
        let evil = "</script><script>evil()</script><img src=x onerror=evil()>"
        let html = html([question("a", [answer([1], query: evil), answer([2], query: evil)], title: evil)])
        #expect(!html.contains("<script>evil") && !html.contains("<img"))
        // Sides that are asked with the same text share it.
        #expect(count("<h4>Atelier, documents; SQLite, tables</h4>", in: html) == 1)
        #expect(html.contains("aria-label=\"Query: Atelier, documents; SQLite, tables\""))
    }

    @Test func quantilesAreBetweenRuns() throws {
        let times = try #require(Times(milliseconds: [4, 1, 3, 2]))
        #expect(times.runs == 4 && times.least == 1 && times.greatest == 4 && times.median == 2.5)
        #expect((times.p90 - 3.7).magnitude < 1e-12)
        #expect(Times(milliseconds: []) == nil)
    }
}
