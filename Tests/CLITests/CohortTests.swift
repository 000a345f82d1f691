import BSON
import Testing

@testable import atelier

/// The matrix of cohorts as text.
@Suite struct CohortTests {
    private func row(_ cohort: String, _ age: Int, _ size: Int, _ customers: Int, complete: Bool = true) -> Document {
        [
            "cohort": .string(cohort), "age": .integer(age), "size": .integer(size), "customers": .integer(customers),
            "rate": .double(Double(customers) / Double(size)), "complete": .bool(complete),
        ]
    }

    private var rows: [Document] {
        [
            row("2010-01", 0, 1000, 1000), row("2010-01", 1, 1000, 500), row("2010-01", 2, 1000, 90, complete: false),
            row("2010-02", 0, 200, 200), row("2010-02", 1, 200, 20, complete: false),
            row("2010-03", 0, 50, 50, complete: false),
        ]
    }

    @Test func sharesAreShadedAndPartialMonthsMarked() {
        let style = ChartStyle(isUnicode: true, isColoured: false)
        let lines = CohortMatrix(rows, showsCounts: false).lines(style, width: nil, isQuiet: true)
        #expect(
            lines == [
                "Cohort    Size     0      1      2",
                "───────────────────────────────────",
                "2010-01  1,000  100%    50%█    9% *",
                "2010-02    200  100%    10%░*",
                "2010-03     50  100% *",
                "All      1,250  100%    50%",
            ], "\(lines.joined(separator: "\n"))")
    }

    @Test func countsHaveNoMeanAndMonthsWithoutRoomAreNamed() {
        let style = ChartStyle(isUnicode: false, isColoured: false)
        let lines = CohortMatrix(rows, showsCounts: true).lines(style, width: 34, isQuiet: false)
        #expect(lines.contains("2010-01  1,000  1,000     500#"), "\(lines.joined(separator: "\n"))")
        #expect(lines.contains("Not shown, for lack of room: months 2 to 2; --format csv has all"))
        #expect(!lines.contains { $0.hasPrefix("All") })
        #expect(lines.allSatisfy { !$0.hasPrefix("2010") || $0.count <= 34 })
        #expect(CohortMatrix([], showsCounts: false).lines(style, width: 80, isQuiet: false) == ["0 rows"])
    }

    @Test func coloursHaveAnEnd() {
        let style = ChartStyle(isUnicode: true, isColoured: true)
        let lines = CohortMatrix(rows, showsCounts: false).lines(style, width: nil, isQuiet: true)
        #expect(lines[2].contains("\u{1B}[48;5;24;38;5;231m  50%  \u{1B}[0m"))
    }

    @Test func aStoreAnswersInEveryFormat() throws {
        let folder = try TemporaryFolder()
        _ = try Atelier.run(["generate", "--orders", "500", "--quiet"], in: folder)
        let table = try Atelier.run(["cohort"], in: folder)
        #expect(table.status == 0 && table.output.hasPrefix("Share of customers who bought again"), "\(table.errors)")
        let long = try Atelier.run(["cohort", "--format", "csv", "--param", "from=2025-06-01"], in: folder)
        #expect(long.output.hasPrefix("cohort,age,month,size,customers,rate,complete\r\n2025-06,0,2025-06,"))
        #expect(
            try Atelier.run(["cohort", "--format", "markdown"], in: folder).output.hasPrefix("| Cohort | Size | 0 |"))
        let refused = try Atelier.run(["cohort", "--format", "csv", "--counts"], in: folder)
        #expect(refused.status == 2 && refused.errors.contains("--counts is for tables"))
    }
}
