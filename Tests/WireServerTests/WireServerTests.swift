import BSON
import Platform
import Synchronization
import TestSupport
import Testing

@testable import WireServer

/// A server on a free port over a deployment in memory.
struct Fixture {
    let deployment = RecordingDeployment()
    let server: WireServer
    let log = Log()

    init(limits: WireServer.Limits = .init(), replicaSet: String? = nil) throws {
        let log = log
        server = try WireServer(
            deployment: deployment, listen: .tcp(host: "127.0.0.1", port: 0), replicaSet: replicaSet, limits: limits
        ) { log.add($0) }
    }

    func client() throws -> RawClient { try RawClient(server.address) }

    /// That the server still takes new clients and answers them.
    func expectAlive(_ comment: Comment? = nil, sourceLocation: SourceLocation = #_sourceLocation) throws {
        let reply = try client().run(["ping": 1, "$db": "admin"])
        #expect(reply?["ok"] == 1.0, comment, sourceLocation: sourceLocation)
    }
}

final class Log: Sendable {
    private let stored = Mutex<[String]>([])
    func add(_ line: String) { stored.withLock { $0.append(line) } }
    var lines: [String] { stored.withLock { $0 } }
}

@Suite struct WireServerTests {
    @Test func answersMessagesInOrder() throws {
        let fixture = try Fixture()
        let client = try fixture.client()
        client.send(
            RawClient.message(["ping": 1, "$db": "admin"], id: 11)
                + RawClient.message(["nope": 1, "$db": "admin"], id: 12))
        let first = try #require(try client.receive())
        let second = try #require(try client.receive())
        let headers = [first, second].map { $0.withUnsafeBytes { MessageHeader($0) } }
        #expect(headers.map(\.responseTo) == [11, 12])
        #expect(headers.map(\.opCode) == [2013, 2013])
        #expect(headers[0].requestID != headers[1].requestID)
        #expect(try Document(validating: Array(second[21...]))["code"] == 59)
    }

    @Test func mergesSequencesAndStripsWhatIsForTheServer() throws {
        let fixture = try Fixture()
        let lsid: BSONValue = ["id": .binary(subtype: 4, data: Array(0..<16))]
        let client = try fixture.client()
        client.send(
            RawClient.message(
                [
                    "insert": "orders", "ordered": false, "$db": "shop", "lsid": lsid, "txnNumber": .int64(3),
                    "$readPreference": ["mode": "primary"], "$clusterTime": ["clusterTime": .timestamp(5)],
                ], sequences: [("documents", [["_id": 1, "name": "a"], ["_id": 2]])]))
        #expect(try client.receiveDocument()?["n"] == 2)
        let (command, database) = try #require(fixture.deployment.commands.last)
        #expect(database == "shop")
        #expect(command.keys == ["insert", "ordered", "lsid", "txnNumber", "$clusterTime", "documents"])
        #expect(command["lsid"] == lsid)
        #expect(fixture.deployment.documents("shop.orders") == [["_id": 1, "name": "a"], ["_id": 2]])
    }

    @Test func anEmptySequenceIsAnEmptyArray() throws {
        let fixture = try Fixture()
        let client = try fixture.client()
        client.send(RawClient.message(["insert": "a", "$db": "shop"], sequences: [("documents", [])]))
        #expect(try client.receiveDocument()?["n"] == 0)
        #expect(fixture.deployment.commands.last?.command["documents"]?.arrayValue?.count == 0)
    }

    @Test func errorsKeepCodeLabelsAndDetails() throws {
        let fixture = try Fixture()
        fixture.deployment.answer("commitTransaction") { _ in
            throw AtelierError(
                .writeConflict, "try again", labels: ["TransientTransactionError"], details: ["hint": "later"])
        }
        struct Surprise: Error {}
        fixture.deployment.answer("surprise") { _ in throw Surprise() }
        let client = try fixture.client()
        let reply = try #require(try client.run(["commitTransaction": 1, "$db": "admin"]))
        #expect(reply["ok"] == 0.0)
        #expect(reply["code"] == 112)
        #expect(reply["codeName"] == "WriteConflict")
        #expect(reply["errorLabels"] == ["TransientTransactionError"])
        #expect(reply["hint"] == "later")
        #expect(try client.run(["surprise": 1, "$db": "admin"])?["code"] == 1)
        #expect(try client.run(["ping": 1])?["code"] == 40571)
        #expect(try client.run(["ping": 1, "$db": 5])?["code"] == 40571)
        #expect(try client.run(["$db": "admin"])?["code"] == 59)
    }

