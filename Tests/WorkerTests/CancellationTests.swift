import BSON
import Testing

@testable import Worker

/// Cancelling, progress and cursors: what outlives a single exchange of lines.
@Suite struct CancellationTests {
    private let hang =
        #"{"jsonrpc":"2.0","id":ID,"method":"documents.aggregate","params":{"collection":"c","pipeline":[{"$hang":1}]}}"#

    private func hang(_ id: String) -> String {
        String(hang.prefix { $0 != "I" }) + id + hang.drop { $0 != "D" }.dropFirst()
    }

    private func cancel(_ id: String) -> String {
        #"{"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":\#(id)}}"#
    }

    private func options(concurrency: Int) -> Worker.Options {
        var options = Worker.Options()
        options.concurrency = concurrency
        return options
    }

    @Test("A running request that is cancelled stops and says so; others go on", arguments: ["7", "\"seven\"", "null"])
    func runningRequest(_ id: String) throws {
        let deployment = FakeDeployment()
        let worker = try RunningWorker(deployment, options: options(concurrency: 2))
        try worker.send(hang(id))
        try worker.send(hang("1"))
        deployment.waitUntilHanging(2)
        try worker.send(cancel(id))
        #expect(
            try worker.receive()
                == #"{"jsonrpc":"2.0","id":\#(id),"error":{"code":-32800,"message":"Request cancelled"}}"#)
        #expect(deployment.hangingCount == 1)
        deployment.release()
        #expect(try worker.receive() == #"{"jsonrpc":"2.0","id":1,"result":{"documents":[]}}"#)
        #expect(try worker.finish().isEmpty)
    }

