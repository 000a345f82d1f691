import BSON
import DocumentStore
import Retail
import TestSupport
import Testing

@testable import Ingest

@Suite struct NDJSONTests {
    private func load(_ bytes: [UInt8], _ deployment: MemoryDeployment) throws -> LoadReport {
        try NDJSONImporter(
            database: Store(deployment: deployment).database, catalog: try .standard(), collection: "things"
        )
        .load(TemporaryFile(bytes, name: "things.ndjson").path)
    }

    private let text = """
        {"_id": "a", "price": {"$numberDecimal": "1.50"}, "at": {"$date": "2020-01-01T00:00:00Z"}}
        {"name": "no id"}

        {"_id": "b", "broken": }
        [1, 2]
        {"_id": "c"} {"_id": "d"}
        {"_id": "a", "price": 2}\r
        {"_id": {"$oid": "5f5f5f5f5f5f5f5f5f5f5f5f"}, "last": true}
        """

    @Test func linesBecomeDocumentsAndBadOnesRejects() throws {
        let deployment = MemoryDeployment()
        let report = try load(Array(text.utf8), deployment)
        let things = deployment.documents("things")
        #expect(
            things.map { $0["_id"] } == [
                "a", .string(report.id + ":000000002"), .objectId(ObjectId("5f5f5f5f5f5f5f5f5f5f5f5f")!),
            ])
        #expect(things[0] == ["_id": "a", "price": 2])
        #expect(report.rows == 7)
        #expect(report.rejects == [.init(reason: "badJSON", rows: 3)])
        #expect(deployment.documents("rejects").map { $0["line"] } == [4, 5, 6])
        #expect(deployment.documents("rejects")[1]["text"] == "[1, 2]")
        #expect(
            report.written.first { $0.collection == "things" } == .init(collection: "things", inserted: 3, modified: 1))
    }

    @Test func compressedFilesAreTheSameFile() throws {
        let deployment = MemoryDeployment()
        #expect(try !load(Array(text.utf8), deployment).wasLoadedBefore)
        #expect(try load(gzipped(Array(text.utf8)), deployment).wasLoadedBefore)
    }

    @Test func documentsThatTheValidatorRefusesAreRejectedAndOtherFailuresAreNot() throws {
        let refused: Document = [
            "n": 1, "ok": 1.0, "writeErrors": [["index": 0, "code": 121, "errmsg": "Document failed validation"]],
        ]
        let ok: Document = ["n": 1, "ok": 1.0]
        let none: Document = ["cursor": ["firstBatch": [], "id": .int64(0), "ns": "x.y"], "ok": 1.0]
        let deployment = ScriptedDeployment([ok, none, ok, refused, ok, ok, ok, ok])
        let importer = NDJSONImporter(
            database: Store(deployment: deployment).database, catalog: try .standard(), collection: "things")
        let report = try importer.load(TemporaryFile("{\"_id\": 1}\n{\"_id\": 2}\n").path)
        #expect(report.rejects == [.init(reason: "invalid", rows: 1)])
        let reject = deployment.commands.first { $0["insert"] == "rejects" }?["documents"]?.arrayValue?.first?
            .documentValue
        #expect(reject?["text"] == "{\"_id\":1}")
        let failing = MemoryDeployment()
        failing.fail("insert", on: "things", with: AtelierError(.outOfDiskSpace, "the disk is full"))
        #expect(throws: AtelierError.self) { try load(Array(text.utf8), failing) }
    }

    @Test func linesMayCrossChunks() throws {
        let deployment = MemoryDeployment()
        let long = String(repeating: "x", count: 300_000)
        let text = (0..<8).map { "{\"_id\": \($0), \"text\": \"\(long)\"}" }.joined(separator: "\n")
        #expect(try load(Array(text.utf8), deployment).rows == 8)
        #expect(deployment.documents("things").allSatisfy { $0["text"] == .string(long) })
    }
}
