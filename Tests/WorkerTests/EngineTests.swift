import BSON
import DocumentStore
import Testing

@testable import Worker

/// The worker over the embedded engine, in this process and behind libmongoc: cancelling, time limits, snapshots.
@Suite struct EngineTests {
    /// A worker over a collection `c` with documents `{_id: 0, n: 0}`, `{_id: 1, n: 1}`, …; `n` ends in the last digit.
    private func withWorker(
        _ place: StorePlace, documents count: Int, options: Worker.Options = .init(),
        _ body: (RunningWorker) throws -> Void
    ) throws {
        try place.withStore { store in
            let documents = (0..<count).map { ["_id": .integer($0), "n": .integer($0 % 10)] as Document }
            try store.database.collection("c").insert(documents).orThrow()
            let worker = try RunningWorker(store, options: options)
            try body(worker)
            #expect(try worker.finish().isEmpty)
        }
    }

    /// Reads every document once for every pair of documents: far longer than any test waits. What is the same for every
    /// document would be read once.
    private let endless =
        #"[{"$lookup":{"from":"c","let":{"id":"$_id"},"pipeline":[{"$match":{"$expr":{"$gte":["$$id",0]}}},{"$lookup":{"from":"c","pipeline":[{"$match":{"n":{"$gt":100}}}],"as":"x"}}],"as":"y"}}]"#

    /// The same, but for the first document, which comes at once.
    private let endlessAfterOne =
        #"[{"$lookup":{"from":"c","let":{"id":"$_id"},"pipeline":[{"$match":{"$expr":{"$gt":["$$id",0]}}},{"$lookup":{"from":"c","pipeline":[{"$match":{"n":{"$gt":100}}}],"as":"x"}}],"as":"y"}}]"#

    @Test("A long aggregation stops when it is cancelled, before its first document", arguments: StorePlace.allCases)
    func cancelAggregation(_ place: StorePlace) throws {
        try withWorker(place, documents: 3000) { worker in
            try worker.send(
                #"{"jsonrpc":"2.0","id":1,"method":"documents.aggregate","params":{"collection":"c","pipeline":\#(endless),"progress":"p"}}"#
            )
            // Only a request that runs tells of its progress.
            #expect(try worker.reply()["method"] == "$/progress")
            try worker.send(#"{"jsonrpc":"2.0","id":2,"method":"$/cancelRequest","params":{"id":1}}"#)
            var replies: [Int64: Document] = [:]
            while replies.count < 2 {
                let message = try worker.reply()
                if let id = message["id"]?.integerValue { replies[id] = message }
            }
            #expect(replies[2]?["result"] == ["cancelled": true])
            #expect(replies[1]?["error"]?.documentValue?["code"] == .int32(-32800))
            #expect(try worker.call("documents.count", #"{"collection":"c"}"#)["result"] == ["count": 3000])
        }
    }

    @Test(
        "A batch that takes long stops when it is cancelled, and its cursor is closed", arguments: StorePlace.allCases)
    func cancelNext(_ place: StorePlace) throws {
        try withWorker(place, documents: 3000) { worker in
            let params = #"{"collection":"c","pipeline":\#(endlessAfterOne),"batchSize":1}"#
            let first = try worker.call("documents.aggregate", params)["result"]?.documentValue
            let cursor = try #require(first?["cursor"]?.stringValue)
            try worker.send(
                #"{"jsonrpc":"2.0","id":2,"method":"documents.next","params":{"cursor":"\#(cursor)","progress":"p"}}"#)
            #expect(try worker.reply()["method"] == "$/progress")
            try worker.send(#"{"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":2}}"#)
            var message = try worker.reply()
            while message["id"] == nil { message = try worker.reply() }
            #expect(message["error"]?.documentValue?["code"] == .int32(-32800))
            let error = try worker.call("documents.next", #"{"cursor":"\#(cursor)"}"#)["error"]?.documentValue
            #expect(error?["data"]?.documentValue?["codeName"] == "CursorNotFound")
        }
    }

    @Test("A command past its maxTimeMS is the database's error, not a cancellation", arguments: StorePlace.allCases)
    func maxTime(_ place: StorePlace) throws {
        try withWorker(place, documents: 3000) { worker in
            let params = #"{"collection":"c","pipeline":\#(endless),"maxTimeMS":50}"#
            let error = try worker.call("documents.aggregate", params)["error"]?.documentValue
            #expect(error?["code"] == .int32(-32000))
            #expect(error?["data"]?.documentValue?["code"] == .int32(50))
            #expect(error?["data"]?.documentValue?["codeName"] == "MaxTimeMSExpired")
        }
    }

    @Test(
        "Every method that amounts to one command can be explained, and explaining a write writes nothing",
        arguments: StorePlace.allCases)
    func explain(_ place: StorePlace) throws {
        try withWorker(place, documents: 20) { worker in
            for (method, rest) in [
                ("find", ""), ("findOne", ""), ("count", ""), ("distinct", #","field":"n""#),
                ("update", #","update":{"$set":{"n":-1}},"multi":true"#), ("replace", #","replacement":{}"#),
                ("delete", #","multi":true"#), ("findAndModify", #","remove":true"#),
            ] {
                let params = #"{"collection":"c","filter":{"_id":{"$gte":5}}\#(rest)}"#
                let reply = try worker.call(
                    "documents.explain",
                    #"{"method":"documents.\#(method)","params":\#(params),"verbosity":"executionStats"}"#)
                #expect(reply["result"]?.documentValue?["explainVersion"] != nil, "\(method): \(reply)")
            }
            #expect(
                try worker.call("documents.count", #"{"collection":"c","filter":{"n":{"$gte":0}}}"#)["result"]
                    == ["count": 20])
        }
    }

    @Test("A cursor sees the store as it was when the query began")
    func snapshots() throws {
        try withWorker(.embedded, documents: 10) { worker in
            let first = try worker.call("documents.find", #"{"collection":"c","batchSize":4}"#)["result"]?.documentValue
            let cursor = try #require(first?["cursor"]?.stringValue)
            _ = try worker.call("documents.insert", #"{"collection":"c","documents":[{"_id":99}]}"#)
            let rest = try worker.call("documents.next", #"{"cursor":"\#(cursor)"}"#)["result"]?.documentValue
            #expect(rest?["documents"]?.arrayValue?.count == 6)
            #expect(rest?["cursor"] == nil)
        }
    }

    @Test("Large documents are handed over in several replies even where the batch size allows one")
    func largeDocuments() throws {
        var options = Worker.Options()
        options.maximumReplyBytes = 70
        // Each of these takes 23 bytes, and 3 more in an array.
        try withWorker(.embedded, documents: 7, options: options) { worker in
            var result = try worker.call("documents.find", #"{"collection":"c"}"#)["result"]?.documentValue
            var counts = [result?["documents"]?.arrayValue?.count ?? 0]
            while let cursor = result?["cursor"]?.stringValue {
                result = try worker.call("documents.next", #"{"cursor":"\#(cursor)"}"#)["result"]?.documentValue
                counts.append(result?["documents"]?.arrayValue?.count ?? 0)
            }
            #expect(counts == [3, 3, 1])
        }
    }
}
