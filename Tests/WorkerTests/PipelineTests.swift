import BSON
import Glibc
import Synchronization
import Testing

@testable import Worker

/// Many requests at once: order, backpressure, the end of either pipe.
@Suite struct PipelineTests {
    @Test("Requests sent without waiting are all answered")
    func pipelining() throws {
        let worker = try RunningWorker(FakeDeployment())
        for id in 0..<500 {
            try worker.send(
                #"{"jsonrpc":"2.0","id":\#(id),"method":"documents.insert","params":{"collection":"c","documents":[{"_id":\#(id)}]}}"#
            )
        }
        let replies = try worker.finish().map { try Document(json: $0) }
        #expect(Set(replies.compactMap { $0["id"]?.integerValue }) == Set(0..<500))
        #expect(replies.allSatisfy { $0["result"] != nil })
    }

    @Test("A slow request does not hold up others")
    func overtaking() throws {
        let deployment = FakeDeployment()
        var options = Worker.Options()
        options.concurrency = 2
        let worker = try RunningWorker(deployment, options: options)
        try worker.send(
            #"{"jsonrpc":"2.0","id":1,"method":"documents.aggregate","params":{"collection":"c","pipeline":[{"$hang":1}]}}"#
        )
        #expect(try worker.call("server.ping", id: "2")["id"] == 2)
        deployment.release()
        #expect(try worker.reply()["id"] == 1)
    }

    @Test("With one thread, requests run in the order they came")
    func oneThread() throws {
        var options = Worker.Options()
        options.concurrency = 1
        let worker = try RunningWorker(FakeDeployment(), options: options)
        for id in 0..<100 { try worker.send(#"{"jsonrpc":"2.0","id":\#(id),"method":"server.version"}"#) }
        #expect(try worker.finish().map { try Document(json: $0)["id"] } == (0..<100).map { BSONValue.integer($0) })
    }

    @Test("A worker that is behind stops reading; nothing is lost once it goes on")
    func backpressureOfWork() throws {
        let deployment = FakeDeployment()
        var options = Worker.Options()
        options.concurrency = 1
        options.maximumPending = 4
        let worker = try RunningWorker(deployment, options: options)
        try worker.send(
            #"{"jsonrpc":"2.0","id":0,"method":"documents.aggregate","params":{"collection":"c","pipeline":[{"$hang":1}]}}"#
        )
        deployment.waitUntilHanging(1)
        let sent = try fill(worker)
        deployment.release()
        try expectReplies(worker, toRequestsUpTo: sent)
    }

    @Test("A caller that does not read is not read from; nothing is lost once it does")
    func backpressureOfReplies() throws {
        var options = Worker.Options()
        options.maximumPending = 4
        let worker = try RunningWorker(FakeDeployment(), options: options)
        try expectReplies(worker, toRequestsUpTo: try fill(worker))
    }

    /// Sends requests until the worker has taken none for a while; the highest id.
    ///
    /// A bounded worker takes a few pipes full at most; one that is not would go on for as long as this does.
    private func fill(_ worker: RunningWorker) throws -> Int {
        let padding = String(repeating: " ", count: 4000)
        var id = 0
        var refusals = 0
        while refusals < 50 {
            try #require(id < 5000, "the worker goes on reading although it cannot go on working")
            let line = Array(#"{"jsonrpc":"2.0","id":\#(id + 1),"method":"server.describe"}\#(padding)\#n"#.utf8)
            let count = worker.sendWithoutWaiting(line)
            if count == 0 {
                refusals += 1
                usleep(2000)
            } else {
                refusals = 0
                id += 1
                try #require(count == line.count, "a pipe takes a line of less than 4096 bytes whole or not at all")
            }
        }
        return id
    }

    private func expectReplies(_ worker: RunningWorker, toRequestsUpTo last: Int) throws {
        let ids = try worker.finish().map { try Document(json: $0)["id"]?.integerValue ?? -1 }.filter { $0 > 0 }
        #expect(ids.sorted() == (1...Int64(last)).map { $0 })
    }

    @Test("What was accepted is finished after the end of the input")
    func endWithWorkPending() throws {
        let deployment = FakeDeployment()
        var options = Worker.Options()
        options.concurrency = 1
        let worker = try RunningWorker(deployment, options: options)
        try worker.send(
            #"{"jsonrpc":"2.0","id":0,"method":"documents.aggregate","params":{"collection":"c","pipeline":[{"$hang":1}]}}"#
        )
        for id in 1...5 {
            try worker.send(
                #"{"jsonrpc":"2.0","id":\#(id),"method":"documents.insert","params":{"collection":"c","documents":[{"_id":\#(id)}]}}"#
            )
        }
        deployment.waitUntilHanging(1)
        worker.closeInput()
        deployment.release()
        #expect(try worker.finish().count == 6)
        let reply = try deployment.run(["find": "c"], in: "atelier")
        #expect(reply["cursor"]?.documentValue?["firstBatch"]?.arrayValue?.count == 5)
    }

    @Test("When the caller is gone, running work is cancelled and the worker ends with an error")
    func callerGone() throws {
        let deployment = FakeDeployment()
        var options = Worker.Options()
        options.concurrency = 2
        let worker = try RunningWorker(deployment, options: options)
        try worker.send(
            #"{"jsonrpc":"2.0","id":0,"method":"documents.aggregate","params":{"collection":"c","pipeline":[{"$hang":1}]}}"#
        )
        deployment.waitUntilHanging(1)
        worker.closeOutput()
        try worker.send(#"{"jsonrpc":"2.0","id":1,"method":"server.ping"}"#)
        #expect(throws: AtelierError.self) { try worker.waitForEnd() }
        #expect(deployment.hangingCount == 0)
    }

    @Test("stop() ends the worker as the end of the input does")
    func stopping() throws {
        let worker = try RunningWorker(FakeDeployment())
        #expect(try worker.call("server.ping")["result"] != nil)
        worker.worker.stop()
        #expect(try worker.receive() == nil)
        try worker.waitForEnd()
    }
}
