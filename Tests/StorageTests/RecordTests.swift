import BSON
import Storage
import Testing

@Suite struct RecordTests {
    @Test func documentsAreScannedInInsertionOrder() throws {
        let store = TemporaryStore()
        let environment = try store.open()
        defer { environment.close() }
        let ids = try environment.write { transaction in
            let collection = try transaction.createCollection(orders)
            return try (0..<1000).map {
                try transaction.insert(["_id": .integer($0), "n": .integer($0 * 2)], into: collection)
            }
        }
        #expect(ids == ids.sorted() && Set(ids).count == 1000)
        try environment.read { snapshot in
            let collection = try snapshot.entry(orders)
            #expect(try snapshot.count(collection) == 1000)
            let documents = try snapshot.documents(collection)
            #expect(documents.map { $0["n"]?.integerValue } == (0..<1000).map { Int64($0 * 2) })
            #expect(try snapshot.dataSize(collection) == Int64(documents.reduce(0) { $0 + $1.bytes.count }))
            let found = try snapshot.record(withId: .double(77), in: collection)
            #expect(found?.find("n").asInt32 == 154)
            #expect(try snapshot.recordId(forId: .int32(1000), in: collection) == nil)
        }
    }
}
