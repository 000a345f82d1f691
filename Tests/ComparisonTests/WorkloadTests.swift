import Analytics
import BSON
import DocumentStore
import Glibc
import Retail
import Testing

@testable import Comparison

/// Loading, reading and writing by key, and changes of the schema, on copies of the generated shop.
@Suite struct WorkloadTests {
    private func options() -> WorkloadOptions {
        var options = WorkloadOptions()
        options.reads = 40
        options.writes = 5
        options.batches = 2
        options.batchSize = 10
        options.loads = 1
        options.schemaChanges = 2
        return options
    }

    private func remove(_ path: String) {
        for suffix in ["", "-lock", "-wal", "-shm", "-journal"] { unlink(path + suffix) }
    }

    @Test func bothSidesReadAndHaveTheSameAndTheSourceStaysAsItWas() throws {
        var template = Array("/tmp/atelier-test-XXXXXX".utf8CString)
        try #require(mkdtemp(&template) != nil)
        let folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        defer {
            for name in ["copy.store", "copy.sqlite"] { remove("\(folder)/\(name)") }
            rmdir(folder)
        }
        let source = try Shop.generated.get().store.database
        let before = try source.collection("orders").find(sort: ["_id": 1]).all()
        var steps: [String] = []
        var comparison = try WorkloadComparison(
            catalog: Shop.catalog.get(), options: options(), documents: folder + "/copy.store",
            targets: [(SQLTarget(.sqlite, at: folder + "/copy.sqlite"), false)], remove: remove,
            progress: { steps.append($0) })
        let found = try comparison.run(from: source)

        #expect(found.map { $0[0].workload } == Workload.allCases)
        for sides in found {
            #expect(sides.map(\.database) == ["atelier", "sqlite"] && sides.map(\.model) == [.documents, .tables])
            for side in sides {
                #expect(side.isEqual != false && side.differences.isEmpty, "\(side.workload): \(side.differences)")
                #expect(side.times?.runs == side.operations && (side.perSecond ?? 0) > 0)
                #expect(side.durability.contains("on disk"))
            }
        }
        let byName = Dictionary(uniqueKeysWithValues: found.map { ($0[0].workload, $0[1]) })
        #expect(byName[.readOrder]?.operations == 40 && byName[.readOrder]?.isEqual == true)
        #expect(byName[.insertOrders]?.operations == 2 && byName[.insertOrders]?.unitsEach == 10)
        #expect(byName[.fillAttribute]?.unitsEach == (try source.collection("products").count()))
        #expect(steps.contains("changing the schema"))
        // Nothing of it reached the store.
        #expect(try source.collection("orders").find(sort: ["_id": 1]).all() == before)
        #expect(try source.collection("products").count(["careLabel": ["$exists": true]]) == 0)
        #expect(try !source.collectionNames().contains("giftCards"))
        // The copies hold what was added: 5 and 2 times 10 orders.
        let copy = try SQLiteDatabase(folder + "/copy.sqlite")
        #expect(try copy.rows("SELECT COUNT(*) FROM orders").first?.first?.integerValue == Int64(before.count + 25))
        #expect(try copy.rows("PRAGMA journal_mode") == [["wal"]])
    }

    @Test func anOrderFromTablesIsHeldAgainstTheWholeDocument() throws {
        let schema = try RelationalSchema(Shop.catalog.get())
        let source = try #require(schema.sources.first { $0.collection.name == "orders" })
        let subject = WorkloadSubject(source: source, isWhole: true)
        let orders = try Shop.generated.get().store.database.collection("orders")
        let order = try #require(try orders.findOne(["items.2": ["$exists": true], "payments.0": ["$exists": true]]))
        let expected = WorkloadReading.document(order).rows(subject)
        #expect(expected.map(\.count) == [1, order["items"]?.arrayValue?.count, order["payments"]?.arrayValue?.count])

        // As a join gives it, its lines the other way round.
        let joined = expected[1].reversed().map { expected[0][0] + $0 }
        let columns = source.tables[0].columns + source.tables[1].columns
        let answers = [
            SQLAnswer(columns: columns.map(\.name), rows: joined),
            SQLAnswer(columns: source.tables[2].columns.map(\.name), rows: expected[2]),
        ]
        #expect(WorkloadReading.answers(answers).rows(subject) == expected)
        // A lost line is a difference.
        let lacking = WorkloadReading.answers([SQLAnswer(columns: [], rows: Array(joined.dropLast())), answers[1]])
            .rows(subject)
        let lines = source.tables[1].columns.map { Column($0) }
        #expect(!RowDifference.all(lines, documents: expected[1], tables: lacking[1]).isEmpty)
        #expect(lacking[1].count == expected[1].count - 1)
        // Without lines, the join's other half is null.
        let alone = WorkloadReading.answers([
            SQLAnswer(columns: [], rows: [expected[0][0] + lines.map { _ in .null }]), answers[1],
        ]).rows(subject)
        #expect(alone[0] == expected[0] && alone[1].isEmpty)
    }

    @Test func aStatusChangesWithEveryTurnAndBackAgain() throws {
        let source = try Shop.generated.get().store.database
        let sample = try WorkloadSample(source, RelationalSchema(Shop.catalog.get()), options())
        let count = sample.templateKeys.count
        #expect(count == 25 && Set(sample.newOrders.compactMap { $0["_id"]?.stringValue }).count == 25)
        for index in 0..<count {
            let (there, back) = (sample.statusChange(index), sample.statusChange(index + count))
            let before = try source.collection("orders").findOne(["_id": there.key])?["status"]?.stringValue
            #expect(there.key == back.key && there.status != before && back.status == before)
        }
        // The seed alone decides what is read.
        let again = try WorkloadSample(source, RelationalSchema(Shop.catalog.get()), options())
        #expect(again.keys == sample.keys)
    }
}
