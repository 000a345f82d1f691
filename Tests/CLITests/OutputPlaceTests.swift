import Testing

/// Where results go when it is no plain file, and what of them a terminal gets to see.
@Suite struct OutputPlaceTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        try folder.write("things.ndjson", "{\"_id\":1,\"a\\u001b[2Jb\":\"x\\u0007\"}\n")
        let outcome = try Atelier.run(
            ["import", "ndjson", "things.ndjson", "--collection", "things", "--quiet"], in: folder)
        #expect(outcome.status == 0, "\(outcome.errors)")
    }

    @Test func aPipeIsWrittenToAndStaysOne() throws {
        let outcome = try Atelier.shell(
            "mkfifo pipe && (cat pipe > got &) && atelier find things --format ndjson --out pipe && sleep 0.2 && test -p pipe && cat got",
            in: folder)
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(outcome.output.hasPrefix("{\"_id\":1,"))
    }

    @Test func aLinkGoesOnLeadingToItsFile() throws {
        let outcome = try Atelier.shell(
            "echo old > target.csv && ln -s target.csv link.csv && atelier find things --out link.csv && test -L link.csv && head -c 4 target.csv",
            in: folder)
        #expect(outcome.output == "_id,", "\(outcome.errors)")
    }

    @Test func aFolderOrNoNameIsRefusedBeforeAnyWork() throws {
        let into = try Atelier.run(["find", "things", "--format", "csv", "--out", "."], in: folder)
        #expect(into.errors == "atelier find: .: cannot write there: it is a folder\n  Name a file in it.\n")
        #expect(into.status == 1)
        let nameless = try Atelier.run(["find", "things", "--format", "csv", "--out", ""], in: folder)
        #expect(nameless.status == 2)
    }

    @Test func closedStandardOutputIsAnErrorAndNotTheStore() throws {
        let outcome = try Atelier.shell(
            "cksum < atelier.store; atelier find things --format csv >&-; echo $?; cksum < atelier.store", in: folder)
        let lines = outcome.output.split(separator: "\n")
        #expect(lines.count == 3 && lines[0] == lines[2], "\(outcome.output)")
        #expect(lines[1] == "1")
        #expect(outcome.errors.contains("standard output: cannot write"), "\(outcome.errors)")
    }

    @Test func whatATerminalWouldObeyIsShownInstead() throws {
        for format in ["table", "markdown"] {
            let outcome = try Atelier.run(["find", "things", "--format", format], in: folder)
            #expect(outcome.output.contains("u{1b}") && outcome.output.contains("u{7}"), "\(outcome.output)")
            #expect(!outcome.output.contains("\u{1B}") && !outcome.output.contains("\u{7}"))
        }
        let message = try Atelier.run(["find", "th\u{1B}[2Jing"], in: folder)
        #expect(
            message.errors.hasPrefix("atelier find: there is no collection th\u{FFFD}[2Jing\n"), "\(message.errors)")
    }
}
