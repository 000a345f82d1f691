import BSON
import Deployment
import DocumentStore
import Glibc
import Retail
import TestSupport
import Testing

@testable import Worker

/// Golden conversations, each on a store of its own that is empty at first.
@Suite struct TranscriptTests {
    static let files: [String] = {
        let folder = packageFolder("Tests/WorkerTests/Transcripts")
        guard let listing = opendir(folder) else { return [] }
        defer { closedir(listing) }
        var files: [String] = []
        while let entry = readdir(listing) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name.hasSuffix(".jsonl") { files.append(name) }
        }
        return files.sorted()
    }()

    private func lines(_ path: String) -> [String] {
        String(decoding: contents(path), as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false).map(
            String.init)
    }

    private func save(_ text: String, to path: String) throws {
        let file = try #require(fopen(path, "w"))
        fputs(text, file)
        fclose(file)
    }

    private func worker(_ store: Store, aggregations: String = "Tests/WorkerTests/Aggregations") throws -> RunningWorker
    {
        var options = Worker.Options()
        options.concurrency = 1
        options.version = "0.1.0"
        return try RunningWorker(store, aggregations: [packageFolder(aggregations)], options: options)
    }

    @Test("A recorded conversation goes the same way again", arguments: StorePlace.allCases, files)
    func conversations(_ place: StorePlace, _ file: String) throws {
        let path = packageFolder("Tests/WorkerTests/Transcripts/\(file)")
        let transcript = Transcript(lines: lines(path))
        try place.withStore { store in
            let worker = try worker(store)
            if !Transcript.isRecording {
                try transcript.run(worker.send, worker.receive)
            } else if place == .embedded {
                let recorded = try transcript.recorded(worker.send, worker.receive)
                try save(String(recorded.text.dropLast()), to: path)
            }
            #expect(try worker.finish() == [])
        }
    }

    @Test("There are conversations")
    func thereAreSome() { #expect(!TranscriptTests.files.isEmpty) }

    @Test("Replies fit the schemas that server.describe shows", arguments: files)
    func resultsFitTheirSchemas(_ file: String) throws {
        var methods: [String: String] = [:]
        let table = MethodTable()
        for line in lines(packageFolder("Tests/WorkerTests/Transcripts/\(file)")) {
            guard line.hasPrefix("> {") || line.hasPrefix("< {"),
                let message = try? Document(json: String(line.dropFirst(2))),
                let id = message["id"].map({ $0.extendedJSON() })
            else { continue }
            if let method = message["method"]?.stringValue { methods[id] = method }
            guard let result = message["result"], let method = methods[id].flatMap({ table[$0] }) else { continue }
            if try Document(json: String(line.dropFirst(2))).extendedJSON(.relaxed).contains("\"*\"") { continue }
            try result.withValue { try method.result.check($0, at: "result") }
        }
    }

    @Test("The conversations in the documentation are real")
    func documentation() throws {
        let path = packageFolder("docs/worker.md")
        // The lines of the page, in runs that are inside a conversation or are not.
        var parts: [(isConversation: Bool, lines: [String])] = [(false, [])]
        for line in lines(path) {
            let ends = parts[parts.count - 1].isConversation && line.hasPrefix("```")
            if ends { parts.append((false, [])) }
            parts[parts.count - 1].lines.append(line)
            if line == "```transcript" { parts.append((true, [])) }
        }
        #expect(parts.count > 2)
        try StorePlace.embedded.withStore { store in
            let definitions = try CollectionCatalog.load(from: packageFolder("collections"))
            try StoreInitializer(catalog: definitions, database: store.database).run()
            for (index, part) in parts.enumerated() where part.isConversation {
                let worker = try worker(store, aggregations: "aggregations")
                let transcript = Transcript(lines: part.lines)
                if Transcript.isRecording {
                    let recorded = try transcript.recorded(worker.send, worker.receive).text
                    parts[index].lines = recorded.split(separator: "\n").map(String.init)
                } else {
                    try transcript.run(worker.send, worker.receive)
                }
                #expect(try worker.finish() == [])
            }
        }
        if Transcript.isRecording { try save(parts.flatMap(\.lines).joined(separator: "\n"), to: path) }
    }
}
