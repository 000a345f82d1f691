import Testing

/// `atelier experiment`: its tasks, and what it says to mistakes.
@Suite struct ExperimentTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test func sizesArePrinted() throws {
        let outcome = try Atelier.run(
            ["experiment", "size", "--baseline", "0.048", "--target", "0.053", "--quiet"], in: folder)
        #expect(outcome.status == 0)
        #expect(outcome.output.contains("arcsine") && outcome.output.contains("30,091"))
        let looks = try Atelier.run(
            [
                "experiment", "size", "--baseline", "0.1", "--uplift", "0.2", "--looks", "2", "--spending", "pocock",
                "--format", "csv",
            ], in: folder)
        #expect(looks.output.hasPrefix("look,visitorsPerVariant,share,boundary,nominalP,spent\r\n1,"))
        #expect(looks.errors.contains("Stop at a look only where"))
    }

    @Test func countsAndFilesAreCompared() throws {
        let counts = try Atelier.run(
            ["experiment", "compare", "--a", "480/10000", "--b", "530/10000", "--format", "ndjson"], in: folder)
        #expect(counts.output.contains(#""statistic":1.61458841834"#), "\(counts.output)")
        try folder.write(
            "visits.csv",
            "visitor,variant,converted,revenue,orders\n"
                + (0..<40).map { "v\($0),\($0 % 2 == 0 ? "old" : "new"),\($0 % 3 == 0 ? "1,\(10 + $0),1" : "0,,0")\n" }
                .joined())
        let file = try Atelier.run(
            [
                "experiment", "compare", "--file", "visits.csv", "--control", "old", "--ratio", "revenue/orders",
                "--format", "json", "--quiet",
            ], in: folder)
        for test in ["two proportions", "Welch", "delta method"] {
            #expect(file.output.contains(#""test":"\#(test)""#))
        }
        #expect(file.output.contains(#""control":"old","controlVisitors":20,"visitors":20"#) && file.errors.isEmpty)
    }

    @Test func theStoreIsComparedAndSimulated() throws {
        #expect(try Atelier.run(["generate", "--orders", "3000", "--quiet"], in: folder).status == 0)
        let pipeline =
            #"[{"$match": {"kind": "sale"}}, {"$project": {"variant": "$channel", "visitor": "$customerId", "total": 1}}]"#
        let compared = try Atelier.run(
            ["experiment", "compare", "--pipeline", pipeline, "--split", "1,1,1", "--format", "csv"], in: folder)
        #expect(compared.status == 0 || compared.errors.contains("a share above 0 for each of"), "\(compared.errors)")
        let arguments = ["experiment", "simulate", "--simulations", "200", "--seed", "5", "--format", "json"]
        let first = try Atelier.run(arguments, in: folder)
        #expect(first.status == 0 && first.output.contains(#""name":"profit""#), "\(first.errors)")
        #expect(try Atelier.run(arguments, in: folder).output == first.output)
        #expect(first.errors.contains("To confirm the effect"))
    }

    @Test(arguments: [
        (["szie"], 2, "TASK: nothing is known about szie\n  Did you mean size?"),
        (["size"], 2, "--baseline is missing"),
        (["size", "--baseline", "0.1"], 2, "what is looked for is missing"),
        (["size", "--baseline", "12", "--target", "13"], 2, "expected a rate between 0 and 1, found 12.0"),
        (["size", "--baseline", "0.1", "--target", "0.1"], 2, "there is nothing to find"),
        (["size", "--baseline", "0.1", "--target", "0.2", "--seed", "1"], 2, "--seed is not for size"),
        (["size", "--baseline", "0.1", "--target", "0.2", "--spending", "pocock"], 2, "--spending goes with --looks"),
        (["compare"], 2, "what is compared comes from one of"),
        (["compare", "--a", "5/4", "--b", "1/2"], 2, "--a: expected successes from 0 to the visitors"),
        (["compare", "--a", "1/4"], 2, "--b is missing"),
        (["compare", "--a", "1/4", "--b", "1/4", "--look", "1"], 2, "--look goes with --looks"),
        (["compare", "--a", "1/4", "--b", "1/4", "--split", "1,0"], 2, "--split: expected shares above 0"),
        (["compare", "--file", "visits.csv"], 1, "visits.csv:3: expected a number in revenue, found \"much\""),
        (["compare", "--file", "one.csv"], 2, "all visitors saw one variant, A"),
        (["compare", "--pipeline", "[]"], 3, "there is no store"),
        (["simulate"], 3, "there is no store"),
        (["simulate", "--effect", "a lot"], 2, "--effect: expected a number, and as needed its standard deviation"),
        (["simulate", "--margin", "1.5"], 2, "the margin lies between 0 and 1"),
        (["simulate", "--a", "1/2"], 2, "--a is not for simulate"),
    ])
    func mistakes(_ arguments: [String], _ status: Int32, _ message: String) throws {
        try folder.write("visits.csv", "variant,revenue\nA,1\nB,much\n")
        try folder.write("one.csv", "variant,revenue\nA,1\n")
        let outcome = try Atelier.run(["experiment"] + arguments, in: folder)
        #expect(outcome.status == status)
        #expect(outcome.errors.contains(message), "\(outcome.errors)")
        #expect(outcome.output.isEmpty)
    }
}
