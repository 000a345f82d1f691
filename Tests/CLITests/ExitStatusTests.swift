import Testing

/// Exit statuses, as the overview promises them: 0 done, 1 failed, 2 wrong usage, 3 the store cannot be opened or reached.
@Suite struct ExitStatusTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        // A store with a collection in it that nobody asks for.
        try folder.write("things.ndjson", "{\"_id\": 1}\n")
        let outcome = try Atelier.run(
            ["import", "ndjson", "things.ndjson", "--collection", "things", "--quiet"], in: folder)
        #expect(outcome.status == 0, "\(outcome.errors)")
    }

    @Test func wrongUsageIsTwoInEveryCommand() throws {
        let lines: [[String]] = [
            // Names that nothing has.
            ["nope"], ["help", "nope"], ["graph", "nope"],
            ["find", "thing"], ["aggregate", "thing", "[]"], ["export", "thing"], ["explain", "thing"],
            ["describe", "thing"], ["quality", "thing"], ["quality", "things", "thing"],
            ["run", "nope"], ["refresh", "nope"], ["compare", "nope"], ["list", "nope"],
            ["report", "--topic", "nope", "--out", "r.html"], ["recommend", "nope"], ["evaluate", "nope"],
            ["import", "nope", "things.ndjson"], ["basket", "--collection", "thing", "--pipeline", "[]"],
            ["experiment", "nope"], ["experiment", "compare", "--pipeline", "[]", "--collection", "thing"],
            // Values that do not fit.
            ["serve", "--listen", "foo"], ["serve", "--listen", "127.0.0.1:99999"], ["serve", "--listen", "8.8.8.8"],
            ["serve", "--listen", "a/b"], ["generate", "--orders", "many"], ["generate", "--seed", "x"],
            ["find", "things", "--limit", "0"], ["find", "things", "--filter", "{"],
            ["find", "things", "--format", "x"],
            ["forecast", "--from", "x"], ["forecast", "--horizon", "0"], ["forecast", "--by", "year"],
            ["clv", "--calibration-end", "x"], ["churn", "--cutoff", "x"], ["segment", "--k", "0"],
            ["cohort", "--param", "from=x"], ["basket", "--min-support", "2"], ["quality", "--fail-on", "x"],
            ["quality", "--as-of", "x"], ["report", "--at", "x", "--out", "r.html"], ["report"],
            ["compare", "--runs", "0"], ["compare", "--sql", "oracle"], ["worker", "--concurrency", "0"],
            ["explain", "things", "--verbosity", "x"], ["import", "ndjson", "things.ndjson"],
            ["import", "ndjson", "things.ndjson", "--collection", "a$b"],
            // Too much, too little, what there is not.
            ["version", "x"], ["init", "x"], ["stats", "x"], ["run"], ["find"], ["aggregate", "things"],
            ["list", "--nope"], ["run", "top-products", "--param", "nope=1"],
        ]
        for line in lines {
            let outcome = try Atelier.run(line, in: folder)
            #expect(outcome.status == 2, "\(line): \(outcome.errors)")
            #expect(outcome.errors.hasPrefix("atelier"), "\(line): \(outcome.errors)")
            #expect(outcome.output == "", "\(line)")
        }
    }

    @Test func whatFailedIsOne() throws {
        let lines: [[String]] = [
            ["find", "things", "--filter", "@none.json"],
            ["import", "ndjson", "none.ndjson", "--collection", "things"],
            ["import", "ndjson", ".", "--collection", "things"], ["import", "olist", "things.ndjson"],
            ["find", "things", "--out", "no/folder/x.csv"], ["report", "--out", "no/folder/x.html"],
            ["find", "things", "--filter", #"{"a":{"$gtt":1}}"#],
            ["aggregate", "things", #"[{"$set":{"x":{"$divide":[1,0]}}}]"#],
            ["serve", "--listen", "unix:no/folder/socket"], ["forecast", "--series", "none.csv"],
        ]
        for line in lines {
            let outcome = try Atelier.run(line, in: folder)
            #expect(outcome.status == 1, "\(line): \(outcome.errors)")
        }
    }

    @Test func aStoreThatCannotBeOpenedIsThree() throws {
        try folder.write("text.store", String(repeating: "This is no store. ", count: 1000))
        let reading: [[String]] = [
            ["find", "things"], ["aggregate", "things", "[]"], ["explain", "things"], ["export", "things"],
            ["run", "top-products"], ["quality"], ["refresh"], ["stats"], ["worker"], ["forecast"], ["clv"], ["churn"],
            ["segment"], ["cohort"], ["basket"], ["compare"], ["graph", "components"],
            ["recommend", "products", "--customer", "x"],
            ["report", "--out", "r.html"],
        ]
        for line in reading {
            #expect(try Atelier.run(line + ["--store", "none.store"], in: folder).status == 3, "\(line)")
        }
        for line in reading + [["init"], ["generate", "--orders", "1"]] {
            #expect(try Atelier.run(line + ["--store", "text.store"], in: folder).status == 3, "\(line)")
            #expect(try Atelier.run(line + ["--store", "mysql://x"], in: folder).status == 3, "\(line)")
        }
    }
}
