import Glibc
import Testing

/// Command lines in the documentation and in the help are ones that the program takes, and what the documentation shows is
/// what it prints.
@Suite struct DocumentationTests {
    private static let package = String(#filePath.dropLast("Tests/CLITests/DocumentationTests.swift".count))
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// The pages with command lines, the README apart, which has a test of its own.
    private static let pages = [
        "docs/baskets.md", "docs/comparison.md", "docs/customer-models.md", "docs/experiments.md", "docs/forecasts.md",
        "docs/graph.md", "docs/importing.md", "docs/layers.md", "docs/recommendations.md", "docs/worker.md",
    ]

    /// A line after `$ ` in a block, or one that begins with the program's name and has no placeholders.
    private static func commands(in page: String) throws -> [(command: String, output: [String])] {
        var commands: [(command: String, output: [String])] = []
        var isBlock = false
        for line in try Atelier.contents(package + page).split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix("```") {
                isBlock.toggle()
            } else if isBlock && line.hasPrefix("$ ") {
                commands.append((String(line.dropFirst(2)), []))
            } else if isBlock && line.hasPrefix("atelier ") && !isSynopsis(line) {
                commands.append((String(line), []))
            } else if isBlock && !commands.isEmpty {
                commands[commands.count - 1].output.append(String(line))
            }
        }
        return commands
    }

    /// Whether a line shows what may be given rather than something that is given: brackets, alternatives, capitals.
    private static func isSynopsis(_ line: some StringProtocol) -> Bool {
        if line.contains("[") || line.contains("|") { return true }
        return line.split(separator: " ").contains { $0.allSatisfy { $0.isUppercase && $0.isLetter } }
    }

    /// Without a store, files and the like a command can fail, but not for what stands on its line. What makes shops of its
    /// own works for long: that it began to is enough.
    private func isTaken(_ command: String) throws -> Bool {
        let limited = command.replacing("atelier ", with: "timeout -k 1 5 atelier ", maxReplacements: 1)
        let outcome = try Atelier.shell("ATELIER_STORE=none.store; export ATELIER_STORE; " + limited, in: folder)
        return outcome.status != 2 && !outcome.errors.contains("command not found")
    }

    @Test(arguments: pages) func everyCommandOfAPageIsTaken(_ page: String) throws {
        for (command, _) in try DocumentationTests.commands(in: page) {
            #expect(try isTaken(command), "\(page): \(command)")
        }
    }

    @Test func thePagesHaveCommands() throws {
        #expect(try DocumentationTests.pages.flatMap { try DocumentationTests.commands(in: $0) }.count >= 15)
    }

    @Test func everyExampleOfTheHelpIsTaken() throws {
        let overview = try Atelier.run([], in: folder).output
        let names = overview.split(separator: "\n").filter { $0.hasPrefix("  ") }
            .compactMap { $0.split(separator: " ").first.map(String.init) }
        // Those wait for clients, or fill a store that the others then find.
        let left: Set = ["serve", "generate", "init"]
        var count = 0
        for name in Set(names).subtracting(left) {
            let help = try Atelier.run([name, "--help"], in: folder).output
            for line in help.split(separator: "\n") where line.hasPrefix("  atelier ") {
                count += 1
                #expect(try isTaken(String(line.dropFirst(2))), "\(line)")
            }
        }
        #expect(count > 40)
    }

    @Test func theValueOfCustomersIsPrintedAsThePageSays() throws {
        let environment = getenv("ATELIER_TEST_DATA").map { String(cString: $0) }
        let data = (environment ?? DocumentationTests.package + "../shared") + "/data/cdnow-sample.txt"
        guard access(data, R_OK) == 0 else { return print("skipped: there is no \(data)") }
        try folder.write("cdnow-sample.txt", Atelier.contents(data))
        let page = try DocumentationTests.commands(in: "docs/customer-models.md")
        let shown = try #require(page.first { $0.command.contains("cdnow-sample.txt") })
        let outcome = try Atelier.shell(shown.command, in: folder)
        let lines = outcome.output.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        let expected = shown.output.prefix { $0 != "…" }
        #expect(expected.count > 8)
        #expect(Array(lines.prefix(expected.count)) == Array(expected), "\(outcome.output)\(outcome.errors)")
    }
}
