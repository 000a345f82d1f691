import BSON
import Deployment
import Synchronization

/// A deployment for tests of what carries commands: it keeps documents in memory, notes every command it is given, and
/// answers any of them as a test wants.
///
/// It knows `ping`, `insert`, `find` (everything, in the order it came), `getMore`, `killCursors` and `count`, and is as
/// strict about cursors as a server: they belong to one deployment and to the session that opened them.
public final class RecordingDeployment: Deployment {
    public typealias Answer = @Sendable (Document) throws -> Document

    private struct Cursor {
        var rest: ArraySlice<Document>
        var namespace: String
        var lsid: BSONValue?
    }

    private struct State {
        var commands: [(command: Document, database: String)] = []
        var answers: [String: Answer] = [:]
        var collections: [String: [Document]] = [:]
        /// The `_id`s of each collection, each as a document, whose bytes are hashed.
        var ids: [String: Set<Document>] = [:]
        var cursors: [Int64: Cursor] = [:]
        var lastCursor: Int64 = 0
        var isClosed = false
    }
    private let state = Mutex(State())

    public init() {}

    /// What commands of this name are answered with from now on; nil for the usual answer.
    public func answer(_ name: String, with answer: Answer?) { state.withLock { $0.answers[name] = answer } }

    /// Every command so far, as it came.
    public var commands: [(command: Document, database: String)] { state.withLock { $0.commands } }
    public func commands(named name: String) -> [Document] {
        commands.map(\.command).filter { $0.keys.first == name }
    }
    public var openCursors: Int { state.withLock { $0.cursors.count } }
    public var isClosed: Bool { state.withLock { $0.isClosed } }

    public func documents(_ namespace: String) -> [Document] { state.withLock { $0.collections[namespace] ?? [] } }

    public func close() { state.withLock { $0.isClosed = true } }

    public func run(_ command: Document, in database: String) throws -> Document {
        let name = command.keys.first ?? ""
        let answer = state.withLock { state in
            state.commands.append((command, database))
            return state.answers[name]
        }
        if let answer { return try answer(command) }
        switch name {
        case "ping", "endSessions": return ["ok": 1.0]
        case "insert": return insert(command, "\(database).\(command[name]?.stringValue ?? "")")
        case "find": return find(command, "\(database).\(command[name]?.stringValue ?? "")")
        case "getMore": return try getMore(command)
        case "killCursors": return killCursors(command)
        case "count":
            return ["n": .integer(documents("\(database).\(command[name]?.stringValue ?? "")").count), "ok": 1.0]
        default: throw AtelierError(.commandNotFound, "no such command: '\(name)'")
        }
    }

    private func insert(_ command: Document, _ namespace: String) -> Document {
        state.withLock { state in
            var inserted: Int32 = 0
            var errors: [BSONValue] = []
            for (index, value) in (command["documents"]?.arrayValue ?? []).enumerated() {
                guard let document = value.documentValue else { continue }
                if let id = document["_id"], !state.ids[namespace, default: []].insert(Document([("", id)])).inserted {
                    errors.append([
                        "index": .integer(index), "code": 11000, "errmsg": "E11000 duplicate key",
                        "keyPattern": ["_id": 1], "keyValue": ["_id": id],
                    ])
                    if command["ordered"]?.isTruthy != false { break }
                    continue
                }
                state.collections[namespace, default: []].append(document)
                inserted += 1
            }
            let errorFields: [(String, BSONValue)] = errors.isEmpty ? [] : [("writeErrors", .array(BSONArray(errors)))]
            return Document([("n", .int32(inserted))] + errorFields + [("ok", 1.0)])
        }
    }

    private func find(_ command: Document, _ namespace: String) -> Document {
        state.withLock { state in
            let all = state.collections[namespace] ?? []
            let size = Int(max(0, command["batchSize"]?.integerValue ?? 101))
            var id: Int64 = 0
            if all.count > size {
                state.lastCursor += 1
                id = state.lastCursor
                state.cursors[id] = Cursor(rest: all[size...], namespace: namespace, lsid: command["lsid"])
            }
            return RecordingDeployment.reply("firstBatch", all.prefix(size), id, namespace)
        }
    }

    private func getMore(_ command: Document) throws -> Document {
        try state.withLock { state in
            guard let id = command["getMore"]?.integerValue, var cursor = state.cursors[id] else {
                throw AtelierError(.cursorNotFound, "cursor id \(command["getMore"]?.integerValue ?? 0) not found")
            }
            guard cursor.lsid == command["lsid"] else {
                throw AtelierError(50738, "Cannot run getMore on a cursor that was created in another session")
            }
            let batch = cursor.rest.prefix(Int(max(0, command["batchSize"]?.integerValue ?? 101)))
            cursor.rest = cursor.rest.dropFirst(batch.count)
            state.cursors[id] = cursor.rest.isEmpty ? nil : cursor
            return RecordingDeployment.reply("nextBatch", batch, cursor.rest.isEmpty ? 0 : id, cursor.namespace)
        }
    }

    private func killCursors(_ command: Document) -> Document {
        state.withLock { state in
            let ids = command["cursors"]?.arrayValue ?? []
            let killed = ids.filter { state.cursors.removeValue(forKey: $0.integerValue ?? 0) != nil }
            let unknown = ids.filter { id in !killed.contains(id) }
            return [
                "cursorsKilled": .array(BSONArray(killed)), "cursorsNotFound": .array(BSONArray(unknown)),
                "cursorsAlive": [], "cursorsUnknown": [], "ok": 1.0,
            ]
        }
    }

    private static func reply(_ batch: String, _ documents: some Sequence<Document>, _ id: Int64, _ namespace: String)
        -> Document
    {
        [
            "cursor": .document(
                Document([
                    (batch, .array(BSONArray(documents: documents))), ("id", .int64(id)), ("ns", .string(namespace)),
                ])), "ok": 1.0,
        ]
    }
}
