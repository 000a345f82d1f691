import BSON
import DocumentStore
import TestSupport
import Testing

@Suite struct CursorTests {
    private func batch(_ name: String, _ documents: [Document], id: Int64, ns: String = "shop.orders") -> Document {
        ["cursor": [name: .array(BSONArray(documents: documents)), "id": .int64(id), "ns": .string(ns)], "ok": 1.0]
    }

    @Test func fetchesBatchAfterBatch() throws {
        let deployment = ScriptedDeployment([
            batch("firstBatch", [["_id": 1], ["_id": 2]], id: 77),
            batch("nextBatch", [], id: 77),
            batch("nextBatch", [["_id": 3, "text": "x"]], id: 0),
        ])
        let store = Store(deployment: deployment, database: "shop")
        let cursor = try store.database.collection("orders").find(["a": 1], batchSize: 2)
        #expect(try cursor.all() == [["_id": 1], ["_id": 2], ["_id": 3, "text": "x"]])
        #expect(try cursor.next() == nil)
        #expect(
            deployment.commands == [
                ["find": "orders", "filter": ["a": 1], "batchSize": 2],
                ["getMore": .int64(77), "collection": "orders", "batchSize": 2],
                ["getMore": .int64(77), "collection": "orders", "batchSize": 2],
            ])
        #expect(deployment.databases == ["shop", "shop", "shop"])
    }

    @Test func closingEarlyKillsOnceAndOnlyThen() throws {
        let deployment = ScriptedDeployment([
            batch("firstBatch", [["_id": 1], ["_id": 2]], id: 9, ns: "shop.$cmd.aggregate"), ["ok": 1.0],
        ])
        let store = Store(deployment: deployment, database: "shop")
        do {
            let cursor = try store.database.aggregate([["$documents": []]])
            #expect(try cursor.next() == ["_id": 1])
            cursor.close()
            cursor.close()
            #expect(try cursor.next() == nil)
        }
        #expect(deployment.commands.count == 2)
        #expect(deployment.commands[1] == ["killCursors": "$cmd.aggregate", "cursors": [.int64(9)]])
    }

    @Test func aCursorOutOfScopeClosesItself() throws {
        let deployment = ScriptedDeployment([batch("firstBatch", [["_id": 1]], id: 5), ["ok": 1.0]])
        let orders = Store(deployment: deployment).database.collection("orders")
        #expect(try orders.find().next() == ["_id": 1])
        #expect(deployment.commands.last == ["killCursors": "orders", "cursors": [.int64(5)]])
    }

    @Test func anUsedUpCursorKillsNothing() throws {
        let deployment = ScriptedDeployment([batch("firstBatch", [["_id": 1]], id: 0)])
        let orders = Store(deployment: deployment).database.collection("orders")
        #expect(try orders.find().all().count == 1)
        #expect(deployment.commands.count == 1)
    }

    @Test func aReplyWithoutCursorIsRefused() throws {
        let orders = Store(deployment: ScriptedDeployment([["ok": 1.0]])).database.collection("orders")
        #expect(throws: AtelierError.self) { try orders.find() }
    }
}
