import BSON
import TestSupport
import Testing

@testable import MongoDriver

@Suite struct WriteTests {
    // MARK: Retrying

    @Test func aSingleWriteIsNumberedAndSentAgain() throws {
        let fixture = try Fixture(replicaSet: true)
        #expect(try fixture.driver.run(["ping": 1], in: "admin")["ok"] == 1.0)
        fixture.loseConnection(at: "insert")
        #expect(try fixture.driver.run(["insert": "a", "documents": [["_id": 1]]], in: "shop")["n"] == 1)
        let sent = fixture.deployment.commands(named: "insert")
        // Lost once, sent again, and answered by the fixture calling itself.
        #expect(sent.count == 3)
        #expect(sent[0]["txnNumber"] != nil && sent[0]["lsid"] != nil)
        #expect(sent[0]["txnNumber"] == sent[1]["txnNumber"])
        #expect(sent[0]["lsid"] == sent[1]["lsid"])
        #expect(fixture.deployment.documents("shop.a").count == 1)
        // The next write has a session or a number of its own.
        _ = try fixture.driver.run(["insert": "a", "documents": [["_id": 2]]], in: "shop")
        let next = try fixture.sent("insert", last: true)
        #expect(next["txnNumber"] != sent[0]["txnNumber"] || next["lsid"] != sent[0]["lsid"])
    }

