import BSON
import Glibc
import Storage
import StorageWorkload
import Testing

@Suite struct CatalogTests {
    @Test func collectionsAreListedRenamedAndDropped() throws {
        let store = TemporaryStore()
        let environment = try store.open()
        let made = try environment.write { transaction in
            try transaction.createCollection(Namespace("b", "two"))
            try transaction.createCollection(Namespace("a", "x"))
            return try transaction.createCollection(
                Namespace("b", "one"), options: ["capped": false, "validator": ["a": 1]])
        }
        let exists = #expect(throws: AtelierError.self) {
            try environment.write { try $0.createCollection(Namespace("b", "one")) }
        }
        #expect(exists?.code == .namespaceExists)
        environment.close()

        let again = try store.open()
        defer { again.close() }
        try again.read { snapshot in
            #expect(snapshot.catalog.databases == ["a", "b"])
            #expect(snapshot.catalog.collections(in: "b").map(\.namespace.collection) == ["one", "two"])
            let found = try snapshot.entry(Namespace("b", "one"))
            #expect(found.options == ["capped": false, "validator": ["a": 1]])
            #expect(found.uuid == made.uuid && found.uuid.count == 16 && found.number == made.number)
        }
        try again.write { transaction in
            let collection = try transaction.entry(Namespace("b", "one"))
            try transaction.insert(["_id": 1], into: collection)
            try transaction.setOptions(["capped": true], of: collection)
            #expect(throws: AtelierError.self) {
                try transaction.renameCollection(collection, to: Namespace("b", "two"))
            }
            try transaction.renameCollection(collection, to: Namespace("b", "two"), dropTarget: true)
            let renamed = try transaction.entry(Namespace("b", "two"))
            #expect(renamed.number == made.number && renamed.options == ["capped": true])
            #expect(transaction.catalog[Namespace("b", "one")] == nil)
            try transaction.insert(["_id": 2], into: collection)
            try transaction.dropCollection(transaction.entry(Namespace("a", "x")))
        }
        try again.read { snapshot in
            #expect(snapshot.catalog.databases == ["b"])
            let entry = try snapshot.entry(Namespace("b", "two"))
            #expect(try snapshot.count(entry) == 2)
        }
        let gone = #expect(throws: AtelierError.self) {
            try again.write { transaction in
                let collection = try transaction.entry(Namespace("b", "two"))
                try transaction.dropCollection(collection)
                try transaction.insert(["_id": 3], into: collection)
            }
        }
        #expect(gone?.code == .namespaceNotFound)
        #expect(try again.check().isSound)
    }

    @Test func indexesAreMadeChangedAndDropped() throws {
        let store = TemporaryStore()
        let environment = try store.open()
        defer { environment.close() }
        try environment.write { transaction in
            let collection = try transaction.createCollection(orders)
            for number in 0..<10 {
                try transaction.insert(["_id": .integer(number), "n": .integer(number / 2)], into: collection)
            }
            let index = try transaction.createIndex(
                IndexDefinition(name: "n_1", keyPattern: ["n": 1], options: ["expireAfterSeconds": 10]), on: collection)
            #expect(try transaction.count(index) == 10)
            let twice = #expect(throws: AtelierError.self) {
                try transaction.createIndex(IndexDefinition(name: "n_1", keyPattern: ["m": 1]), on: collection)
            }
            #expect(twice?.code == .indexOptionsConflict)
            let duplicate = #expect(throws: AtelierError.self) {
                try transaction.createIndex(
                    IndexDefinition(name: "u", keyPattern: ["n": 1], options: ["unique": true]), on: collection)
            }
            #expect(duplicate?.code == .duplicateKey && duplicate?.details?["keyValue"] != nil)
            #expect(throws: AtelierError.self) {
                try transaction.createIndex(IndexDefinition(name: "h", keyPattern: ["n": "hashed"]), on: collection)
            }
            let partial = IndexDefinition(
                name: "p", keyPattern: ["n": 1], options: ["partialFilterExpression": ["n": 1]])
            #expect(throws: AtelierError.self) { try transaction.createIndex(partial, on: collection) }
            try transaction.setOptions(["hidden": true], ofIndexNamed: "n_1", of: collection)
            #expect(throws: AtelierError.self) {
                try transaction.setOptions(["unique": true], ofIndexNamed: "n_1", of: collection)
            }
            #expect(throws: AtelierError.self) { try transaction.dropIndex(named: "_id_", of: collection) }
            let none = #expect(throws: AtelierError.self) { try transaction.dropIndex(named: "none", of: collection) }
            #expect(none?.code == .indexNotFound)
        }
        try environment.read { snapshot in
            let entry = try snapshot.entry(orders)
            #expect(entry.indexes.map(\.name) == ["_id_", "n_1"])
            #expect(entry.indexes[1].definition.options == ["hidden": true])
        }
        try environment.write { try $0.dropIndex(named: "n_1", of: $0.entry(orders)) }
        #expect(try environment.read { try $0.entry(orders).indexes.count } == 1)
        #expect(try environment.check().isSound)
    }

    @Test func aSnapshotKeepsWhatIsDroppedMeanwhile() throws {
        let store = TemporaryStore()
        let environment = try store.open()
        defer { environment.close() }
        try environment.write { transaction in
            let collection = try transaction.createCollection(orders)
            try transaction.createIndex(IndexDefinition(name: "n_1", keyPattern: ["n": -1]), on: collection)
            for number in 0..<300 {
                try transaction.insert(
                    ["_id": .integer(number), "n": .integer(number)], into: transaction.entry(orders))
            }
        }
        let old = try environment.snapshot()
        let entry = try old.entry(orders)
        let cursor = try old.records(in: entry)
        for _ in 0..<100 { #expect(try cursor.next()) }
        // The databases of the dropped collection go to others, which fill them.
        for round in 0..<5 {
            try environment.write { transaction in
                try transaction.dropCollection(transaction.entry(orders))
            }
            try environment.write { transaction in
                let collection = try transaction.createCollection(orders)
                for number in 0..<200 { try transaction.insert(["_id": "new \(round)/\(number)"], into: collection) }
            }
        }
        var rest = 0
        while try cursor.next() {
            #expect(cursor.document.find("n").asInt32 == Int32(100 + rest))
            rest += 1
        }
        #expect(rest == 200)
        #expect(try old.recordIds(entry.index(named: "n_1")!).count == 300)
        #expect(try old.recordId(forId: .int32(7), in: entry) == 8)
        #expect(try environment.read { try $0.count($0.entry(orders)) } == 200)
        old.close()
        #expect(try environment.check().isSound)
    }

    @Test func readersInOtherThreadsSeeStableSnapshots() throws {
        let store = TemporaryStore()
        let environment = try store.open()
        defer { environment.close() }
        // A collection always has as many documents as its option says, and a writer replaces it all the time.
        @Sendable func replace(_ round: Int) throws {
            try environment.write { transaction in
                if let old = transaction.catalog[orders] { try transaction.dropCollection(old) }
                let count = round % 50
                let collection = try transaction.createCollection(orders, options: ["count": .integer(count)])
                if round % 3 == 0 {
                    try transaction.createIndex(IndexDefinition(name: "n_1", keyPattern: ["n": 1]), on: collection)
                }
                let entry = try transaction.entry(orders)
                for number in 0..<count {
                    try transaction.insert(["_id": .integer(number), "n": .integer(round)], into: entry)
                }
            }
        }
        try replace(0)
        let isDone = Counter()
        try runThreads(4) { thread in
            if thread == 0 {
                for round in 1...400 { try replace(round) }
                isDone.increment()
                return
            }
            while isDone.value == 0 {
                try environment.read { snapshot in
                    let entry = try snapshot.entry(orders)
                    let count = Int(entry.options["count"]!.integerValue!)
                    #expect(try snapshot.count(entry) == count)
                    #expect(try snapshot.documents(entry).count == count)
                    for index in entry.indexes { #expect(try snapshot.recordIds(index).count == count) }
                }
            }
        }
        #expect(try environment.check().isSound)
    }

    @Test func collectionsMayComeAndGoForEver() throws {
        let store = TemporaryStore()
        let environment = try store.open()
        defer { environment.close() }
        // Many more than LMDB has handles, were each to take new ones.
        for round in 0..<300 {
            try environment.write { transaction in
                for number in 0..<20 { try transaction.createCollection(Namespace("d", "c\(round)-\(number)")) }
                for old in transaction.catalog.collections where old.namespace.collection.hasPrefix("c\(round - 1)-") {
                    try transaction.dropCollection(old)
                }
            }
        }
        #expect(try environment.read { $0.catalog.collections.count } == 20)
        let numbers = try environment.read { $0.catalog.collections.map(\.number.rawValue) }
        #expect(numbers.allSatisfy { $0 > 300 * 20 })
        #expect(try environment.statistics().fileSize < 8 << 20)
    }

    @Test func entriesOfOtherCatalogsAreRefusedOnceTheirCollectionIsGone() throws {
        let store = TemporaryStore()
        let environment = try store.open()
        defer { environment.close() }
        let old = try environment.write { transaction in
            let collection = try transaction.createCollection(orders)
            try transaction.insert(["_id": 1], into: collection)
            return collection
        }
        let before = try environment.snapshot()
        defer { before.close() }
        // The new collection gets the old one's databases.
        try environment.write { try $0.dropCollection(old) }
        let new = try environment.write { try $0.createCollection(orders) }
        try environment.write { try $0.insert(["_id": 2], into: new) }
        try environment.read { snapshot in
            #expect(throws: AtelierError.self) { try snapshot.documents(old) }
            #expect(throws: AtelierError.self) { try snapshot.record(1, in: old) }
            #expect(throws: AtelierError.self) { try snapshot.count(old.idIndex) }
            let found = try snapshot.documents(new)
            #expect(found == [["_id": 2]])
        }
        let error = #expect(throws: AtelierError.self) { try before.count(new) }
        #expect(error?.code == .namespaceNotFound)
        #expect(try before.documents(old) == [["_id": 1]])
    }

    @Test func siblingsSeeTheSameState() throws {
        let store = TemporaryStore()
        let environment = try store.open()
        defer { environment.close() }
        try environment.write { try $0.insert(["_id": 1], into: $0.createCollection(orders)) }
        let snapshot = try environment.snapshot()
        let sibling = try snapshot.sibling()
        #expect(sibling?.transactionId == snapshot.transactionId)
        sibling?.close()
        try environment.write { try $0.insert(["_id": 2], into: $0.entry(orders)) }
        #expect(try snapshot.sibling() == nil)
        snapshot.close()
    }
}
