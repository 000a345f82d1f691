import BSON
import TestSupport
import Testing

@testable import MongoDriver

@Suite struct SessionTests {
    private static let order: Document = ["insert": "orders", "documents": [["_id": 1]]]

    private func fixture() throws -> Fixture {
        let fixture = try Fixture(replicaSet: true)
        for name in ["commitTransaction", "abortTransaction"] { fixture.deployment.answer(name) { _ in ["ok": 1.0] } }
        return fixture
    }

    @Test func aTransactionIsSpokenAsServersExpect() throws {
        let fixture = try fixture()
        try fixture.driver.withSession { session in
            try session.startTransaction(
                .init(readConcern: "snapshot", writeConcern: ["w": "majority", "wtimeout": 500]))
            #expect(try session.isInTransaction())
            _ = try session.run(Self.order, in: "shop")
            _ = try session.run(["find": "orders"], in: "shop")
            try session.commitTransaction()
            #expect(try !session.isInTransaction())
        }
        let (insert, find) = (
            fixture.deployment.commands(named: "insert")[0], fixture.deployment.commands(named: "find")[0]
        )
        let commit = try fixture.sent("commitTransaction")
        #expect(insert["startTransaction"] == true && find["startTransaction"] == nil)
        #expect(insert["readConcern"]?.documentValue?["level"] == "snapshot" && find["readConcern"] == nil)
        for command in [insert, find, commit] {
            #expect(command["autocommit"] == false)
            #expect(command["txnNumber"] == insert["txnNumber"])
            #expect(command["lsid"] == insert["lsid"])
            #expect(Set(command.keys).count == command.keys.count)
        }
        #expect(
            commit["writeConcern"] == ["w": "majority", "wtimeout": 500]
                || commit["writeConcern"] == ["w": "majority", "wtimeout": .int64(500)])
    }

    @Test func anOpenTransactionIsAborted() throws {
        struct Stop: Error {}
        let fixture = try fixture()
        #expect(throws: Stop.self) {
            try fixture.driver.withSession { session in
                try session.startTransaction()
                _ = try session.run(Self.order, in: "shop")
                throw Stop()
            }
        }
        #expect(fixture.deployment.commands(named: "abortTransaction").count == 1)
        #expect(fixture.deployment.commands(named: "commitTransaction").isEmpty)
    }

    @Test func transientErrorsRepeatTheTransaction() throws {
        let fixture = try fixture()
        let failures = Counter(2)
        fixture.deployment.answer("update") { _ in
            if failures.takeOne() { throw AtelierError(.writeConflict, "again", labels: ["TransientTransactionError"]) }
            return ["n": 1, "ok": 1.0]
        }
        var runs = 0
        let result = try fixture.driver.withSession { session in
            try session.withTransaction { session in
                runs += 1
                return try session.run(
                    ["update": "orders", "updates": [["q": [:], "u": ["$inc": ["n": 1]]]]], in: "shop")["n"]
            }
        }
        #expect(result == 1)
        #expect(runs == 3)
        #expect(fixture.deployment.commands(named: "commitTransaction").count == 1)
    }

    @Test func anUnknownCommitIsRepeatedAlone() throws {
        let fixture = try fixture()
        let failures = Counter(2)
        fixture.deployment.answer("commitTransaction") { _ in
            if failures.takeOne() {
                throw AtelierError(64, "who knows", labels: ["UnknownTransactionCommitResult"])
            }
            return ["ok": 1.0]
        }
        try fixture.driver.withSession { session in
            try session.withTransaction { _ = try $0.run(Self.order, in: "shop") }
        }
        #expect(fixture.deployment.commands(named: "commitTransaction").count == 3)
        #expect(fixture.deployment.commands(named: "insert").count == 1)
    }

    @Test func otherErrorsEndTheTransaction() throws {
        let fixture = try fixture()
        fixture.deployment.answer("insert") { _ in throw AtelierError(.badValue, "no") }
        let error = #expect(throws: AtelierError.self) {
            try fixture.driver.withSession { session in
                try session.withTransaction { _ = try $0.run(Self.order, in: "shop") }
            }
        }
        #expect(error?.code == .badValue)
        #expect(fixture.deployment.commands(named: "insert").count == 1)
        #expect(fixture.deployment.commands(named: "abortTransaction").count == 1)
    }

    @Test func cursorsOfASessionStayInIt() throws {
        let fixture = try fixture()
        fixture.fill("shop.orders", count: 10)
        try fixture.driver.withSession { session in
            let first = try session.run(["find": "orders", "batchSize": 2], in: "shop")
            let id = try #require(first["cursor"]?.documentValue?["id"])
            let next = try session.run(["getMore": id, "collection": "orders"], in: "shop")
            #expect(next["cursor"]?.documentValue?["nextBatch"]?.arrayValue?.count == 8)
        }
    }

    @Test func readsOfASessionFollowItsWrites() throws {
        let fixture = try fixture()
        fixture.deployment.answer("insert") { _ in ["n": 1, "ok": 1.0, "operationTime": .timestamp(9 << 32 | 4)] }
        try fixture.driver.withSession { session in
            _ = try session.run(Self.order, in: "shop")
            _ = try session.run(["find": "orders"], in: "shop")
        }
        try fixture.driver.withSession(causallyConsistent: false) { session in
            _ = try session.run(Self.order, in: "shop")
            _ = try session.run(["find": "orders"], in: "shop")
        }
        let finds = fixture.deployment.commands(named: "find")
        #expect(finds[0]["readConcern"]?.documentValue?["afterClusterTime"] == .timestamp(9 << 32 | 4))
        #expect(finds[1]["readConcern"] == nil)
        #expect(fixture.deployment.commands(named: "insert").allSatisfy { $0["txnNumber"] != nil })
    }

    @Test func manySessionsDoNotUseUpThePool() throws {
        let fixture = try Fixture(replicaSet: true, options: "&maxPoolSize=2")
        func nested(_ depth: Int) throws {
            try fixture.driver.withSession { session in
                _ = try session.run(["ping": 1], in: "admin")
                if depth > 0 { try nested(depth - 1) }
                _ = try session.run(["ping": 1], in: "admin")
            }
        }
        try nested(10)
        #expect(fixture.deployment.commands(named: "ping").count == 22)
    }

    // MARK: Sessions that callers name

    private static let lsid: BSONValue = ["id": .binary(subtype: 4, data: Array(100..<116))]

    @Test func callersTransactionsAreTranslated() throws {
        let fixture = try fixture()
        func run(_ command: Document, starting: Bool = false, number: Int64 = 5) throws -> Document {
            var fields: [(String, BSONValue)] = command.elements.map { ($0.key, $0.value) }
            fields += [("lsid", Self.lsid), ("txnNumber", .int64(number)), ("autocommit", false)]
            if starting { fields += [("startTransaction", true), ("readConcern", ["level": "snapshot"])] }
            return try fixture.driver.run(
                Document(fields), in: command.keys[0].hasSuffix("Transaction") ? "admin" : "shop")
        }
        _ = try run(Self.order, starting: true)
        _ = try run(["find": "orders"])
        _ = try run(["commitTransaction": 1])
        let sent = ["insert", "find", "commitTransaction"].map { fixture.deployment.commands(named: $0)[0] }
        #expect(sent[0]["startTransaction"] == true)
        #expect(sent[0]["readConcern"] == ["level": "snapshot"])
        for command in sent {
            #expect(command["autocommit"] == false)
            #expect(command["lsid"] == sent[0]["lsid"])
            #expect(command["txnNumber"] == sent[0]["txnNumber"] && command["txnNumber"] != nil)
            #expect(Set(command.keys).count == command.keys.count)
        }
        let wrong = #expect(throws: AtelierError.self) { try run(["find": "orders"], number: 6) }
        #expect(wrong?.code.name == "NoSuchTransaction")
        #expect(wrong?.labels == ["TransientTransactionError"])
        // The next one in the same session.
        _ = try run(Self.order, starting: true, number: 6)
        _ = try run(["abortTransaction": 1], number: 6)
        #expect(fixture.deployment.commands(named: "abortTransaction").count == 1)
        #expect(fixture.deployment.commands(named: "insert")[1]["txnNumber"] != sent[0]["txnNumber"])
    }

    @Test func callersSessionsKeepTheirCursors() throws {
        let fixture = try fixture()
        fixture.fill("shop.orders", count: 10)
        let first = try fixture.driver.run(["find": "orders", "batchSize": 2, "lsid": Self.lsid], in: "shop")
        let id = try #require(first["cursor"]?.documentValue?["id"])
        let next = try fixture.driver.run(["getMore": id, "collection": "orders", "lsid": Self.lsid], in: "shop")
        #expect(next["cursor"]?.documentValue?["nextBatch"]?.arrayValue?.count == 8)
        #expect(try fixture.driver.run(["endSessions": [Self.lsid]], in: "admin")["ok"] == 1.0)
    }

    @Test func killSessionsNamesTheServersSession() throws {
        let fixture = try fixture()
        fixture.deployment.answer("killSessions") { _ in ["ok": 1.0] }
        _ = try fixture.driver.run(["find": "orders", "lsid": Self.lsid], in: "shop")
        let stranger: BSONValue = ["id": .binary(subtype: 4, data: Array(0..<16))]
        _ = try fixture.driver.run(["killSessions": [Self.lsid, stranger]], in: "admin")
        let find = try #require(try fixture.sent("find")["lsid"])
        #expect(find != Self.lsid)
        #expect(try fixture.sent("killSessions")["killSessions"] == .array([find, stranger]))
    }

    @Test func whatCannotBePassedOnIsRefused() throws {
        let fixture = try fixture()
        let numbered: Document = Self.order.setting("lsid", Self.lsid).setting("txnNumber", .int64(1))
        #expect(throws: AtelierError.self) { try fixture.driver.run(numbered, in: "shop") }
        #expect(throws: AtelierError.self) { try fixture.driver.run(Self.order.setting("lsid", ["id": 1]), in: "shop") }
        #expect(throws: AtelierError.self) {
            try fixture.driver.run(
                ["commitTransaction": 1, "lsid": Self.lsid, "txnNumber": .int64(1), "autocommit": false], in: "admin")
        }
        #expect(throws: AtelierError.self) {
            try fixture.driver.run(Self.order.setting("autocommit", false), in: "shop")
        }
        #expect(fixture.deployment.commands.isEmpty)
    }
}
