import BSON
import Platform
import Storage

/// An endless, reproducible sequence of changes to a collection, of which each thread of a child process does its own.
///
/// Every step is one transaction and records its number, so that whoever opens the store later knows how far it came
/// and can say what must be in it.
public struct Workload {
    public static let namespace = Namespace("crash", "documents")
    public static let progress = Namespace("crash", "progress")

    public enum Step {
        case insert(id: String, Document)
        case update(id: String, Document)
        case delete(id: String)
        /// Drops the index on `group` and builds it again.
        case rebuild
        /// Drops the thread's own scratch collection and makes it anew with so many documents.
        case scratch(count: Int)
    }

    public let thread: Int
    /// The documents of this thread that must be there after the steps taken so far.
    public private(set) var documents: [String: Document] = [:]
    public private(set) var scratchCount = 0
    /// How many steps have been taken.
    public private(set) var steps = 0
    private var random: SeededRandom
    private var ids: [String] = []

    public init(seed: UInt64, thread: Int) {
        self.thread = thread
        random = SeededRandom(seed: seed &+ UInt64(thread) &* 7919)
    }

    public var scratch: Namespace { Namespace("crash", "scratch\(thread)") }

    /// Takes the next step in the mind.
    public mutating func next() -> Step {
        steps += 1
        switch random.below(60) {
        case 0: return .rebuild
        case 1, 2:
            scratchCount = random.below(20)
            return .scratch(count: scratchCount)
        case 3..<12 where !ids.isEmpty:
            let position = random.below(ids.count)
            let id = ids[position]
            ids.swapAt(position, ids.count - 1)
            ids.removeLast()
            documents[id] = nil
            return .delete(id: id)
        case 12..<30 where !ids.isEmpty:
            let id = random.pick(ids)
            documents[id] = document(id)
            return .update(id: id, documents[id]!)
        default:
            let id = "\(thread)-\(steps)"
            ids.append(id)
            documents[id] = document(id)
            return .insert(id: id, documents[id]!)
        }
    }

    private mutating func document(_ id: String) -> Document {
        let length = random.pick([0, 10, 100, 600, 600, 5000])
        let tags = (0..<random.below(5)).map { _ in BSONValue.integer(random.below(8)) }
        return [
            "_id": .string(id), "step": .integer(steps), "group": .integer(random.below(10)),
            "tags": .array(BSONArray(tags)),
            "code": .string("\(id)/\(steps)"), "text": .string(String(repeating: "abcdefghi ", count: length / 10)),
        ]
    }

    // MARK: In the store

    public static func prepare(_ environment: StorageEnvironment) throws {
        try environment.write { transaction in
            if transaction.catalog[namespace] != nil { return }
            try transaction.createCollection(progress)
            let collection = try transaction.createCollection(namespace)
            try transaction.createIndex(
                IndexDefinition(name: "group_1", keyPattern: ["group": 1, "step": -1]), on: collection)
            try transaction.createIndex(IndexDefinition(name: "tags_1", keyPattern: ["tags": 1]), on: collection)
            try transaction.createIndex(
                IndexDefinition(name: "code_1", keyPattern: ["code": 1], options: ["unique": true]), on: collection)
            try transaction.createIndex(IndexDefinition(name: "text_1", keyPattern: ["text": 1]), on: collection)
        }
    }

    /// Takes the step that was last taken in the mind.
    public func apply(_ step: Step, _ transaction: WriteTransaction) throws {
        let collection = transaction.catalog[Workload.namespace]!
        func recordId(_ id: String) throws -> RecordId {
            try BSONValue.string(id).withValue { try transaction.recordId(forId: $0, in: collection) }!
        }
        switch step {
        case .insert(_, let document): try document.withView { _ = try transaction.insert($0, into: collection) }
        case .update(let id, let document):
            try document.withView { _ = try transaction.update(recordId(id), in: collection, to: $0) }
        case .delete(let id): try transaction.delete(recordId(id), from: collection)
        case .rebuild:
            let definition = collection.index(named: "group_1")!.definition
            try transaction.dropIndex(named: "group_1", of: collection)
            try transaction.createIndex(definition, on: collection)
        case .scratch(let count):
            if let old = transaction.catalog[scratch] { try transaction.dropCollection(old) }
            let new = try transaction.createCollection(scratch)
            for number in 0..<count {
                let document: Document = ["_id": .integer(number), "step": .integer(steps)]
                try document.withView { _ = try transaction.insert($0, into: new) }
            }
        }
        try note(transaction)
    }

    private func note(_ transaction: WriteTransaction) throws {
        let collection = transaction.catalog[Workload.progress]!
        let document: Document = ["_id": .integer(thread), "steps": .integer(steps)]
        try document.withView { view in
            if let id = try transaction.recordId(forId: .int32(Int32(thread)), in: collection) {
                try transaction.update(id, in: collection, to: view)
            } else {
                try transaction.insert(view, into: collection)
            }
        }
    }

    /// How many steps of a thread are in the store.
    public static func progress(of thread: Int, _ reader: StorageReader) throws -> Int {
        guard let collection = reader.catalog[progress],
            let document = try reader.record(withId: .int32(Int32(thread)), in: collection)
        else { return 0 }
        return Int(document.find("steps").exactInt64!)
    }
}
