import BSON
import MongoDriver
import TestSupport
import Testing

@testable import WireServer

@Suite struct CursorTests {
    private func ids(_ reply: Document, _ batch: String) -> [Int64] {
        (reply["cursor"]?.documentValue?[batch]?.arrayValue ?? []).compactMap { $0.documentValue?["_id"]?.integerValue }
    }

    private func cursorID(_ reply: Document) -> Int64 { reply["cursor"]?.documentValue?["id"]?.integerValue ?? -1 }

    /// Reads a collection through a cursor, batch by batch.
    private func readAll(_ driver: MongoDriver, batchSize: Int32) throws -> [Int64] {
        var reply = try driver.run(["find": "orders", "batchSize": .int32(batchSize)], in: "shop")
        var found = ids(reply, "firstBatch")
        while cursorID(reply) != 0 {
            reply = try driver.run(
                ["getMore": .int64(cursorID(reply)), "collection": "orders", "batchSize": .int32(batchSize)], in: "shop"
            )
            found += ids(reply, "nextBatch")
        }
        return found
    }

    @Test func readsBatchAfterBatchInOneSession() throws {
        let fixture = try Fixture()
        fixture.fill("shop.orders", count: 1000)
        #expect(try readAll(fixture.driver, batchSize: 70) == Array(0..<1000))
        // The fixture refuses a `getMore` from another session, so having come here says they were the same.
        #expect(fixture.deployment.commands(named: "getMore").allSatisfy { $0["lsid"] != nil })
        #expect(fixture.deployment.openCursors == 0)
    }

    @Test func manyCursorsOnManyThreads() throws {
        let fixture = try Fixture(options: "&maxPoolSize=4")
        fixture.fill("shop.orders", count: 300)
        let failures = try onThreads(16) { _ in
            let found = try readAll(fixture.driver, batchSize: 50)
            guard found == Array(0..<300) else { throw AtelierError(.internalError, "read \(found.count)") }
        }
        #expect(failures == [])
    }

    @Test func openCursorsDoNotUseUpThePool() throws {
        let fixture = try Fixture(options: "&maxPoolSize=2")
        fixture.fill("shop.orders", count: 10)
        let open = try (0..<30).map { _ in
            cursorID(try fixture.driver.run(["find": "orders", "batchSize": 1], in: "shop"))
        }
        #expect(fixture.deployment.openCursors == 30)
        for id in open {
            let reply = try fixture.driver.run(["getMore": .int64(id), "collection": "orders"], in: "shop")
            #expect(ids(reply, "nextBatch") == Array(1..<10))
        }
        #expect(fixture.deployment.openCursors == 0)
    }

    @Test func killsCursors() throws {
        let fixture = try Fixture()
        fixture.fill("shop.orders", count: 10)
        let open = try (0..<3).map { _ in
            cursorID(try fixture.driver.run(["find": "orders", "batchSize": 1], in: "shop"))
        }
        let ids = [open[0], open[1], 999].map { BSONValue.int64($0) }
        let reply = try fixture.driver.run(["killCursors": "orders", "cursors": .array(BSONArray(ids))], in: "shop")
        #expect(reply["cursorsKilled"] == [ids[0], ids[1]])
        #expect(reply["cursorsNotFound"] == [ids[2]])
        #expect(fixture.deployment.openCursors == 1)
        let error = #expect(throws: AtelierError.self) {
            try fixture.driver.run(["getMore": ids[0], "collection": "orders"], in: "shop")
        }
        #expect(error?.code == .cursorNotFound)
    }

    /// Two routers, between which libmongoc picks at random: only one of them has the cursor.
    @Test func getMoreReachesTheServerThatHasTheCursor() throws {
        let deployments = [RecordingDeployment(), RecordingDeployment()]
        let servers = try deployments.map {
            try WireServer(
                deployment: $0, listen: .tcp(host: "127.0.0.1", port: 0), limits: .init(), log: { _ in },
                topology: { _ in [("msg", "isdbgrid")] })
        }
        let documents = BSONArray(documents: (0..<20).map { Document([("_id", .integer($0))]) })
        for deployment in deployments {
            _ = try deployment.run(["insert": "orders", "documents": .array(documents)], in: "shop")
        }
        let driver = try MongoDriver(
            uri: "mongodb://\(servers.map(\.address.description).joined(separator: ","))/?localThresholdMS=10000")
        // At first libmongoc may know only one of them; both must have been used, or this test shows nothing.
        var rounds = 0
        while rounds < 30 || (rounds < 3000 && deployments.contains { $0.commands(named: "getMore").isEmpty }) {
            #expect(try readAll(driver, batchSize: 3) == Array(0..<20))
            rounds += 1
        }
        let first = try driver.run(["find": "orders", "batchSize": 1], in: "shop")
        _ = try driver.run(["killCursors": "orders", "cursors": [.int64(cursorID(first))]], in: "shop")
        #expect(deployments.map(\.openCursors) == [0, 0])
        #expect(deployments.allSatisfy { !$0.commands(named: "getMore").isEmpty })
    }
}
