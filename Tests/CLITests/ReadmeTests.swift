import Testing

/// The README's tour: every command is run, and prints what the README says it does.
@Suite struct ReadmeTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test func theTourPrintsWhatItSays() throws {
        let readme = try Atelier.contents(
            String(#filePath.dropLast("Tests/CLITests/ReadmeTests.swift".count)) + "README.md")
        var commands: [(command: String, output: String)] = []
        var isConsole = false
        for line in readme.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix("```") {
                isConsole = line == "```console"
            } else if isConsole && line.hasPrefix("$ ") {
                commands.append((String(line.dropFirst(2)), ""))
            } else if isConsole, !commands.isEmpty {
                commands[commands.count - 1].output += line + "\n"
            }
        }
        #expect(commands.count >= 6)
        for (command, output) in commands {
            let outcome = try Atelier.shell(command, in: folder)
            // CSV ends its lines with CR LF, a README does not.
            let lines = outcome.output.split(separator: "\r\n", omittingEmptySubsequences: false).joined(
                separator: "\n")
            #expect(lines == output, "\(command)\n\(outcome.errors)")
            #expect(outcome.status == 0)
        }
    }
}