    @Test func helloDescribesTheConnection() throws {
        let fixture = try Fixture(limits: .init(messageBytes: 1_000_000))
        let (one, two) = (try fixture.client(), try fixture.client())
        one.send(RawClient.query(["isMaster": 1, "helloOk": true, "compression": ["snappy", "zlib"]]))
        let old = try #require(try one.receiveDocument())
        #expect(old["ismaster"] == true)
        #expect(old["helloOk"] == true)
        #expect(old["compression"] == ["zlib"])
        #expect(old["maxMessageSizeBytes"] == 1_000_000)
        let new = try #require(try two.run(["hello": 1, "$db": "admin"]))
        #expect(new["isWritablePrimary"] == true)
        #expect(new["compression"] == nil)
        #expect(new["topologyVersion"] == nil && new["setName"] == nil)
        #expect(try #require(new["maxWireVersion"]?.integerValue) >= 21)
        let ids = [old, new].compactMap { $0["connectionId"]?.integerValue }
        #expect(Set(ids).count == 2)
        #expect(fixture.deployment.commands.isEmpty)
    }

    @Test func helloNamesTheReplicaSet() throws {
        let fixture = try Fixture(replicaSet: "rs0")
        let reply = try #require(try fixture.client().run(["hello": 1, "$db": "admin"]))
        #expect(reply["setName"] == "rs0")
        #expect(reply["hosts"] == [.string(fixture.server.address.description)])
    }

    @Test func onlyTheHandshakeMayUseOpQuery() throws {
        let fixture = try Fixture()
        let client = try fixture.client()
        client.send(RawClient.query(["ping": 1]))
        #expect(try client.receiveDocument()?["code"] == 352)
        client.send(RawClient.query(["$query": ["hello": 1]]))
        #expect(try client.receiveDocument()?["ok"] == 1.0)
        client.send(RawClient.query(["find": "x"], namespace: "shop.orders"))
        #expect(try client.receive() == nil)
        try fixture.expectAlive()
    }

    @Test func aMessageWithMoreToComeIsNotAnswered() throws {
        let fixture = try Fixture()
        let client = try fixture.client()
        client.send(RawClient.message(["insert": "a", "documents": [["_id": 1]], "$db": "shop"], flags: 2, id: 1))
        client.send(RawClient.message(["count": "a", "$db": "shop"], flags: 1 << 16, id: 2))
        let reply = try #require(try client.receive())
        #expect(reply.withUnsafeBytes { MessageHeader($0).responseTo } == 2)
        #expect(try Document(validating: Array(reply[21...]))["n"] == 1)
    }

    @Test func bytesMayComeOneByOne() throws {
        let fixture = try Fixture()
        let client = try fixture.client()
        for byte in RawClient.message(["ping": 1, "$db": "admin"]) { client.send([byte]) }
        #expect(try client.receiveDocument()?["ok"] == 1.0)
    }

    @Test func largeMessagesPassBothWays() throws {
        let fixture = try Fixture()
        let client = try fixture.client()
        fixture.deployment.answer("echo") { ["text": $0["text"] ?? .null, "ok": 1.0] }
        let text = String(repeating: "wide stripe ", count: 700_000)
        for _ in 0..<3 {
            #expect(try client.run(["echo": 1, "text": .string(text), "$db": "admin"])?["text"]?.stringValue == text)
            #expect(try client.run(["ping": 1, "$db": "admin"])?["ok"] == 1.0)
        }
    }

    @Test func aReplyTooLargeToSendIsAnError() throws {
        let fixture = try Fixture(limits: .init(messageBytes: 4096))
        fixture.deployment.answer("big") { _ in ["text": .string(String(repeating: "x", count: 5000)), "ok": 1.0] }
        #expect(try fixture.client().run(["big": 1, "$db": "admin"])?["code"] == 10334)
    }

