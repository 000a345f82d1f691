import Testing

/// What does not need a store: the list of aggregations in every format, and where it goes.
@Suite struct FormatTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        try folder.write("mine.json", FormatTests.definition("mine", question: "Wie viel, \"genau\"?"))
    }

    /// A definition whose question holds what formats have to escape.
    private static func definition(_ name: String, question: String) -> String {
        let quoted = question.map { $0 == "\"" ? "\\\"" : String($0) }.joined()
        return #"{"name":"\#(name)","title":"T","question":"\#(quoted)","collection":"c","pipeline":[{"$count":"n"}],"#
            + #""columns":[{"name":"n","type":"integer"}]}"#
    }

    private func list(_ arguments: String...) throws -> Atelier.Outcome {
        try Atelier.run(["list", "--aggregations", "."] + arguments, in: folder)
    }

    @Test func csvQuotesAsRFC4180Says() throws {
        let lines = try list("--format", "csv").output.split(separator: "\r\n", omittingEmptySubsequences: false)
        #expect(lines.first == "name,topic,question")
        #expect(lines.contains("mine,other,\"Wie viel, \"\"genau\"\"?\""))
        #expect(lines.last == "")
    }

    @Test func jsonIsAnArrayAndNDJSONIsLines() throws {
        let array = try list("--format", "json").output
        #expect(array.hasPrefix("[\n{") && array.hasSuffix("}\n]\n"))
        let lines = try list("--format", "ndjson").output.split(separator: "\n")
        #expect(lines.contains(#"{"name":"mine","title":"T","topic":"other","question":"Wie viel, \"genau\"?"}"#))
        #expect(lines.count == array.split(separator: "\n").count - 2)
    }

    @Test func markdownIsATable() throws {
        let lines = try list("--format", "markdown").output.split(separator: "\n")
        #expect(lines[0] == "| Name | Topic | Question |")
        #expect(lines[1] == "| --- | --- | --- |")
        #expect(lines.contains("| mine | other | Wie viel, \"genau\"? |"))
    }

    @Test func tablesFitTheLineAndSayWhatIsCut() throws {
        let wide = try Atelier.run(["list"], in: folder, environment: ["COLUMNS=200"]).output
        #expect(wide.contains("How much did we sell each month, and how fast is it growing?"))
        #expect(!wide.contains("cut"))
        let narrow = try Atelier.run(["list"], in: folder, environment: ["COLUMNS=50"]).output
        #expect(narrow.contains("Long values are cut; --format json prints them whole\n"))
        let table = narrow.split(separator: "\n").dropLast(2)
        #expect(table.allSatisfy { $0.count <= 50 }, "\(narrow)")
        #expect(table.contains { $0.hasSuffix("…") })
    }

    @Test func aFileIsReplacedWholeOrNotAtAll() throws {
        try folder.write("old.csv", "old")
        let done = try list("--out", "old.csv")
        #expect(done.status == 0 && done.output == "")
        #expect(try Atelier.contents(folder.path + "/old.csv").hasPrefix("name,topic,question\r\n"))

        try folder.write("kept.csv", "old")
        let failed = try Atelier.run(["run", "top-products", "--out", "kept.csv", "--store", "none"], in: folder)
        #expect(failed.status == 3)
        #expect(try Atelier.contents(folder.path + "/kept.csv") == "old")
        #expect(!folder.exists("none"))

        let nowhere = try list("--out", "no/such/folder.csv")
        #expect(nowhere.status == 1)
        #expect(
            nowhere.errors.hasPrefix(
                "atelier list: no/such/folder.csv: cannot write there: No such file or directory\n"))
    }

    @Test func aBrokenDefinitionIsLeftOutAndNamed() throws {
        try folder.write("broken.json", "{\"name\": \"broken\"}")
        let outcome = try list("--format", "csv")
        #expect(outcome.status == 0)
        #expect(
            outcome.errors
                == "atelier list: left out: ./broken.json: title is missing\n  The format is described in aggregations/README.md.\n"
        )
        #expect(outcome.output.contains("mine,"))
        let run = try Atelier.run(["run", "broken", "--aggregations", "."], in: folder)
        #expect(run.status == 2)
        #expect(
            run.errors
                == "atelier run: ./broken.json: title is missing\n  The format is described in aggregations/README.md.\n"
        )
    }
}