    @Test("A request that waits for a thread is cancelled before it begins")
    func waitingRequest() throws {
        let deployment = FakeDeployment()
        let worker = try RunningWorker(deployment, options: options(concurrency: 1))
        try worker.send(hang("1"))
        deployment.waitUntilHanging(1)
        try worker.send(hang("2"))
        try worker.send(#"{"jsonrpc":"2.0","id":3,"method":"$/cancelRequest","params":{"id":2}}"#)
        #expect(try worker.receive() == #"{"jsonrpc":"2.0","id":3,"result":{"cancelled":true}}"#)
        try worker.send(cancel("1"))
        #expect(try Set([worker.reply()["id"], worker.reply()["id"]].compactMap { $0?.integerValue }) == [1, 2])
        #expect(deployment.log.filter { $0 == "aggregate" }.count == 1)
    }

    @Test("Cancelling what was never asked, or is done, does nothing")
    func unknownRequest() throws {
        let worker = try RunningWorker(FakeDeployment())
        #expect(try worker.call("server.ping", id: "1")["result"] != nil)
        #expect(try worker.call("$/cancelRequest", #"{"id":1}"#, id: "2")["result"] == ["cancelled": false])
        #expect(
            try worker.call("$/cancelRequest", #"{"id":[1]}"#, id: "2")["error"]?.documentValue?["code"]
                == .int32(-32602))
        #expect(try worker.call("$/cancelRequest", "[1]", id: "2")["error"]?.documentValue?["code"] == .int32(-32602))
    }

    @Test("A write that a cancellation stopped half-way is answered as cancelled, with what was done")
    func interruptedWrite() throws {
        let deployment = FakeDeployment()
        let worker = try RunningWorker(deployment, options: options(concurrency: 1))
        try worker.send(
            #"{"jsonrpc":"2.0","id":1,"method":"documents.insert","params":{"collection":"hang","documents":[{},{}]}}"#)
        deployment.waitUntilHanging(1)
        try worker.send(cancel("1"))
        let error = try worker.reply()["error"]?.documentValue
        #expect(error?["code"] == .int32(-32800))
        #expect(error?["data"]?.documentValue?["insertedCount"] == 1)
    }

    @Test("The string \"1\" and the number 1 are two ids")
    func idsOfDifferentTypes() throws {
        let deployment = FakeDeployment()
        let worker = try RunningWorker(deployment, options: options(concurrency: 2))
        try worker.send(hang("1"))
        try worker.send(hang("\"1\""))
        deployment.waitUntilHanging(2)
        try worker.send(cancel("\"1\""))
        #expect(try worker.reply()["id"] == "1")
        try worker.send(cancel("1"))
        #expect(try worker.reply()["id"] == 1)
    }

    @Test("A session whose request was cancelled serves the next one")
    func sessionsAreUsedAgain() throws {
        let deployment = FakeDeployment()
        let worker = try RunningWorker(deployment, options: options(concurrency: 1))
        for id in 1...5 {
            try worker.send(hang("\(id)"))
            deployment.waitUntilHanging(1)
            try worker.send(cancel("\(id)"))
            #expect(try worker.reply()["error"]?.documentValue?["code"] == .int32(-32800))
            #expect(try worker.call("server.ping")["result"] == ["ok": true])
        }
        #expect(deployment.sessionCount == 1)
    }

    @Test("Status counts what became of the requests")
    func status() throws {
        let deployment = FakeDeployment()
        let worker = try RunningWorker(deployment, options: options(concurrency: 1))
        try worker.send(hang("1"))
        deployment.waitUntilHanging(1)
        try worker.send(cancel("1"))
        _ = try worker.reply()
        _ = try worker.call("server.ping")
        _ = try worker.call("no.such")
        let status = try #require(try worker.call("server.status")["result"]?.documentValue)
        #expect(status["accepted"] == 4)
        #expect(status["succeeded"] == 1)
        #expect(status["failed"] == 2)
        #expect(status["cancelled"] == 1)
        #expect(status["unanswered"] == 1)
        #expect(status["openCursors"] == 0)
    }

    // MARK: Progress

    @Test(
        "Progress is told to those who ask, under their token, and never after the reply", arguments: ["\"t\"", "12"])
    func progressOfInserts(_ token: String) throws {
        var options = Worker.Options()
        options.progressInterval = 0
        let worker = try RunningWorker(FakeDeployment(), options: options)
        let documents = (0..<2500).map { #"{"_id":\#($0)}"# }.joined(separator: ",")
        try worker.send(
            #"{"jsonrpc":"2.0","id":1,"method":"documents.insert","params":{"collection":"c","documents":[\#(documents)],"progress":\#(token)}}"#
        )
        var done: [Int64] = []
        var message = try worker.reply()
        while message["method"] == "$/progress" {
            let params = try #require(message["params"]?.documentValue)
            #expect(params["token"] == (try BSONValue(json: token)))
            // Notifications between two reports repeat the last one.
            if let count = params["done"]?.integerValue {
                #expect(params["total"] == 2500)
                if done.last != count { done.append(count) }
            }
            #expect(params["elapsedMS"]?.integerValue != nil)
            message = try worker.reply()
        }
        #expect(done == [1000, 2000, 2500])
        #expect(message["result"]?.documentValue?["insertedCount"] == 2500)
        #expect(try worker.finish().isEmpty)
    }

    @Test("Work that cannot say how far it is still shows that it goes on")
    func progressOfOneCommand() throws {
        var options = Worker.Options()
        options.progressInterval = 0.001
        let deployment = FakeDeployment()
        let worker = try RunningWorker(deployment, options: options)
        try worker.send(
            #"{"jsonrpc":"2.0","id":1,"method":"documents.aggregate","params":{"collection":"c","pipeline":[{"$hang":1}],"progress":1}}"#
        )
        for _ in 0..<3 { #expect(try worker.reply()["method"] == "$/progress") }
        deployment.release()
        var message = try worker.reply()
        while message["method"] != nil { message = try worker.reply() }
        #expect(message["result"] == ["documents": []])
    }

    @Test("Nobody who did not ask is told of progress")
    func noProgress() throws {
        var options = Worker.Options()
        options.progressInterval = 0
        let worker = try RunningWorker(FakeDeployment(), options: options)
        #expect(try worker.call("documents.insert", #"{"collection":"c","documents":[{}]}"#)["result"] != nil)
    }
}
