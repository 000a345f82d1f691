import Testing

/// `atelier forecast`, on files and on a generated shop.
@Suite struct ForecastTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// Three weeks and a day that repeat themselves.
    private static let file =
        "date,value\n"
        + (1...22).map { "2024-01-\($0 < 10 ? "0" : "")\($0),\([10, 20, 30, 40, 50, 0, 5][$0 % 7])\n" }.joined()

    @Test func aFileIsForecastAsCSVWithNotesBesideIt() throws {
        try folder.write("visits.csv", ForecastTests.file)
        let outcome = try Atelier.run(
            ["forecast", "--series", "visits.csv", "--horizon", "3", "--level", "0.9", "--format", "csv"], in: folder)
        #expect(
            outcome.output
                == "date,forecast,lower90,upper90\r\n2024-01-23,30,30,30\r\n2024-01-24,40,40,40\r\n2024-01-25,50,50,50\r\n"
        )
        #expect(outcome.errors.contains("seasonal naive"))
        #expect(outcome.status == 0)
    }

    @Test func aShopsSalesAreForecastFromItsStore() throws {
        #expect(try Atelier.run(["generate", "--orders", "300", "--days", "60", "--quiet"], in: folder).status == 0)
        let table = try Atelier.run(["forecast", "--horizon", "2", "--measure", "orders"], in: folder)
        #expect(table.output.hasPrefix("Orders by day, from "), "\(table.errors)")
        #expect(table.output.contains("2 rows\n") && table.output.contains("naive"))
        let rows = try Atelier.run(
            ["forecast", "--horizon", "2", "--backtest", "--format", "ndjson", "--quiet"], in: folder)
        #expect(rows.output.contains(#"{"model":"seasonal-naive","mase":"#) && rows.errors.isEmpty)
    }

    @Test(arguments: [
        (["--model", "magic"], 2, "--model: expected one of seasonal-naive, naive,"),
        (["--level", "80"], 2, "--level: expected one to five different probabilities up to 0.999, found \"80\""),
        (["--from", "soon"], 2, "--from: expected a date such as 2010-09-30, 2010-09 or 2010, found \"soon\""),
        (["--series", "bad.csv"], 1, "bad.csv:3: expected a number, found \"n/a\""),
        (["--series", "bare.csv"], 1, "bare.csv:1: the first row has to name the columns"),
        (["--series", "short.csv"], 1, "the series has 1 day: forecasts want two at least"),
        (["--series", "none.csv"], 1, "none.csv: "),
        (["--series", "short.csv", "--measure", "units"], 2, "--measure is for the store's orders"),
        ([], 3, "there is no store"),
    ])
    func mistakes(_ arguments: [String], _ status: Int32, _ message: String) throws {
        try folder.write("bad.csv", "date,value\n2024-01-01,1\n2024-01-02,n/a\n")
        try folder.write("bare.csv", "2024-01-01,1\n2024-01-02,2\n")
        try folder.write("short.csv", "date,value\n2024-01-01,1\n")
        let outcome = try Atelier.run(["forecast"] + arguments, in: folder)
        #expect(outcome.status == status)
        #expect(outcome.errors.contains(message), "\(outcome.errors)")
        #expect(outcome.output.isEmpty)
    }
}
