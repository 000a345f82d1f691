import BSON
import Testing

@testable import Worker

@Suite struct CursorTests {
    /// A worker over a collection `c` of documents `{_id: 0}`, `{_id: 1}`, ….
    private func worker(_ deployment: FakeDeployment, documents: Int, options: Worker.Options = .init()) throws
        -> RunningWorker
    {
        let batch = BSONArray(documents: (0..<documents).map { ["_id": .integer($0)] as Document })
        _ = try deployment.run(["insert": "c", "documents": .array(batch)], in: "atelier")
        return try RunningWorker(deployment, options: options)
    }

    private func ids(_ result: Document?) -> [Int64] {
        (result?["documents"]?.arrayValue ?? []).compactMap { $0.documentValue?["_id"]?.integerValue }
    }

    @Test("A long result comes in pieces: every document once, in order", arguments: [1, 7, 50, 99, 100, 101, 1000])
    func pieces(_ batchSize: Int) throws {
        let deployment = FakeDeployment()
        let worker = try worker(deployment, documents: 100)
        var result = try worker.call("documents.find", #"{"collection":"c","batchSize":\#(batchSize)}"#)["result"]?
            .documentValue
        var found = ids(result)
        while let cursor = result?["cursor"]?.stringValue {
            result = try worker.call("documents.next", #"{"cursor":"\#(cursor)","batchSize":\#(batchSize)}"#)["result"]?
                .documentValue
            #expect(ids(result).count <= batchSize)
            found += ids(result)
        }
        #expect(found == Array(0..<100))
        #expect(deployment.openCursorCount == 0)
        #expect(try worker.call("server.status")["result"]?.documentValue?["openCursors"] == 0)
    }

    @Test("The batch size may change from piece to piece")
    func changingSize() throws {
        let worker = try worker(FakeDeployment(), documents: 100)
        let first = try worker.call("documents.find", #"{"collection":"c","batchSize":10}"#)["result"]?.documentValue
        let cursor = try #require(first?["cursor"]?.stringValue)
        let second = try worker.call("documents.next", #"{"cursor":"\#(cursor)","batchSize":35}"#)["result"]?
            .documentValue
        #expect(ids(second) == Array(10..<45))
        let rest = try worker.call("documents.next", #"{"cursor":"\#(cursor)"}"#)["result"]?.documentValue
        #expect(ids(rest) == Array(45..<100))
        #expect(rest?["cursor"] == nil)
    }

    @Test("A closed cursor is gone, here and in the store")
    func closing() throws {
        let deployment = FakeDeployment()
        let worker = try worker(deployment, documents: 10)
        let cursor = try #require(
            try worker.call("documents.find", #"{"collection":"c","batchSize":2}"#)["result"]?.documentValue?["cursor"]?
                .stringValue)
        #expect(deployment.openCursorCount == 1)
        #expect(try worker.call("documents.closeCursor", #"{"cursor":"\#(cursor)"}"#)["result"] == ["closed": true])
        #expect(deployment.openCursorCount == 0)
        #expect(try worker.call("documents.closeCursor", #"{"cursor":"\#(cursor)"}"#)["result"] == ["closed": false])
        let error = try worker.call("documents.next", #"{"cursor":"\#(cursor)"}"#)["error"]?.documentValue
        #expect(error?["code"] == .int32(-32000))
        #expect(error?["data"]?.documentValue?["codeName"] == "CursorNotFound")
    }

    @Test("Cursors that nobody reads are closed after a while")
    func timeOut() throws {
        var options = Worker.Options()
        options.cursorTimeout = 0.02
        let deployment = FakeDeployment()
        let worker = try worker(deployment, documents: 10, options: options)
        _ = try worker.call("documents.find", #"{"collection":"c","batchSize":2}"#)
        while deployment.openCursorCount > 0 { _ = try worker.call("server.ping") }
        #expect(try worker.call("server.status")["result"]?.documentValue?["openCursors"] == 0)
    }

    @Test("No more cursors than allowed stay open, and one that was refused is closed in the store")
    func tooMany() throws {
        var options = Worker.Options()
        options.maximumCursors = 2
        let deployment = FakeDeployment()
        let worker = try worker(deployment, documents: 10, options: options)
        for _ in 0..<2 {
            #expect(try worker.call("documents.find", #"{"collection":"c","batchSize":2}"#)["result"] != nil)
        }
        let error = try worker.call("documents.find", #"{"collection":"c","batchSize":2}"#)["error"]?.documentValue
        #expect(error?["code"] == .int32(-32000))
        #expect(deployment.openCursorCount == 2)
    }

    @Test("Cursors left open are closed when the input ends")
    func end() throws {
        let deployment = FakeDeployment()
        let worker = try worker(deployment, documents: 10)
        _ = try worker.call("documents.find", #"{"collection":"c","batchSize":2}"#)
        #expect(try worker.finish().isEmpty)
        #expect(deployment.openCursorCount == 0)
        #expect(deployment.log.contains("endSessions"))
    }
}
