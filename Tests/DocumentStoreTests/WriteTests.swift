import BSON
import TestSupport
import Testing

@testable import DocumentStore

@Suite struct WriteTests {
    @Test func countsUpdatesApartFromUpserts() throws {
        let deployment = ScriptedDeployment([
            ["n": 3, "nModified": 1, "upserted": [["index": 1, "_id": "b"]], "ok": 1.0]
        ])
        let products = Store(deployment: deployment).database.collection("products")
        let result = try products.put([["_id": "a", "x": 1], ["_id": "b"], ["_id": "c"]])
        #expect(result.matched == 2)
        #expect(result.modified == 1)
        #expect(result.upserted == [Upserted(index: 1, id: "b")])
        #expect(
            deployment.commands[0]["updates"]?.arrayValue?.first?.documentValue
                == ["q": ["_id": "a"], "u": ["_id": "a", "x": 1], "upsert": true])
    }

    @Test func splitsByBytesAndShiftsIndexes() throws {
        let big = Document([("text", .string(String(repeating: "x", count: 6 << 20)))])
        let deployment = ScriptedDeployment([
            ["n": 2, "ok": 1.0],
            [
                "n": 1, "writeErrors": [["index": 1, "code": 11000, "errmsg": "duplicate", "keyValue": ["_id": 1]]],
                "ok": 1.0,
            ],
        ])
        let orders = Store(deployment: deployment).database.collection("orders")
        let result = try orders.insert([big, big, big, ["_id": 1], ["_id": 2]])
        #expect(deployment.commands.map { $0["documents"]?.arrayValue?.count } == [2, 3])
        #expect(result.inserted == 3)
        #expect(result.writeErrors.map(\.index) == [3])
        #expect(result.writeErrors[0].code == .duplicateKey)
        #expect(result.writeErrors[0].details == ["keyValue": ["_id": 1]])
        #expect(throws: AtelierError.self) { try result.orThrow() }
    }

    @Test func anOrderedWriteStopsAtTheFailedBatchAndAnUnorderedOneGoesOn() throws {
        let big = Document([("text", .string(String(repeating: "x", count: 10 << 20)))])
        let failed: Document = ["n": 0, "writeErrors": [["index": 0, "code": 121, "errmsg": "invalid"]], "ok": 1.0]
        let ordered = ScriptedDeployment([failed, failed])
        #expect(try Store(deployment: ordered).database.collection("c").insert([big, big]).writeErrors.count == 1)
        let unordered = ScriptedDeployment([failed, failed])
        let result = try Store(deployment: unordered).database.collection("c").insert([big, big], ordered: false)
        #expect(result.writeErrors.map(\.index) == [0, 1])
    }

    @Test func batchesHoldAtMostAHundredThousand() {
        let ranges = WriteBatch.ranges(Array(repeating: [:], count: 250_000))
        #expect(ranges == [0..<100_000, 100_000..<200_000, 200_000..<250_000])
        #expect(WriteBatch.ranges([]) == [])
    }

    @Test func writeConcernsAreSent() throws {
        let deployment = ScriptedDeployment([["n": 1, "ok": 1.0]])
        let orders = Store(deployment: deployment).database.collection("orders").with(writeConcern: ["w": "majority"])
        _ = try orders.deleteOne(["_id": 1])
        #expect(
            deployment.commands[0] == [
                "delete": "orders", "ordered": true, "writeConcern": ["w": "majority"],
                "deletes": [["q": ["_id": 1], "limit": 1]],
            ])
    }

    @Test func bulkInsertersShowTheDocumentsThatFailed() throws {
        let deployment = MemoryDeployment()
        let things = Store(deployment: deployment).database.collection("things")
        _ = try things.insert([["_id": 3], ["_id": 40_000]])
        var failed: [Document] = []
        let inserter = BulkInserter(things) { error, document in
            #expect(error.code == .duplicateKey)
            failed.append(document)
        }
        let padding = String(repeating: "x", count: 200)
        for id in 0..<50_000 {
            try inserter.append { writer in
                writer.append("_id", ValueView.int32(Int32(id)))
                writer.append("padding", .string(padding))
            }
        }
        let result = try inserter.finish()
        #expect(result.inserted == 49_998)
        #expect(result.writeErrors.map(\.index) == [3, 40_000])
        #expect(failed.map { $0["_id"] } == [3, 40_000])
        #expect(deployment.commands.count { $0.keys[0] == "insert" } > 3)
        #expect(deployment.documents("things").count == 50_000)
    }

    @Test func aBulkInserterWithoutAnAnswerThrowsTheFirstFailure() throws {
        let things = Store(deployment: MemoryDeployment()).database.collection("things")
        let inserter = BulkInserter(things)
        try inserter.append(["_id": 1])
        try inserter.append(["_id": 1])
        #expect(throws: AtelierError.self) { try inserter.finish() }
    }
}
