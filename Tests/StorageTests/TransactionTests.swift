import BSON
import Glibc
import Platform
import Storage
import StorageWorkload
import Testing

@Suite struct TransactionTests {
    private struct Stop: Error {}

    private func withStore(_ body: (StorageEnvironment) throws -> Void) throws {
        let store = TemporaryStore()
        let environment = try store.open()
        defer { environment.close() }
        try body(environment)
        let report = try environment.check()
        #expect(report.isSound, "\(report.problems)")
    }

    @Test func whatThrowsChangesNothing() throws {
        try withStore { environment in
            try environment.write { try $0.insert(["_id": 1], into: $0.createCollection(orders)) }
            let before = try environment.read { $0.catalog.version }
            #expect(throws: Stop.self) {
                try environment.write { transaction in
                    let collection = try transaction.entry(orders)
                    try transaction.insert(["_id": 2], into: collection)
                    try transaction.delete(1, from: collection)
                    try transaction.createCollection(Namespace("shop", "new"))
                    throw Stop()
                }
            }
            try environment.read { snapshot in
                #expect(snapshot.catalog.version == before)
                let entry = try snapshot.entry(orders)
                #expect(try snapshot.documents(entry) == [["_id": 1]])
                #expect(snapshot.catalog[Namespace("shop", "new")] == nil)
            }
        }
    }

    @Test func recordIdsAreNeverUsedTwice() throws {
        try withStore { environment in
            let first = try environment.write { transaction in
                let collection = try transaction.createCollection(orders)
                return try [
                    transaction.insert(["_id": 1], into: collection), transaction.insert(["_id": 2], into: collection),
                ]
            }
            try environment.write { try $0.delete(first[1], from: $0.entry(orders)) }
            let next = try environment.write { try $0.insert(["_id": 3], into: $0.entry(orders)) }
            #expect(next > first[1])
            try environment.write { transaction in
                let collection = try transaction.entry(orders)
                #expect(try !transaction.delete(first[1], from: collection))
                #expect(try !transaction.update(first[1], in: collection, to: ["_id": 2]))
                #expect(try transaction.record(first[1], in: collection) == nil)
            }
        }
    }

    // MARK: Savepoints

    @Test func aFailedSavepointTakesItsOwnChangesBack() throws {
        try withStore { environment in
            try environment.write { transaction in
                let collection = try transaction.createCollection(orders)
                try transaction.createIndex(
                    IndexDefinition(name: "a_1", keyPattern: ["a": 1], options: ["unique": true]), on: collection)
                let kept = try transaction.insert(["_id": 1, "a": 1], into: collection)
                let size = try transaction.dataSize(collection)
                #expect(size == Int64((["_id": 1, "a": 1] as Document).bytes.count))
                #expect(throws: Stop.self) {
                    try transaction.savepoint { try changeMuch(transaction, collection, kept) }
                }
                #expect(try transaction.documents(transaction.entry(orders)) == [["_id": 1, "a": 1]])
                #expect(try transaction.entry(orders).indexes.map(\.name) == ["_id_", "a_1"])
                #expect(try !transaction.entry(orders).index(named: "a_1")!.isMultikey)
                #expect(transaction.catalog.collections.count == 1)
                #expect(try transaction.dataSize(collection) == size)
                let second = try transaction.savepoint { try transaction.insert(["_id": 2, "a": 5], into: collection) }
                #expect(second > kept)
                let new = try transaction.createCollection(Namespace("shop", "other"))
                #expect(try transaction.count(new) == 0)
            }
            #expect(try environment.read { try $0.count($0.entry(orders)) } == 2)
        }
    }

    private func changeMuch(_ transaction: WriteTransaction, _ collection: CollectionEntry, _ kept: RecordId) throws {
        try transaction.insert(["_id": 2, "a": 2], into: collection)
        try transaction.update(kept, in: collection, to: ["_id": 1, "a": [5, 6, 7]])
        try transaction.savepoint { _ = try transaction.insert(["_id": 3, "a": 3], into: collection) }
        try transaction.delete(kept, from: collection)
        try transaction.renameCollection(collection, to: Namespace("shop", "renamed"))
        let other = try transaction.createCollection(Namespace("shop", "other"))
        try transaction.insert(["_id": 1], into: other)
        try transaction.createIndex(IndexDefinition(name: "b_1", keyPattern: ["b": 1]), on: collection)
        throw Stop()
    }

    @Test func randomSavepointsLeaveWhatAModelSays() throws {
        var random = SeededRandom.announced()
        try withStore { environment in
            try environment.write { transaction in
                let collection = try transaction.createCollection(orders)
                try transaction.createIndex(IndexDefinition(name: "t_1", keyPattern: ["t": 1]), on: collection)
                try transaction.createIndex(
                    IndexDefinition(name: "u_1", keyPattern: ["u": 1], options: ["unique": true]), on: collection)
            }
            var model: [Int: Document] = [:]
            for _ in 0..<40 {
                var attempt = model
                do {
                    try environment.write { try change($0, &attempt, &random, depth: 0) }
                    model = attempt
                } catch is Stop {}
                try environment.read { snapshot in
                    let found = try snapshot.documents(snapshot.entry(orders))
                    #expect(found.count == model.count)
                    for document in found { #expect(model[Int(document["_id"]!.integerValue!)] == document) }
                }
            }
            #expect(try environment.check().isSound)
        }
    }

    /// Some changes, some of them in savepoints that fail, in the store and in the model.
    private func change(
        _ transaction: WriteTransaction, _ model: inout [Int: Document], _ random: inout SeededRandom, depth: Int
    ) throws {
        let collection = try transaction.entry(orders)
        func recordId(_ id: Int) throws -> RecordId {
            try transaction.recordId(forId: .int64(Int64(id)), in: collection)!
        }
        for _ in 0..<random.below(12) {
            let id = random.below(60)
            let tags = BSONValue.array(BSONArray((0..<random.below(4)).map { _ in .integer(random.below(5)) }))
            let text = BSONValue.string(String(repeating: "x", count: random.below(3) * 900))
            let document: Document = [
                "_id": .integer(id), "t": tags, "u": .integer(id * 1000 + random.below(1000)), "text": text,
            ]
            switch random.below(7) {
            case 0 where depth < 3:
                var attempt = model
                do {
                    try transaction.savepoint { try change(transaction, &attempt, &random, depth: depth + 1) }
                    model = attempt
                } catch is Stop {}
            case 1 where model[id] != nil:
                try transaction.delete(recordId(id), from: collection)
                model[id] = nil
            case 2, 3:
                if model[id] != nil {
                    try transaction.update(recordId(id), in: collection, to: document)
                    model[id] = document
                } else {
                    try transaction.insert(document, into: collection)
                    model[id] = document
                }
            case 4 where model[id] != nil:
                #expect(throws: AtelierError.self) { try transaction.insert(document, into: collection) }
            default: break
            }
        }
        if random.below(3) == 0 { throw Stop() }
    }

    // MARK: Group commit

    @Test func writesOfManyThreadsAllArrive() throws {
        try withStore { environment in
            try environment.write { transaction in
                let collection = try transaction.createCollection(orders)
                try transaction.createIndex(
                    IndexDefinition(name: "n_1", keyPattern: ["n": 1], options: ["unique": true]), on: collection)
            }
            let first = environment.lastTransactionId
            let refused = Counter()
            try runThreads(16) { thread in
                for round in 0..<40 {
                    // Every fifth write fails, half of them after having changed something.
                    if round % 5 == 4 {
                        do {
                            try environment.write { transaction in
                                try transaction.insert(
                                    ["_id": "x\(thread)/\(round)", "n": "y\(thread)/\(round)"],
                                    into: transaction.entry(orders))
                                if round % 2 == 0 { throw Stop() }
                                try transaction.insert(
                                    ["_id": "z\(thread)/\(round)", "n": "\(thread)/0"], into: transaction.entry(orders))
                            }
                        } catch { refused.increment() }
                    } else {
                        try environment.write {
                            try $0.insert(
                                ["_id": "\(thread)/\(round)", "n": "\(thread)/\(round)"], into: $0.entry(orders))
                        }
                    }
                }
            }
            #expect(refused.value == 16 * 8)
            #expect(try environment.read { try $0.count($0.entry(orders)) } == 16 * 32)
            #expect(environment.lastTransactionId - first <= 16 * 40)
        }
    }

    @Test func waitingWritesShareACommit() throws {
        try withStore { environment in
            try environment.write { try $0.createCollection(orders) }
            let before = environment.lastTransactionId
            let waiting = Counter()
            try runThreads(9) { thread in
                if thread == 0 {
                    // Leads, and holds the others up until all of them wait.
                    try environment.write { transaction in
                        try transaction.insert(["_id": 0], into: transaction.entry(orders))
                        while waiting.value < 8 { usleep(1000) }
                        usleep(50_000)
                    }
                } else {
                    usleep(20_000)
                    waiting.increment()
                    try environment.write { try $0.insert(["_id": .integer(thread)], into: $0.entry(orders)) }
                }
            }
            #expect(try environment.read { try $0.count($0.entry(orders)) } == 9)
            // Nine writes; the first one took longer than a group may, so that one companion at most joined it.
            #expect(environment.lastTransactionId - before <= 3)
        }
    }

    @Test func exclusiveWritesRunAloneOnTheirOwnThread() throws {
        try withStore { environment in
            try environment.write { try $0.createCollection(orders) }
            try runThreads(8) { thread in
                for round in 0..<20 {
                    let own = UInt(bitPattern: pthread_self().hashValue)
                    try environment.write(exclusive: thread % 2 == 0) { transaction in
                        if thread % 2 == 0 { #expect(UInt(bitPattern: pthread_self().hashValue) == own) }
                        try transaction.insert(["_id": "\(thread)/\(round)"], into: transaction.entry(orders))
                    }
                }
            }
            #expect(try environment.read { try $0.count($0.entry(orders)) } == 160)
        }
    }

    @Test func aWriteWithinAWriteIsRefused() throws {
        try withStore { environment in
            let error = #expect(throws: AtelierError.self) {
                try environment.write { _ in try environment.write { _ = try $0.createCollection(orders) } }
            }
            #expect(error?.code == .illegalOperation)
            // Reading within one is fine, and sees what is committed.
            try environment.write { transaction in
                try transaction.createCollection(orders)
                #expect(try environment.read { $0.catalog[orders] == nil })
            }
        }
    }

    @Test func cursorsFollowTheChangesOfTheirTransaction() throws {
        try withStore { environment in
            try environment.write { transaction in
                let collection = try transaction.createCollection(orders)
                for number in 0..<500 { try transaction.insert(["_id": .integer(number)], into: collection) }
                let cursor = try transaction.records(in: collection)
                var seen = 0
                while try cursor.next() {
                    seen += 1
                    let id = cursor.recordId
                    if id % 2 == 0 { try transaction.delete(id, from: collection) }
                }
                #expect(seen == 500)
                #expect(try transaction.count(collection) == 250)
                // Left open: the end of the transaction releases it.
            }
        }
    }
}
