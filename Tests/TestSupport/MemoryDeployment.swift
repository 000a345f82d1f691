import BSON
import Deployment
import Synchronization

/// A deployment that keeps documents by `_id` in memory: enough of the commands to test what writes to a store.
///
/// Knows `hello`, `listCollections`, `create`, `collMod`, `createIndexes`, `listIndexes`, `insert`, `update` of one document
/// by `_id` (replacement, or `$set`, `$min` and `$setOnInsert` of plain values), `find` and counting by equal fields.
/// Anything else fails.
public final class MemoryDeployment: Deployment {
    private struct Collection {
        var options: Document = [:]
        var indexes: [Document] = [["v": 2, "key": ["_id": 1], "name": "_id_"]]
        var documents: [Document] = []
        var positions: [[UInt8]: Int] = [:]
    }
    private struct State {
        var collections: [String: Collection] = [:]
        var commands: [Document] = []
        var failure: (command: String, collection: String, error: AtelierError)?
        var hello: Document = ["ok": 1.0]
    }
    private let state = Mutex(State())

    public init() {}

    /// Everything in a collection, in the order it was inserted.
    public func documents(_ collection: String) -> [Document] {
        state.withLock { $0.collections[collection]?.documents ?? [] }
    }

    public var collectionNames: [String] { state.withLock { $0.collections.keys.sorted() } }
    public var commands: [Document] { state.withLock { $0.commands } }

    /// Commands of this name on this collection fail from now on; nil for the collection lets them pass again.
    public func fail(_ command: String, on collection: String?, with error: AtelierError) {
        state.withLock { $0.failure = collection.map { (command, $0, error) } }
    }

    public func answerHello(_ reply: Document) { state.withLock { $0.hello = reply } }

    public func close() {}

    public func run(_ command: Document, in database: String) throws -> Document {
        try state.withLock { state in
            state.commands.append(command)
            let (name, target) = (command.keys[0], command.elements[0].value.stringValue ?? "")
            if let failure = state.failure, failure.command == name, failure.collection == target {
                throw failure.error
            }
            switch name {
            case "hello": return state.hello
            case "listCollections":
                let wanted = command["filter"]?.documentValue?["name"]?.stringValue
                let names = state.collections.keys.sorted().filter { wanted == nil || $0 == wanted }
                return cursor(
                    names.map {
                        [
                            "name": .string($0), "type": "collection",
                            "options": .document(state.collections[$0]!.options),
                        ]
                    })
            case "create":
                guard state.collections[target] == nil else { throw AtelierError(.namespaceExists, "it exists") }
                state.collections[target] = Collection(options: command.removing("create"))
                return ["ok": 1.0]
            case "collMod":
                state.collections[target]!.options = state.collections[target]!.options.setting(
                    "validator", command["validator"]!)
                return ["ok": 1.0]
            case "createIndexes":
                var collection = state.collections[target] ?? Collection()
                for index in command["indexes"]!.arrayValue!.compactMap(\.documentValue)
                where !collection.indexes.contains(where: { $0["name"] == index["name"] }) {
                    collection.indexes.append(index)
                }
                state.collections[target] = collection
                return ["ok": 1.0]
            case "listIndexes":
                guard let collection = state.collections[target] else {
                    throw AtelierError(.namespaceNotFound, "it is not there")
                }
                return cursor(collection.indexes)
            case "insert":
                return insert(
                    command["documents"]!.arrayValue!.compactMap(\.documentValue),
                    &state.collections[target, default: Collection()])
            case "update":
                return try update(
                    command["updates"]!.arrayValue!.compactMap(\.documentValue),
                    &state.collections[target, default: Collection()])
            case "find":
                let filter = command["filter"]?.documentValue ?? [:]
                return cursor(state.collections[target]?.documents.filter { matches($0, filter) } ?? [])
            case "aggregate":
                let stages = command["pipeline"]!.arrayValue!.compactMap(\.documentValue)
                guard stages.count == 2, stages[1] == ["$count": "n"], let filter = stages[0]["$match"]?.documentValue
                else {
                    throw AtelierError(.commandNotSupported, "only counting")
                }
                let count = state.collections[target]?.documents.count { matches($0, filter) } ?? 0
                return cursor(count == 0 ? [] : [["n": .integer(count)]])
            default: throw AtelierError(.commandNotFound, "no such command: \(name)")
            }
        }
    }

