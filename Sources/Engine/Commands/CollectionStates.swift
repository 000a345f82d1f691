import BSON
import Storage

extension EngineCommand {
    /// Atelier's own: which states collections are in, all as of one moment, so that a reader can tell what has changed
    /// since (`CollectionState`).
    ///
    /// `{collectionStates: ["orders", …]}` → `{states: {orders: {uuid, opening, last, lastReplacement, count}, …}}`; a
    /// collection that there is not has none.
    static let collectionStates = EngineCommand("collectionStates") { command, engine in
        let names = try (command.array(command.name) ?? []).map { value -> String in
            guard let name = value.stringValue else {
                throw AtelierError(.typeMismatch, "collectionStates takes an array of names of collections")
            }
            try Command.check(collection: name, in: command.database)
            return name
        }
        let snapshot = try engine.storage.snapshot()
        defer { snapshot.close() }
        var states: [(String, BSONValue)] = []
        for name in names {
            guard let collection = snapshot.catalog[Namespace(command.database, name)] else { continue }
            let state = try snapshot.state(collection)
            states.append(
                (
                    name,
                    .document([
                        "uuid": .binary(subtype: 4, data: state.uuid),
                        "opening": .int64(Int64(bitPattern: state.opening)),
                        "last": .int64(Int64(bitPattern: state.last)),
                        "lastReplacement": .int64(Int64(bitPattern: state.lastReplacement)),
                        "count": .integer(state.count),
                    ])
                ))
        }
        return ["states": .document(Document(states)), "ok": 1.0]
    }
}
