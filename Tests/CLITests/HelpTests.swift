import Testing

@Suite struct HelpTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test func theOverviewListsEveryCommandAndEachHasHelpWithAnExample() throws {
        let overview = try Atelier.run([], in: folder)
        #expect(overview.status == 0)
        #expect(try Atelier.run(["--help"], in: folder).output == overview.output)
        #expect(try Atelier.run(["help"], in: folder).output == overview.output)
        let commands = overview.output.split(separator: "\n").filter { $0.hasPrefix("  ") }
            .compactMap { $0.split(separator: " ").first.map(String.init) }
        #expect(commands.contains("run") && commands.contains("version"))
        for command in commands {
            let help = try Atelier.run([command, "--help"], in: folder)
            #expect(help.status == 0)
            #expect(help.output.contains("Usage: atelier \(command)"), "\(help.output)")
            let example = help.output.split(separator: "\nExample").dropFirst().joined()
            #expect(example.contains("atelier \(command)"), "\(command) has no example")
            #expect(try Atelier.run(["help", command], in: folder).output == help.output)
        }
    }

    @Test func everyTaskOfTheGraphHasHelpWithAnExample() throws {
        let family = try Atelier.run(["graph"], in: folder)
        #expect(try Atelier.run(["graph", "--help"], in: folder).output == family.output)
        let tasks = family.output.split(separator: "\nExamples:")[0].split(separator: "\n")
            .filter { $0.hasPrefix("  graph ") }.compactMap {
                $0.split(separator: " ").dropFirst().first.map(String.init)
            }
        #expect(tasks.count == 10)
        for task in tasks {
            let help = try Atelier.run(["graph", task, "--help"], in: folder)
            #expect(help.status == 0 && help.output.contains("Usage: atelier graph \(task)"), "\(help.output)")
            let example = help.output.split(separator: "\nExample").dropFirst().joined()
            #expect(example.contains("atelier graph \(task)"), "\(task) has no example")
            #expect(try Atelier.run(["help", "graph", task], in: folder).output == help.output)
        }
        let misspelt = try Atelier.run(["graph", "rnk"], in: folder)
        #expect(misspelt.status == 2 && misspelt.errors.contains("Did you mean graph rank?"))
    }

    @Test func helpFitsTheTerminal() throws {
        for command in ["compare", "quality", "import", "churn"] {
            let wide = try Atelier.run([command, "--help"], in: folder).output
            let narrow = try Atelier.run([command, "--help"], in: folder, environment: ["COLUMNS=80"]).output
            // Examples stay in one line, to be copied.
            let lines = narrow.split(separator: "\nExample")[0].split(separator: "\n")
            #expect(lines.filter { !$0.hasPrefix("Usage") }.allSatisfy { $0.count <= 80 }, "\(narrow)")
            func words(_ text: String) -> [Substring] { text.split { $0 == " " || $0 == "\n" } }
            #expect(words(narrow) == words(wide))
        }
    }

    @Test func helpIsShownWhateverElseIsOnTheLine() throws {
        let outcome = try Atelier.run(["run", "top-products", "-h"], in: folder)
        #expect(outcome.output.hasPrefix("Answer a saved aggregation.\n\nUsage: atelier run NAME [OPTIONS]\n"))
    }

    @Test func theVersionIsOneLine() throws {
        let outcome = try Atelier.run(["version"], in: folder)
        #expect(outcome.output.hasPrefix("atelier "))
        #expect(outcome.output.filter { $0 == "\n" }.count == 1)
        #expect(try Atelier.run(["--version"], in: folder).output == outcome.output)
    }
}