    @Test func manyClientsAtOnce() throws {
        let fixture = try Fixture()
        let failures = Log()
        let threads = try (0..<40).map { number in
            try PosixThread {
                do {
                    let client = try fixture.client()
                    for step in 0..<20 {
                        let id = BSONValue.integer(number * 1000 + step)
                        let reply = try client.run(["insert": "a", "documents": [["_id": id]], "$db": "shop"])
                        if reply?["n"] != 1 { failures.add("\(number): \(String(describing: reply?.keys))") }
                    }
                } catch {
                    failures.add("\(number): \(error)")
                }
            }
        }
        for thread in threads { thread.join() }
        #expect(failures.lines == [])
        #expect(fixture.deployment.documents("shop.a").count == 800)
    }

    @Test func furtherConnectionsThanAllowedAreClosed() throws {
        let fixture = try Fixture(limits: .init(connections: 2))
        let kept = try [fixture.client(), fixture.client()]
        for client in kept { #expect(try client.run(["ping": 1, "$db": "admin"])?["ok"] == 1.0) }
        #expect(try fixture.client().run(["ping": 1, "$db": "admin"]) == nil)
        #expect(fixture.server.connectionCount == 2)
        #expect(fixture.log.lines.contains { $0.contains("2 connections already") })
    }

    @Test func stoppingEndsConnectionsAndFinishesCommands() throws {
        let fixture = try Fixture()
        let (started, finish) = (Signal(), Signal())
        let finished = Atomic<Bool>(false)
        fixture.deployment.answer("slow") { _ in
            started.raise()
            finish.wait()
            finished.store(true, ordering: .sequentiallyConsistent)
            return ["ok": 1.0]
        }
        let idle = try fixture.client()
        #expect(try idle.run(["ping": 1, "$db": "admin"])?["ok"] == 1.0)
        let busy = try fixture.client()
        busy.send(RawClient.message(["slow": 1, "$db": "admin"]))
        started.wait()
        let releaser = try PosixThread { finish.raise() }
        fixture.server.stop()
        let wasFinished = finished.load(ordering: .sequentiallyConsistent)
        #expect(wasFinished)
        releaser.join()
        #expect(try idle.receive() == nil)
        #expect(fixture.server.connectionCount == 0)
        #expect(throws: AtelierError.self) { _ = try fixture.client() }
        #expect(!fixture.deployment.isClosed)
        fixture.server.stop()
        fixture.server.wait()
    }

    // MARK: Stopping what nobody waits for

    private static let lsid: BSONValue = ["id": .binary(subtype: 4, data: Array(0..<16))]

    /// A deployment whose `slow` runs until its session is killed.
    private func answerSlowly(_ fixture: Fixture, started: Signal, killed: Signal) {
        fixture.deployment.answer("slow") { _ in
            started.raise()
            killed.wait()
            throw AtelierError(.interrupted, "killed")
        }
        fixture.deployment.answer("killSessions") { command in
            if command["killSessions"] == [Self.lsid] { killed.raise() }
            return ["ok": 1.0]
        }
    }

    @Test func aCommandEndsWithItsClient() throws {
        let fixture = try Fixture()
        let (started, killed) = (Signal(), Signal())
        answerSlowly(fixture, started: started, killed: killed)
        do {
            let client = try fixture.client()
            client.send(RawClient.message(["slow": 1, "lsid": Self.lsid, "$db": "admin"]))
            // What has been sent behind it is not run at all.
            client.send(RawClient.message(["insert": "a", "documents": [["_id": 1]], "$db": "shop"]))
            started.wait()
        }
        killed.wait()
        fixture.server.stop()
        #expect(fixture.deployment.commands(named: "insert").isEmpty)
    }

    @Test func stoppingStopsCommandsInSessions() throws {
        let fixture = try Fixture()
        let (started, killed) = (Signal(), Signal())
        answerSlowly(fixture, started: started, killed: killed)
        let client = try fixture.client()
        client.send(RawClient.message(["slow": 1, "lsid": Self.lsid, "$db": "admin"]))
        started.wait()
        fixture.server.stop()
        #expect(try client.receive() == nil)
    }
}
