import BSON
import Deployment
import DocumentStore
import Synchronization

/// A deployment in memory that knows just enough commands for tests of the protocol, and can be made to hang.
///
/// An insert into `hang` waits until its session is killed. `find` returns whole collections, `aggregate` with `[{$hang: 1}]` waits until its session is killed or `release()` is called.
final class FakeDeployment: Deployment {
    private struct State {
        var collections: [String: [Document]] = [:]
        var cursors: [Int64: [Document]] = [:]
        var lastCursor: Int64 = 0
        var hanging: [BSONValue] = []
        var killed: [BSONValue] = []
        var isReleased = false
        var log: [String] = []
        var sessions: Set<Document> = []
    }

    private let state = Monitored(State())

    /// The names of the commands that came, in order.
    var log: [String] { state.read { $0.log } }
    /// How many commands hang now.
    var hangingCount: Int { state.read { $0.hanging.count } }
    var openCursorCount: Int { state.read { $0.cursors.count } }
    /// How many different sessions the commands came from.
    var sessionCount: Int { state.read { $0.sessions.count } }

    /// Waits until so many commands hang.
    func waitUntilHanging(_ count: Int) { state.wait { $0.hanging.count >= count } }

    /// Lets everything that hangs, now and later, come to its end.
    func release() { state.write { $0.isReleased = true } }

    func close() {}

    func run(_ command: Document, in database: String) throws -> Document {
        let name = command.keys[0]
        let collection = command[name]?.stringValue ?? ""
        let session = command["lsid"] ?? .null
        state.write { state in
            state.log.append(name)
            if let session = session.documentValue { state.sessions.insert(session) }
        }
        switch name {
        case "ping", "endSessions": return ["ok": 1.0]
        case "insert" where collection == "hang":
            state.write { $0.hanging.append(session) }
            state.wait { $0.killed.contains(session) }
            return [
                "n": 1, "writeErrors": [["index": 1, "code": 11601, "errmsg": "operation was interrupted"]], "ok": 1.0,
            ]
        case "insert": return insert(command, collection)
        case "find": return open(state.read { $0.collections[collection] ?? [] }, command)
        case "aggregate": return try aggregate(command, session)
        case "getMore": return try more(command)
        case "killCursors":
            state.write { state in
                for id in command["cursors"]?.arrayValue ?? [] { state.cursors[id.integerValue ?? 0] = nil }
            }
            return ["ok": 1.0]
        case "killSessions":
            state.write { state in
                for session in command["killSessions"]?.arrayValue ?? [] where state.hanging.contains(session) {
                    state.killed.append(session)
                }
            }
            return ["ok": 1.0]
        default: throw AtelierError(.commandNotFound, "no such command: '\(name)'")
        }
    }

    private func insert(_ command: Document, _ collection: String) -> Document {
        let documents = (command["documents"]?.arrayValue ?? []).compactMap(\.documentValue)
        let ordered = command["ordered"]?.boolValue ?? true
        return state.write { state in
            var stored = state.collections[collection] ?? []
            var errors: [Document] = []
            var count = 0
            for (index, document) in documents.enumerated() {
                if let id = document["_id"], stored.contains(where: { $0["_id"] == id }) {
                    errors.append([
                        "index": .integer(index), "code": 11000, "errmsg": "E11000 duplicate key error",
                        "keyPattern": ["_id": 1], "keyValue": ["_id": id],
                    ])
                    if ordered { break }
                } else {
                    stored.append(document)
                    count += 1
                }
            }
            state.collections[collection] = stored
            var reply: Document = ["n": .integer(count), "ok": 1.0]
            if !errors.isEmpty { reply = reply.setting("writeErrors", .array(BSONArray(documents: errors))) }
            return reply
        }
    }

    private func aggregate(_ command: Document, _ session: BSONValue) throws -> Document {
        let pipeline = (command["pipeline"]?.arrayValue ?? []).compactMap(\.documentValue)
        if pipeline.first?.keys.first == "$hang" {
            state.write { $0.hanging.append(session) }
            defer { state.write { state in state.hanging.remove(at: state.hanging.firstIndex(of: session)!) } }
            let isKilled = state.wait { $0.isReleased || $0.killed.contains(session) }.killed.contains(session)
            if isKilled {
                state.write { state in state.killed.removeAll { $0 == session } }
                throw AtelierError(.interrupted, "operation was interrupted")
            }
            return open([], ["cursor": [:]])
        }
        if let documents = pipeline.first?["$documents"]?.arrayValue {
            return open(documents.compactMap(\.documentValue), command)
        }
        throw AtelierError(40324, "Unrecognized pipeline stage name: '\(pipeline.first?.keys.first ?? "")'")
    }

    private func open(_ documents: [Document], _ command: Document) -> Document {
        let limit = Int(command["limit"]?.integerValue ?? 0)
        let documents = limit > 0 ? Array(documents.prefix(limit)) : documents
        let size = Int((command["batchSize"] ?? command["cursor"]?.documentValue?["batchSize"])?.integerValue ?? 101)
        return state.write { state in
            var id: Int64 = 0
            if documents.count > size {
                state.lastCursor += 1
                id = state.lastCursor
                state.cursors[id] = Array(documents[size...])
            }
            let batch = BSONArray(documents: documents.prefix(size))
            return ["cursor": ["firstBatch": .array(batch), "id": .int64(id), "ns": "atelier.c"], "ok": 1.0]
        }
    }

    private func more(_ command: Document) throws -> Document {
        let id = command["getMore"]?.integerValue ?? 0
        let size = Int(command["batchSize"]?.integerValue ?? 101)
        return try state.tryWrite { state in
            guard let rest = state.cursors[id] else { throw AtelierError(.cursorNotFound, "cursor id \(id) not found") }
            state.cursors[id] = rest.count > size ? Array(rest[size...]) : nil
            let batch = BSONArray(documents: rest.prefix(size))
            return [
                "cursor": ["nextBatch": .array(batch), "id": .int64(rest.count > size ? id : 0), "ns": "atelier.c"],
                "ok": 1.0,
            ]
        }
    }
}
