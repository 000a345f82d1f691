import BSON
import DocumentStore
import Glibc
import TestSupport
import Testing

@testable import Worker

/// The built program as its callers have it: a child process.
@Suite struct ProcessTests {
    /// A new, empty store, closed again.
    private func newStore() throws -> String {
        let path = temporaryStorePath()
        try Store(path).close()
        return path
    }

    private func insert(_ id: Int) -> String {
        #"{"jsonrpc":"2.0","id":\#(id),"method":"documents.insert","params":{"collection":"c","documents":[{"_id":\#(id),"twice":\#(id * 2)}]}}"#
    }

    @Test(
        "A conversation with the program goes as with the library",
        arguments: ["protocol.jsonl", "documents.jsonl", "changes.jsonl"])
    func conversation(_ file: String) throws {
        let path = packageFolder("Tests/WorkerTests/Transcripts/\(file)")
        let text = String(decoding: contents(path), as: UTF8.self)
        let transcript = Transcript(
            lines: text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init))
        let worker = try WorkerProcess(["--store", newStore(), "--concurrency", "1"])
        try transcript.run(worker.send, worker.receive)
        worker.closeInput()
        #expect(try worker.receive() == nil)
        #expect(worker.wait() == 0)
    }

    @Test("Every insert that was acknowledged is there after kill -9", arguments: [1, 4])
    func killed(concurrency: Int) throws {
        let path = try newStore()
        let worker = try WorkerProcess(["--store", path, "--concurrency", "\(concurrency)"])
        var acknowledged: Set<Int64> = []
        func takeReply() throws -> Bool {
            guard let line = try worker.receive() else { return false }
            let reply = try Document(json: line)
            #expect(reply["result"]?.documentValue?["insertedCount"] == 1)
            if let id = reply["id"]?.integerValue { acknowledged.insert(id) }
            return true
        }
        // Always a few requests under way, so that the signal comes in the middle of some.
        var id = 0
        while acknowledged.count < 100 {
            while id - acknowledged.count < 8 {
                id += 1
                try worker.send(insert(id))
            }
            #expect(try takeReply())
        }
        worker.signal(SIGKILL)
        #expect(worker.wait() == 128 + SIGKILL)
        // What it had written to the pipe was acknowledged too; a line that was cut off was not.
        while try takeReply() {}

        let store = try Store(path)
        defer { store.close() }
        let stored = try store.database.collection("c").find().all()
        let ids = Set(stored.compactMap { $0["_id"]?.integerValue })
        #expect(acknowledged.subtracting(ids).isEmpty)
        #expect(ids.subtracting((1...Int64(id)).map { $0 }).isEmpty)
        for document in stored {
            #expect(document["twice"]?.integerValue == document["_id"]?.integerValue.map { $0 * 2 })
        }
        #expect(try store.database.collection("c").insert(["_id": -1]).inserted == 1, "the store can be written again")
    }

    @Test("SIGTERM ends it as the end of the input does", arguments: [SIGTERM, SIGINT])
    func terminated(_ number: Int32) throws {
        let path = try newStore()
        let worker = try WorkerProcess(["--store", path])
        try worker.send(insert(1))
        #expect(try worker.receive()?.contains(#""insertedCount":1"#) == true)
        worker.signal(number)
        #expect(try worker.receive() == nil)
        #expect(worker.wait() == 0)
    }

    @Test("Two workers share a store: one reads what the other wrote")
    func twoWorkers() throws {
        let path = try newStore()
        let (first, second) = (try WorkerProcess(["--store", path]), try WorkerProcess(["--store", path]))
        for id in 1...20 {
            let (writer, reader) = id % 2 == 0 ? (first, second) : (second, first)
            try writer.send(insert(id))
            #expect(try writer.receive()?.contains(#""insertedCount":1"#) == true)
            try reader.send(#"{"jsonrpc":"2.0","id":0,"method":"documents.count","params":{"collection":"c"}}"#)
            #expect(try reader.receive() == #"{"jsonrpc":"2.0","id":0,"result":{"count":\#(id)}}"#)
        }
    }

    @Test("A store that is not there is exit status 3, and nobody reading the replies is 1")
    func failures() throws {
        let missing = try WorkerProcess(["--store", temporaryStorePath()])
        #expect(try missing.receive() == nil)
        #expect(missing.wait() == 3)

        let unheard = try WorkerProcess(["--store", newStore()], outputIsOpen: false)
        try unheard.send(#"{"jsonrpc":"2.0","id":0,"method":"server.ping"}"#)
        #expect(unheard.wait() == 1)
    }

    @Test("What is printed while the worker has standard output goes to standard error")
    func standardOutput() throws {
        let (outReading, out) = try openPipe()
        let (errorReading, error) = try openPipe()
        let output = try ProtocolOutput(out, standardOutput: out, standardError: error)
        try writeAll(Array("print\n".utf8), to: out)
        try writeAll(Array("reply\n".utf8), to: output.descriptor)
        output.restore()
        try writeAll(Array("after\n".utf8), to: out)
        close(out)
        close(error)
        var (replies, complaints) = (LineSource(descriptor: outReading), LineSource(descriptor: errorReading))
        #expect(try [replies.next(), replies.next(), replies.next()] == ["reply", "after", nil])
        #expect(try [complaints.next(), complaints.next()] == ["print", nil])
        close(outReading)
        close(errorReading)
    }
}
