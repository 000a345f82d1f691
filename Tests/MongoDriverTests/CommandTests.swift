import BSON
import MongoDriver
import TestSupport
import Testing

@Suite struct CommandTests {
    @Test func everyTypeSurvivesTheRoundTrip() throws {
        let fixture = try Fixture()
        fixture.deployment.answer("echo") { $0.setting("ok", 1.0) }
        let values: [(String, BSONValue)] = [
            ("double", 1.5), ("nan", .double(.nan)), ("string", "naïve ☂"), ("empty", ""),
            ("document", ["a": ["b": [1, [2], [:]]]]), ("binary", .binary(subtype: 4, data: Array(0..<16))),
            ("undefined", .undefined), ("id", .objectId(ObjectId("0123456789abcdef01234567")!)), ("bool", true),
            ("date", .date(-1)), ("null", .null), ("regex", .regex(pattern: "^a", options: "im")),
            ("pointer", .dbPointer(namespace: "a.b", id: ObjectId("0123456789abcdef01234567")!)),
            ("code", .javascript("f()")), ("symbol", .symbol("s")),
            ("scoped", .javascriptWithScope(code: "g()", scope: ["x": 1])), ("int32", .int32(.min)),
            ("timestamp", .timestamp(7 << 32 | 3)), ("int64", .int64(.max)), ("decimal", .decimal(Decimal128("0.10")!)),
            ("min", .minKey), ("max", .maxKey),
        ]
        let reply = try fixture.driver.run(Document([("echo", 1)] + values), in: "shop")
        for (name, value) in values { #expect(reply[name] == value, "\(name)") }
    }

    @Test func errorsKeepCodeNameLabelsAndDetails() throws {
        let fixture = try Fixture()
        fixture.deployment.answer("collMod") { _ in
            throw AtelierError(
                .writeConflict, "busy", labels: ["TransientTransactionError"], details: ["errInfo": ["why": "because"]])
        }
        let error = #expect(throws: AtelierError.self) { try fixture.driver.run(["collMod": "c"], in: "shop") }
        #expect(error?.code == .writeConflict)
        #expect(error?.code.name == "WriteConflict")
        #expect(error?.message == "busy")
        #expect(error?.labels == ["TransientTransactionError"])
        #expect(error?.details == ["errInfo": ["why": "because"]])
        #expect(error?.location == nil)
        let unknown = #expect(throws: AtelierError.self) { try fixture.driver.run(["nope": 1], in: "shop") }
        #expect(unknown?.code == .commandNotFound)
    }

    @Test func writeErrorsAndWriteConcernErrorsAreReplies() throws {
        let fixture = try Fixture()
        let twice: BSONValue = [["_id": 1], ["_id": 1], ["_id": 2]]
        let reply = try fixture.driver.run(["insert": "a", "documents": twice, "ordered": false], in: "shop")
        #expect(reply["n"] == 2)
        let errors = (reply["writeErrors"]?.arrayValue ?? []).compactMap { $0.documentValue }
        try #require(errors.count == 1)
        #expect(errors.map { $0["index"] } == [1])
        #expect(errors[0]["code"] == 11000)
        #expect(errors[0]["keyValue"] == ["_id": 1])

        fixture.deployment.answer("create") { _ in
            ["ok": 1.0, "writeConcernError": ["code": 64, "errmsg": "waiting for replication timed out"]]
        }
        #expect(try fixture.driver.run(["create": "b"], in: "shop")["writeConcernError"]?.documentValue?["code"] == 64)
    }

    @Test func concernsAndPreferencesArriveOnce() throws {
        let fixture = try Fixture(options: "&w=majority&readConcernLevel=local&journal=true")
        _ = try fixture.driver.run(["insert": "a", "documents": [["_id": 1]]], in: "shop")
        _ = try fixture.driver.run(["insert": "a", "documents": [["_id": 2]], "writeConcern": ["w": 1]], in: "shop")
        _ = try fixture.driver.run(
            [
                "find": "a", "readConcern": ["level": "majority", "afterClusterTime": .timestamp(1)],
                "$readPreference": ["mode": "secondaryPreferred"], "$db": "elsewhere", "comment": "c",
            ], in: "shop")
        let inserts = fixture.deployment.commands(named: "insert")
        #expect(inserts[0]["writeConcern"]?.documentValue?["w"] == "majority")
        #expect(inserts[1]["writeConcern"] == ["w": 1])
        let find = try fixture.sent("find")
        #expect(find["readConcern"] == ["level": "majority", "afterClusterTime": .timestamp(1)])
        #expect(find["comment"] == "c")
        for command in inserts + [find] { #expect(Set(command.keys).count == command.keys.count, "\(command.keys)") }
        #expect(fixture.deployment.commands.allSatisfy { $0.database == "shop" })
    }

    @Test func unacknowledgedWritesDoNotWait() throws {
        let fixture = try Fixture()
        let reply = try fixture.driver.run(
            ["insert": "a", "documents": [["_id": 1]], "writeConcern": ["w": 0]], in: "shop")
        #expect(reply == ["ok": 1.0])
        // The same connection answers the next command, so the write came before it.
        #expect(try fixture.driver.run(["count": "a"], in: "shop")["n"] == 1)
    }

    @Test func manyThreadsAtOnce() throws {
        let fixture = try Fixture(options: "&maxPoolSize=8")
        let failures = try onThreads(32) { number in
            for step in 0..<25 {
                let id = BSONValue.integer(number * 1000 + step)
                let reply = try fixture.driver.run(["insert": "a", "documents": [["_id": id]]], in: "shop")
                guard reply["n"] == 1 else {
                    throw AtelierError(.internalError, "n is \(String(describing: reply["n"]))")
                }
            }
        }
        #expect(failures == [])
        #expect(fixture.deployment.documents("shop.a").count == 800)
        // Besides the pool's, each client of libmongoc shares the connections that watch the server.
        #expect(fixture.server.connectionCount <= 8 + 2)
    }
}
