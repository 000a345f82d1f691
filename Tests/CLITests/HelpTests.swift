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
