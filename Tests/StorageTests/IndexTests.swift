import BSON
import Platform
import StorageWorkload
import Testing

@testable import Storage

@Suite struct IndexTests {
    /// A store with one collection and these indexes, and a way to see whether all is sound.
    private func withCollection(
        _ indexes: [IndexDefinition], _ body: (StorageEnvironment, CollectionEntry) throws -> Void
    ) throws {
        let store = TemporaryStore()
        let environment = try store.open()
        defer { environment.close() }
        let collection = try environment.write { transaction in
            let collection = try transaction.createCollection(orders)
            for index in indexes { try transaction.createIndex(index, on: collection) }
            return try transaction.entry(orders)
        }
        try body(environment, collection)
        let report = try environment.check()
        #expect(report.isSound, "\(report.problems)")
    }

    // MARK: Unique

    @Test func aDuplicateIsRefusedInMongoDBsWords() throws {
        try withCollection([IndexDefinition(name: "name_1", keyPattern: ["name": 1], options: ["unique": true])]) {
            environment, collection in
            try environment.write { try $0.insert(["_id": 1, "name": "x"], into: collection) }
            let error = #expect(throws: AtelierError.self) {
                try environment.write { try $0.insert(["_id": 2, "name": "x"], into: collection) }
            }
            #expect(error?.code == .duplicateKey)
            #expect(
                error?.message
                    == "E11000 duplicate key error collection: shop.orders index: name_1 dup key: { name: \"x\" }")
            #expect(error?.details == ["keyPattern": ["name": 1], "keyValue": ["name": "x"]])
            let second = #expect(throws: AtelierError.self) {
                try environment.write { try $0.insert(["_id": 1.0, "name": "y"], into: collection) }
            }
            #expect(
                second?.message
                    == "E11000 duplicate key error collection: shop.orders index: _id_ dup key: { _id: 1.0 }")
            #expect(try environment.read { try $0.count(collection) } == 1)
        }
    }

    @Test func aRefusedDocumentLeavesNoKeysBehind() throws {
        let indexes = [
            IndexDefinition(name: "tags_1", keyPattern: ["tags": 1]),
            IndexDefinition(name: "codes_1", keyPattern: ["codes": 1], options: ["unique": true]),
        ]
        try withCollection(indexes) { environment, collection in
            try environment.write { transaction in
                try transaction.insert(["_id": 1, "codes": [3, 5], "tags": ["a"]], into: collection)
                let other = try transaction.insert(["_id": 2, "codes": [7], "tags": ["b", "c"]], into: collection)
                // The third code is taken: the two before it, and the keys of the other indexes, must go again.
                let error = #expect(throws: AtelierError.self) {
                    try transaction.insert(["_id": 3, "codes": [1, 2, 5], "tags": ["a", "z"]], into: collection)
                }
                #expect(error?.details?["keyValue"]?.documentValue == ["codes": 5])
                #expect(throws: AtelierError.self) {
                    try transaction.update(other, in: collection, to: ["_id": 2, "codes": [2, 3, 7], "tags": ["z"]])
                }
                #expect(throws: AtelierError.self) {
                    try transaction.insert(["_id": 3, "codes": [9, 7], "tags": [1]], into: collection)
                }
                #expect(try transaction.count(collection) == 2)
                try transaction.insert(["_id": 3, "codes": [1, 2], "tags": []], into: collection)
            }
        }
    }

    @Test func missingCountsAsNullUnlessSparse() throws {
        let indexes = [
            IndexDefinition(name: "a_1", keyPattern: ["a": 1], options: ["unique": true]),
            IndexDefinition(name: "b_1", keyPattern: ["b": 1], options: ["unique": true, "sparse": true]),
        ]
        try withCollection(indexes) { environment, collection in
            try environment.write { transaction in
                try transaction.insert(["_id": 1], into: collection)
                let error = #expect(throws: AtelierError.self) { try transaction.insert(["_id": 2], into: collection) }
                #expect(error?.message.hasSuffix("index: a_1 dup key: { a: null }") == true)
                try transaction.insert(["_id": 3, "a": 1], into: collection)
                #expect(try transaction.count(collection.index(named: "b_1")!) == 0)
            }
        }
    }

    @Test func longUniqueKeysAreComparedWhole() throws {
        let definition = IndexDefinition(name: "text_1", keyPattern: ["text": 1], options: ["unique": true])
        let start = String(repeating: "long ", count: 200)
        try withCollection([definition]) { environment, collection in
            try environment.write { transaction in
                let first = try transaction.insert(["_id": 1, "text": .string(start + "a")], into: collection)
                try transaction.insert(["_id": 2, "text": .string(start + "b")], into: collection)
                let error = #expect(throws: AtelierError.self) {
                    try transaction.insert(["_id": 3, "text": .string(start + "a")], into: collection)
                }
                #expect(error?.code == .duplicateKey)
                #expect(error?.details?["keyValue"]?.documentValue == ["text": .string(start + "a")])
                // The document itself is no duplicate of itself, and leaves its key when it changes.
                try transaction.update(first, in: collection, to: ["_id": 1, "text": .string(start + "a"), "more": 1])
                try transaction.update(first, in: collection, to: ["_id": 1, "text": .string(start + "c")])
                try transaction.insert(["_id": 3, "text": .string(start + "a")], into: collection)
                #expect(try transaction.entry(orders).index(named: "text_1")!.hasTruncatedKeys)
                // An index made over them finds the same.
                try transaction.dropIndex(named: "text_1", of: collection)
                try transaction.createIndex(definition, on: collection)
                try transaction.insert(["_id": 4, "text": .string(start + "d")], into: collection)
                try transaction.dropIndex(named: "text_1", of: collection)
                try transaction.insert(["_id": 5, "text": .string(start + "d")], into: collection)
                #expect(throws: AtelierError.self) { try transaction.createIndex(definition, on: collection) }
            }
        }
    }

    @Test func longIdsAreFound() throws {
        try withCollection([]) { environment, collection in
            let start = String(repeating: "id", count: 400)
            try environment.write { transaction in
                for number in 0..<20 {
                    try transaction.insert(
                        ["_id": .string("\(start)\(number)"), "n": .integer(number)], into: collection)
                }
                #expect(throws: AtelierError.self) {
                    try transaction.insert(["_id": .string("\(start)7")], into: collection)
                }
            }
            try environment.read { snapshot in
                for number in 0..<20 {
                    let found = try BSONValue.string("\(start)\(number)").withValue {
                        try snapshot.record(withId: $0, in: collection)
                    }
                    #expect(found?.find("n").asInt32 == Int32(number))
                }
                #expect(
                    try BSONValue.string(start).withValue { try snapshot.recordId(forId: $0, in: collection) } == nil)
            }
        }
    }

    // MARK: Order

    @Test func indexesScanInTheOrderOfTheirFields() throws {
        var random = SeededRandom.announced()
        let definition = IndexDefinition(name: "x", keyPattern: ["a": 1, "b": -1])
        try withCollection([definition]) { environment, collection in
            var rows: [(id: RecordId, a: BSONValue, b: BSONValue)] = []
            try environment.write { transaction in
                for number in 0..<2000 {
                    // Arrays would make several keys of a document.
                    let values = (0..<2).map { _ in
                        var value = random.value(depth: 1)
                        while value.arrayValue != nil { value = random.value(depth: 1) }
                        return value
                    }
                    let id = try transaction.insert(
                        ["_id": .integer(number), "a": values[0], "b": values[1]], into: collection)
                    rows.append((id, values[0], values[1]))
                }
            }
            func compare(_ a: BSONValue, _ b: BSONValue) -> Int { a.withValue { x in b.withValue { x.compare($0) } } }
            rows.sort {
                let first = compare($0.a, $1.a)
                if first != 0 { return first < 0 }
                let second = compare($1.b, $0.b)
                return second != 0 ? second < 0 : $0.id < $1.id
            }
            try environment.read { snapshot in
                let index = try snapshot.entry(orders).index(named: "x")!
                #expect(try snapshot.recordIds(index) == rows.map(\.id))
                // Backwards, and from a bound in the middle.
                let cursor = try snapshot.keys(of: index)
                var backward: [RecordId] = []
                while try cursor.previous() { backward.append(cursor.recordId) }
                #expect(backward == rows.reversed().map(\.id))
                let bound = IndexKeyBuffer()
                for _ in 0..<200 {
                    let row = random.pick(rows)
                    bound.reset()
                    row.a.withValue { bound.append($0) }
                    let first = rows.firstIndex { compare($0.a, row.a) >= 0 }!
                    #expect(try cursor.seek(to: bound.bytes) && cursor.recordId == rows[first].id)
                    #expect(try cursor.seek(before: bound.bytes) == (first > 0))
                    if first > 0 { #expect(cursor.recordId == rows[first - 1].id) }
                }
            }
        }
    }

    @Test func buildingAnIndexGivesWhatMaintainingItGives() throws {
        var random = SeededRandom.announced()
        let definitions = [
            IndexDefinition(name: "v_1", keyPattern: ["v": 1]),
            IndexDefinition(name: "v_-1_w_1", keyPattern: ["v": -1, "w.a": 1]),
            IndexDefinition(name: "s", keyPattern: ["w.a": 1], options: ["sparse": true]),
        ]
        try withCollection(definitions) { environment, collection in
            try environment.write { transaction in
                var ids: [RecordId] = []
                for number in 0..<1500 {
                    let document: Document = [
                        "_id": .integer(number), "v": random.value(), "w": .document(random.document(depth: 1)),
                    ]
                    do {
                        ids.append(try transaction.insert(document, into: collection))
                    } catch let error as AtelierError where error.code == 171 {
                        continue
                    }
                    if random.below(4) == 0 {
                        try transaction.delete(ids.remove(at: random.below(ids.count)), from: collection)
                    }
                    if random.below(3) == 0, !ids.isEmpty {
                        let id = random.pick(ids)
                        let old = Document(copying: try transaction.record(id, in: collection)!)
                        _ = try? transaction.update(id, in: collection, to: old.setting("v", random.value()))
                    }
                }
                for definition in definitions {
                    let entry = try transaction.entry(orders)
                    let maintained = entry.index(named: definition.name)!
                    let built = try transaction.createIndex(
                        IndexDefinition(name: "again", keyPattern: definition.keyPattern, options: definition.options),
                        on: entry)
                    #expect(try transaction.recordIds(built) == transaction.recordIds(maintained))
                    for (a, b) in zip(built.multikeyPaths, maintained.multikeyPaths) { #expect(a & ~b == 0) }
                    try transaction.dropIndex(named: "again", of: entry)
                }
            }
        }
    }

    /// A large index is built in rounds, each sorted in itself.
    @Test func anIndexBuiltInRoundsIsTheSame() throws {
        try withCollection([]) { environment, collection in
            try environment.write { transaction in
                let long = String(repeating: "z", count: 600)
                for number in 0..<3000 {
                    let text = number % 100 == 7 ? long + "\(number)" : "\(number * 7919 % 3000)"
                    try transaction.insert(
                        ["_id": .integer(number), "n": .integer(number * 7919 % 50), "t": .string(text)],
                        into: collection)
                }
                transaction.indexBuildRoundSize = 4096
                let index = try transaction.createIndex(
                    IndexDefinition(name: "n_1", keyPattern: ["n": 1]), on: collection)
                let unique = IndexDefinition(name: "t_1", keyPattern: ["t": 1], options: ["unique": true])
                try transaction.createIndex(unique, on: collection)
                #expect(try transaction.count(index) == 3000)
                try transaction.dropIndex(named: "t_1", of: collection)
                // Duplicates that meet only across rounds, whole keys and cut ones.
                for text in ["12", long + "107"] {
                    let twin = try transaction.insert(["_id": .string(text), "t": .string(text)], into: collection)
                    let error = #expect(throws: AtelierError.self) {
                        try transaction.createIndex(unique, on: collection)
                    }
                    #expect(error?.details?["keyValue"]?.documentValue == ["t": .string(text)])
                    try transaction.delete(twin, from: collection)
                }
            }
        }
    }

    @Test func becomingMultikeyIsRemembered() throws {
        try withCollection([IndexDefinition(name: "a.b_1", keyPattern: ["a.b": 1])]) { environment, collection in
            try environment.write { try $0.insert(["_id": 1, "a": ["b": 1]], into: collection) }
            #expect(try environment.read { try !$0.entry(orders).index(named: "a.b_1")!.isMultikey })
            try environment.write { try $0.insert(["_id": 2, "a": ["b": [1, 2]]], into: collection) }
            #expect(try environment.read { try $0.entry(orders).index(named: "a.b_1")!.multikeyPaths } == [2])
            // Also where the write that made it so is undone: then it is not.
            try? environment.write { transaction in
                try transaction.insert(["_id": 3, "a": [["b": 1]]], into: collection)
                throw AtelierError(.interrupted, "stop")
            }
            #expect(try environment.read { try $0.entry(orders).index(named: "a.b_1")!.multikeyPaths } == [2])
        }
    }

    @Test func truncatedKeysAreSeenWithinBounds() throws {
        let start = String(repeating: "y", count: 700)
        try withCollection([IndexDefinition(name: "t_1", keyPattern: ["t": 1])]) { environment, collection in
            try environment.write { transaction in
                for (number, text) in ["x", start + "a", start + "b", "z"].enumerated() {
                    try transaction.insert(["_id": .integer(number), "t": .string(text)], into: collection)
                }
            }
            try environment.read { snapshot in
                let cursor = try snapshot.keys(of: try snapshot.entry(orders).index(named: "t_1")!)
                let bound = IndexKeyBuffer(limit: .max)
                bound.reset()
                BSONValue.string(start + "b").withValue { bound.append($0) }
                // Both long ones may be at or behind the bound: a seek stops before them, an upper bound lets them pass.
                #expect(try cursor.seek(to: bound.bytes) && cursor.recordId == 2 && cursor.isTruncated)
                #expect(cursor.isBefore(bound.bytes))
                #expect(try cursor.seek(before: bound.bytes) && cursor.recordId == 3)
                #expect(
                    try cursor.next() && cursor.recordId == 4 && !cursor.isBefore(bound.bytes) && !cursor.isTruncated)
                #expect(try !cursor.next() && !cursor.next())
            }
        }
    }

    // MARK: Other sources

    /// Indexes the length of a string: stands for the index types that storage does not know.
    private struct LengthSource: IndexKeySource {
        var fieldCount: Int { 1 }
        func addKeys(of document: DocumentView, to keys: IndexKeySet) throws {
            let value = document.find("name")
            if value.type == .string { keys.addKey { $0.append(.int32(Int32(value.length))) } }
        }
    }

    @Test func keySourcesFromOutsideAreUsed() throws {
        let store = TemporaryStore()
        let definition = IndexDefinition(name: "length", keyPattern: ["name": "length"])
        do {
            let options = StorageOptions(durability: .relaxed) {
                $0.keyPattern["name"] == "length" ? LengthSource() : nil
            }
            let environment = try store.open(options)
            defer { environment.close() }
            try environment.write { transaction in
                let collection = try transaction.createCollection(orders)
                try transaction.insert(["_id": 1, "name": "four"], into: collection)
                try transaction.createIndex(definition, on: collection)
                try transaction.insert(["_id": 2, "name": "one"], into: collection)
                #expect(try transaction.recordIds(transaction.entry(orders).index(named: "length")!) == [2, 1])
            }
            #expect(try environment.check().isSound)
        }
        // Without the source the store can be read, and refuses what would leave the index behind.
        let environment = try store.open()
        defer { environment.close() }
        #expect(try environment.read { try $0.documents($0.entry(orders)).count } == 2)
        #expect(throws: AtelierError.self) {
            try environment.write { try $0.insert(["_id": 3, "name": "x"], into: $0.entry(orders)) }
        }
        try environment.write { try $0.dropCollection($0.entry(orders)) }
    }
}