    private func cursor(_ documents: [Document]) -> Document {
        [
            "cursor": ["firstBatch": .array(BSONArray(documents: documents)), "id": .int64(0), "ns": "test.c"],
            "ok": 1.0,
        ]
    }

    private func matches(_ document: Document, _ filter: Document) -> Bool {
        filter.elements.allSatisfy { document[$0.key] == $0.value }
    }

    private func key(_ document: Document) -> [UInt8] { Document([("", document["_id"] ?? .null)]).bytes }

    private func insert(_ documents: [Document], _ collection: inout Collection) -> Document {
        var errors: [BSONValue] = []
        for (index, document) in documents.enumerated() {
            if collection.positions[key(document)] != nil {
                errors.append([
                    "index": .integer(index), "code": 11000, "errmsg": "duplicate", "keyPattern": ["_id": 1],
                ])
                continue
            }
            collection.positions[key(document)] = collection.documents.count
            collection.documents.append(document)
        }
        let reply: Document = ["n": .integer(documents.count - errors.count), "ok": 1.0]
        return errors.isEmpty ? reply : reply.setting("writeErrors", .array(BSONArray(errors)))
    }

    private func update(_ statements: [Document], _ collection: inout Collection) throws -> Document {
        var (matched, modified) = (0, 0)
        var upserted: [BSONValue] = []
        for (index, statement) in statements.enumerated() {
            let filter = statement["q"]!.documentValue!
            let change = statement["u"]!.documentValue!
            guard filter.keys == ["_id"] else { throw AtelierError(.commandNotSupported, "only by _id") }
            let isReplacement = change.keys.first?.hasPrefix("$") != true
            if let position = collection.positions[key(filter)] {
                matched += 1
                let old = collection.documents[position]
                let new = isReplacement ? change : try applied(change, old)
                if new != old { modified += 1 }
                collection.documents[position] = new
            } else if statement["upsert"]?.boolValue == true {
                let new = isReplacement ? change : try applied(change, filter, inserting: true)
                collection.positions[key(filter)] = collection.documents.count
                collection.documents.append(new)
                upserted.append(["index": .integer(index), "_id": filter["_id"]!])
            }
        }
        let reply: Document = ["n": .integer(matched + upserted.count), "nModified": .integer(modified), "ok": 1.0]
        return upserted.isEmpty ? reply : reply.setting("upserted", .array(BSONArray(upserted)))
    }

    /// Sets the value under a path, whose objects are made where they are missing.
    private func setting(_ path: String, _ value: BSONValue, in document: Document) -> Document {
        let head = String(path.prefix { $0 != "." })
        if head == path { return document.setting(path, value) }
        let inner = document[head]?.documentValue ?? [:]
        return document.setting(head, .document(setting(String(path.dropFirst(head.count + 1)), value, in: inner)))
    }

    private func applied(_ change: Document, _ old: Document, inserting: Bool = false) throws -> Document {
        var new = old
        for (op, fields) in change.elements {
            for (field, value) in fields.documentValue?.elements ?? [] {
                switch op {
                case "$set": new = setting(field, value, in: new)
                case "$setOnInsert": if inserting { new = setting(field, value, in: new) }
                case "$min":
                    let isLess = value.withValue { a in (new[field] ?? .maxKey).withValue { a.compare($0) < 0 } }
                    if isLess { new = new.setting(field, value) }
                default: throw AtelierError(.commandNotSupported, "not \(op)")
                }
            }
        }
        return new
    }
}