    @Test func twoFailuresAreAnError() throws {
        let fixture = try Fixture(replicaSet: true)
        fixture.loseConnection(at: "insert", times: 2)
        let error = #expect(throws: AtelierError.self) {
            try fixture.driver.run(["insert": "a", "documents": [["_id": 1]]], in: "shop")
        }
        #expect(error?.code == .hostUnreachable)
        #expect(fixture.deployment.commands(named: "insert").count == 2)
    }

    @Test func serversMayAskForAnotherTry() throws {
        let fixture = try Fixture(replicaSet: true)
        let failures = Counter(1)
        fixture.deployment.answer("delete") { _ in
            if failures.takeOne() { throw AtelierError(189, "stepping down", labels: ["RetryableWriteError"]) }
            return ["n": 1, "ok": 1.0]
        }
        let deletion: Document = ["delete": "a", "deletes": [["q": ["_id": 1], "limit": 1]]]
        #expect(try fixture.driver.run(deletion, in: "shop")["n"] == 1)
        #expect(fixture.deployment.commands(named: "delete").count == 2)
    }

    @Test(
        arguments: [
            ["update": "a", "updates": [["q": [:], "u": ["$set": ["x": 1]], "multi": true]]],
            ["delete": "a", "deletes": [["q": [:], "limit": 0]]],
            ["insert": "a", "documents": [["_id": 1]], "writeConcern": ["w": 0]],
        ] as [Document])
    func whatCannotBeRetriedIsNotNumbered(_ command: Document) throws {
        let fixture = try Fixture(replicaSet: true)
        for name in ["update", "delete"] { fixture.deployment.answer(name) { _ in ["n": 1, "ok": 1.0] } }
        _ = try fixture.driver.run(command, in: "shop")
        #expect(try fixture.driver.run(["ping": 1], in: "admin")["ok"] == 1.0)
        let sent = try fixture.sent(command.keys[0])
        #expect(sent["txnNumber"] == nil)
    }

    @Test func retryWritesCanBeSwitchedOff() throws {
        let fixture = try Fixture(replicaSet: true, options: "&retryWrites=false")
        _ = try fixture.driver.run(["insert": "a", "documents": [["_id": 1]]], in: "shop")
        #expect(fixture.deployment.commands(named: "insert")[0]["txnNumber"] == nil)
        fixture.loseConnection(at: "insert")
        #expect(throws: AtelierError.self) {
            try fixture.driver.run(["insert": "a", "documents": [["_id": 2]]], in: "shop")
        }
    }

    @Test func standalonesGetNoNumbers() throws {
        let fixture = try Fixture()
        _ = try fixture.driver.run(["insert": "a", "documents": [["_id": 1]]], in: "shop")
        #expect(fixture.deployment.commands(named: "insert")[0]["txnNumber"] == nil)
    }

    // MARK: Splitting

    private static let limits = WriteLimits(statements: 3, documentBytes: 1000, messageBytes: 100_000)

    private func insert(_ count: Int, bytes: Int = 0, ordered: Bool = true) -> Document {
        let text = BSONValue.string(String(repeating: "x", count: bytes))
        let documents = (0..<count).map { Document([("_id", .integer($0)), ("text", text)]) }
        return [
            "insert": "a", "documents": .array(BSONArray(documents: documents)), "ordered": .bool(ordered),
            "comment": "c",
        ]
    }

    @Test func countsDecideWhereToCut() {
        for count in 0...10 {
            let command = insert(count)
            let batches = WriteBatches(command, field: "documents", limits: Self.limits)
            #expect(batches.count == count)
            #expect(batches.ranges.flatMap { Array($0) } == Array(0..<count))
            #expect(batches.ranges.allSatisfy { $0.count <= 3 })
            let documents = batches.ranges.flatMap { batches.command($0)["documents"]?.arrayValue ?? [] }
            #expect(documents == command["documents"]?.arrayValue ?? [])
            for range in batches.ranges {
                #expect(batches.command(range).keys == ["insert", "documents", "ordered", "comment"])
            }
        }
    }

    @Test func sizesDecideWhereToCut() {
        let limits = WriteLimits(statements: 1000, documentBytes: 1000, messageBytes: 100_000)
        let batches = WriteBatches(insert(100, bytes: 900), field: "documents", limits: limits)
        #expect(batches.ranges.count > 1)
        #expect(batches.ranges.allSatisfy { batches.command($0).bytes.count <= limits.commandBytes })
        // As full as they can be: one more would not fit.
        #expect(batches.ranges.dropLast().allSatisfy { batches.command($0).bytes.count > limits.commandBytes - 1000 })
        // What fits nowhere is sent alone; the server says what is wrong with it.
        let huge = WriteBatches(insert(2, bytes: 50_000), field: "documents", limits: limits)
        #expect(huge.ranges == [0..<1, 1..<2])
    }

    @Test func repliesBecomeOne() throws {
        var result = WriteBatches.Result()
        result.add(["n": 3, "nModified": 2, "upserted": [["index": 1, "_id": 7]], "ok": 1.0], offset: 0)
        #expect(!result.hasErrors)
        result.add(
            [
                "n": 1, "nModified": 1, "upserted": [["index": 0, "_id": 8]],
                "writeErrors": [["index": 2, "code": 11000, "errmsg": "E"]], "writeConcernError": ["code": 64],
                "electionId": 5, "ok": 1.0,
            ], offset: 3)
        #expect(result.hasErrors)
        #expect(
            result.reply == [
                "n": 4, "nModified": 3, "upserted": [["index": 1, "_id": 7], ["index": 3, "_id": 8]],
                "writeErrors": [["index": 5, "code": 11000, "errmsg": "E"]], "writeConcernError": ["code": 64],
                "electionId": 5, "ok": 1.0,
            ])
    }

    @Test(arguments: [true, false])
    func aLargeInsertArrivesWhole(ordered: Bool) throws {
        let fixture = try Fixture(replicaSet: true)
        // 24 MB, and a duplicate in the first and in the last command.
        var documents = (0..<2400).map {
            Document([("_id", .integer($0)), ("text", .string(String(repeating: "x", count: 10_000)))])
        }
        documents.insert(documents[5], at: 10)
        documents.append(documents[6])
        let reply = try fixture.driver.run(
            ["insert": "a", "documents": .array(BSONArray(documents: documents)), "ordered": .bool(ordered)], in: "shop"
        )
        let errors = (reply["writeErrors"]?.arrayValue ?? []).compactMap { $0.documentValue?["index"]?.integerValue }
        let sent = fixture.deployment.commands(named: "insert")
        if ordered {
            #expect(reply["n"] == 10)
            #expect(errors == [10])
            #expect(sent.count == 1)
        } else {
            #expect(reply["n"] == 2400)
            #expect(errors == [10, 2401])
            #expect(sent.count == 2)
            #expect(fixture.deployment.documents("shop.a").map { $0["_id"] } == (0..<2400).map { .integer($0) })
        }
        #expect(sent.allSatisfy { $0.bytes.count <= 16 * 1024 * 1024 + 16 * 1024 })
        #expect(Set(sent.compactMap { $0["txnNumber"]?.integerValue }).count == sent.count)
    }

    @Test func aFailureSaysHowFarItGot() throws {
        let fixture = try Fixture()
        let passing = Counter(1)
        fixture.deployment.answer("insert") { _ in
            guard passing.takeOne() else { throw AtelierError(.outOfDiskSpace, "disk full") }
            return ["n": 1600, "ok": 1.0]
        }
        let error = #expect(throws: AtelierError.self) {
            try fixture.driver.run(insert(2400, bytes: 10_000), in: "shop")
        }
        #expect(error?.code == .outOfDiskSpace)
        #expect(error?.message.contains("of 2400 statements, ") == true)
    }
}
