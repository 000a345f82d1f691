import Testing

/// What the program says to a command line that cannot be what was meant.
@Suite struct UsageTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test(arguments: [
        (["lisst"], "atelier: there is no command lisst\n  Did you mean list? `atelier --help` lists them.\n"),
        (
            ["run"],
            "atelier run: NAME is missing: An aggregation; `atelier list` lists them\n  `atelier run --help` shows how.\n"
        ),
        (
            ["run", "a", "b"],
            "atelier run: \"b\" is one argument too many\n  `atelier run --help` lists the options; "
                + "quotes go around a value that holds blanks.\n"
        ),
        (["list", "--fromat", "csv"], "atelier list: there is no option --fromat\n  Did you mean --format?\n"),
        (
            ["list", "--format"],
            "atelier list: --format wants a value: --format FORMAT\n  `atelier list --help` shows how.\n"
        ),
        (["list", "--quiet=yes"], "atelier list: --quiet takes no value\n  `atelier list --help` shows how.\n"),
        (
            ["list", "--format", "csv", "--format", "json"],
            "atelier list: --format is given twice\n  `atelier list --help` shows how.\n"
        ),
        (
            ["list", "--format", "cvs"],
            "atelier list: --format: there is no format cvs\n  Did you mean csv? There are table, csv, json, ndjson, markdown, parquet.\n"
        ),
        (
            ["--param", "x=1", "list"],
            "atelier: --param comes before the command\n  Write the command first, for example: atelier list --quiet\n"
        ),
        (["--quiet"], "atelier: there is no command\n  `atelier --help` lists the commands.\n"),
        (
            ["run", "revenue-by-moth"],
            "atelier run: there is no saved aggregation named revenue-by-moth\n  Did you mean revenue-by-month?\n"
        ),
        (
            ["run", "top-products", "--param", "limit"],
            "atelier run: --param limit: expected NAME=VALUE\n  For example: --param from=2010-01-01\n"
        ),
        (
            ["run", "top-products", "--param", "limit=many"],
            "atelier run: parameter limit: expected an integer from 1 to 10000, found \"many\"\n  For example: limit=10\n"
        ),
        (
            ["run", "top-products", "--param", "limt=3"],
            "atelier run: parameter limt: top-products has no parameter limt\n  Did you mean limit?\n"
        ),
        (
            ["run", "top-products", "--param", "by=profit"],
            "atelier run: parameter by: \"profit\" is not one of the values of by\n  Give one of revenue, units.\n"
        ),
        (
            ["import", "lines.csv"],
            "atelier import: expected KIND PATH, found only \"lines.csv\"; PATH is missing: A file; for olist the folder\n  `atelier import --help` shows how.\n"
        ),
        (
            ["import", "online-retail", "lines.csv", "--currency", "pounds"],
            "atelier import: --currency: expected three capitals, such as GBP, found \"pounds\"\n  `atelier import --help` shows how.\n"
        ),
        (
            ["list", "--out", "list.xlsx"],
            "atelier list: --out: no format goes by the ending .xlsx\n  Say which with --format: table, csv, json, ndjson, markdown, parquet.\n"
        ),
        (
            ["describe", "order"],
            "atelier describe: there is no aggregation or collection named order\n  Did you mean orders?\n"
        ),
        (
            ["find", "orders", "--limit", "0"],
            "atelier find: --limit: expected an integer of at least 1, found \"0\"\n  `atelier find --help` shows how.\n"
        ),
        (
            ["find", "orders", "--filter", "[1]"],
            "atelier find: --filter: expected a JSON object, such as {\"country\": \"France\"}\n  `atelier find --help` shows how.\n"
        ),
        (
            ["aggregate", "orders", "{}"],
            "atelier aggregate: PIPELINE: expected a JSON array of stages\n  For example: [{\"$match\": {\"kind\": \"sale\"}}]\n"
        ),
        (
            ["aggregate", "orders", "[1]"],
            "atelier aggregate: PIPELINE: stage 0 is not an object\n  For example: {\"$limit\": 5}\n"
        ),
        (
            ["explain", "orders", "--verbosity", "all"],
            "atelier explain: --verbosity: there is no level all\n  Give queryPlanner, executionStats or allPlansExecution.\n"
        ),
        (
            ["export", "orders", "--format", "table"],
            "atelier export: --format: an export is ndjson, json, csv or parquet\n  Tables are printed by `atelier find orders`.\n"
        ),
    ])
    func wrongUsageIsStatusTwo(arguments: [String], message: String) throws {
        let outcome = try Atelier.run(arguments, in: folder)
        #expect(outcome.errors == message)
        #expect(outcome.status == 2)
        #expect(outcome.output == "")
    }

    @Test func brokenJSONIsShownWithLineAndColumn() throws {
        let inline = try Atelier.run(["find", "orders", "--filter", "{\"a\": 1,, }"], in: folder)
        #expect(inline.errors.hasPrefix("atelier find: --filter: line 1, column 9: "), "\(inline.errors)")
        #expect(inline.status == 2)

        try folder.write("pipeline.json", "[\n  {\"$match\": {oops}}\n]")
        let file = try Atelier.run(["aggregate", "orders", "@pipeline.json"], in: folder)
        #expect(file.errors.hasPrefix("atelier aggregate: pipeline.json: line 2, column 15: "), "\(file.errors)")
        #expect(file.status == 2)

        let standardInput = try Atelier.run(["aggregate", "orders", "@-"], in: folder, input: "[")
        #expect(
            standardInput.errors.hasPrefix("atelier aggregate: standard input: line 1, column 2: "),
            "\(standardInput.errors)")
    }

    @Test func aMissingFileIsAFailure() throws {
        let outcome = try Atelier.run(["aggregate", "orders", "@none.json"], in: folder)
        #expect(outcome.errors == "atelier aggregate: none.json: cannot open the file: No such file or directory\n")
        #expect(outcome.status == 1)
    }
}
