import BSON
import QueryLanguage
import Storage

extension EngineCommand {
    /// Source: MongoDB manual, "listDatabases".
    static let listDatabases = EngineCommand(
        "listDatabases", fields: ["filter", "nameOnly", "authorizedDatabases"]
    ) { command, engine in
        let nameOnly = try command.flag("nameOnly") ?? false
        let filter = try command.documentField("filter")
        let snapshot = try engine.storage.snapshot()
        defer { snapshot.close() }
        var total: Int64 = 0
        var databases: [Document] = []
        for name in snapshot.catalog.databases {
            if nameOnly {
                databases.append(["name": .string(name)])
                continue
            }
            let size = try snapshot.catalog.collections(in: name).reduce(Int64(0)) { try $0 + snapshot.bytesOnDisk($1) }
            total += size
            databases.append(["name": .string(name), "sizeOnDisk": .int64(size), "empty": false])
        }
        let matching = try filtered(databases, by: filter)
        var reply: [(String, BSONValue)] = [("databases", .array(BSONArray(documents: matching)))]
        if !nameOnly { reply += [("totalSize", .int64(total)), ("totalSizeMb", .int64(total / 1_048_576))] }
        return Document(reply + [("ok", 1.0)])
    }

    /// Source: MongoDB manual, "listCollections".
    static let listCollections = EngineCommand(
        "listCollections", fields: ["filter", "nameOnly", "authorizedCollections", "cursor"]
    ) { command, engine in
        let nameOnly = try command.flag("nameOnly") ?? false
        let snapshot = try engine.storage.snapshot()
        defer { snapshot.close() }
        let all = snapshot.catalog.collections(in: command.database).map { entry -> Document in
            if nameOnly { return ["name": .string(entry.namespace.collection), "type": "collection"] }
            return [
                "name": .string(entry.namespace.collection), "type": "collection", "options": .document(entry.options),
                "info": ["readOnly": .bool(engine.storage.isReadOnly), "uuid": .binary(subtype: 4, data: entry.uuid)],
                "idIndex": .document(entry.idIndex.description),
            ]
        }
        let matching = try filtered(all, by: command.documentField("filter"))
        return cursorReply(namespace: "\(command.database).$cmd.listCollections", documents: matching)
    }

    /// Source: MongoDB manual, "create". Options that are not built are refused.
    static let create = EngineCommand(
        "create", fields: ["validator", "validationLevel", "validationAction", "idIndex", "collation"]
    ) { command, engine in
        try command.checkCollation()
        let namespace = Namespace(command.database, try command.collection)
        let options = try CollectionOptions.read(command)
        try engine.storage.write { transaction in
            if let existing = transaction.catalog[namespace] {
                // The same collection once more is no mistake.
                if existing.options == options { return }
                throw AtelierError(
                    .namespaceExists, "Collection \(namespace) already exists with different options",
                    advice: "Change its validator with collMod.")
            }
            try transaction.createCollection(namespace, options: options)
        }
        return ["ok": 1.0]
    }

    /// Source: MongoDB manual, "collMod": the validator and how it is applied.
    static let collMod = EngineCommand(
        "collMod", fields: ["validator", "validationLevel", "validationAction"]
    ) { command, engine in
        let namespace = Namespace(command.database, try command.collection)
        let changes = try CollectionOptions.read(command)
        try engine.storage.write { transaction in
            guard let collection = transaction.catalog[namespace] else {
                throw AtelierError(.namespaceNotFound, "ns does not exist: \(namespace)")
            }
            var options = collection.options
            for (key, value) in changes.elements { options = options.setting(key, value) }
            if options["validator"]?.documentValue?.isEmpty == true { options = options.removing("validator") }
            try transaction.setOptions(options, of: collection)
        }
        return ["ok": 1.0]
    }

    /// Source: MongoDB manual, "drop".
    static let drop = EngineCommand("drop") { command, engine in
        let namespace = Namespace(command.database, try command.collection)
        let indexes: Int? = try engine.storage.write { transaction in
            guard let collection = transaction.catalog[namespace] else { return nil }
            try transaction.dropCollection(collection)
            return collection.indexes.count
        }
        guard let indexes else { return ["ok": 1.0] }
        return ["nIndexesWas": .integer(indexes), "ns": .string(namespace.description), "ok": 1.0]
    }

    /// Source: MongoDB manual, "dropDatabase".
    static let dropDatabase = EngineCommand("dropDatabase") { command, engine in
        let dropped = try engine.storage.write { transaction in
            let collections = transaction.catalog.collections(in: command.database)
            for collection in collections { try transaction.dropCollection(collection) }
            return collections.count
        }
        return dropped == 0 ? ["ok": 1.0] : ["dropped": .string(command.database), "ok": 1.0]
    }
}

/// What `create` and `collMod` may say about a collection.
enum CollectionOptions {
    static func read(_ command: Command) throws -> Document {
        var options: [(String, BSONValue)] = []
        if let validator = try command.documentField("validator") {
            // A filter that cannot be compiled must not get in.
            _ = try Validator(validator)
            options.append(("validator", .document(validator)))
        }
        for (name, allowed) in [
            ("validationLevel", ["off", "strict", "moderate"]), ("validationAction", ["error", "warn"]),
        ] {
            guard let value = try command.string(name) else { continue }
            guard allowed.contains(value) else {
                throw AtelierError(
                    .badValue, "Enumeration value '\(value)' for field '\(command.name).\(name)' is not a valid value.")
            }
            guard value != "warn" else {
                throw AtelierError(
                    .commandNotSupported,
                    "validationAction 'warn' is not supported: the embedded store keeps no server log",
                    advice: "Use 'error', or validationLevel 'off'.")
            }
            options.append((name, .string(value)))
        }
        return Document(options)
    }
}

/// The documents that satisfy a command's `filter`.
func filtered(_ documents: [Document], by filter: Document?) throws -> [Document] {
    guard let filter, !filter.isEmpty else { return documents }
    let matcher = try DocumentMatcher(filter)
    return try documents.filter { try $0.withView { try matcher.matches($0) } }
}

extension StorageReader {
    /// Bytes of the pages that hold a collection and its indexes.
    func bytesOnDisk(_ collection: CollectionEntry) throws -> Int64 {
        try collection.indexes.reduce(Int64(storageSize(collection))) { try $0 + Int64(storageSize($1)) }
    }
}
