import BSON
import QueryLanguage
import Storage

extension EngineCommand {
    /// Source: MongoDB manual, "createIndexes": single-field, compound and multikey indexes, ascending or descending,
    /// unique, sparse. Other kinds are refused.
    static let createIndexes = EngineCommand(
        "createIndexes", fields: ["indexes", "commitQuorum"]
    ) { command, engine in
        let namespace = Namespace(command.database, try command.collection)
        guard let specifications = try command.documents("indexes") else {
            throw AtelierError(40414, "BSON field 'createIndexes.indexes' is missing but a required field")
        }
        if specifications.isEmpty { throw AtelierError(.badValue, "Must specify at least one index to create") }
        let definitions = try specifications.map { try IndexSpecification.read($0) }
        return try engine.storage.write(exclusive: true) { transaction in
            let created = transaction.catalog[namespace] == nil
            if created { try transaction.createCollection(namespace, options: Document()) }
            let before = transaction.catalog[namespace]!.indexes.count
            for definition in definitions {
                let collection = transaction.catalog[namespace]!
                if try IndexSpecification.exists(definition, in: collection) { continue }
                try transaction.createIndex(definition, on: collection)
            }
            let after = transaction.catalog[namespace]!.indexes.count
            var reply: [(String, BSONValue)] = [
                ("numIndexesBefore", .integer(before)), ("numIndexesAfter", .integer(after)),
                ("createdCollectionAutomatically", .bool(created)),
            ]
            if before == after { reply.append(("note", "all indexes already exist")) }
            return Document(reply + [("ok", 1.0)])
        }
    }

    /// Source: MongoDB manual, "listIndexes".
    static let listIndexes = EngineCommand("listIndexes", fields: ["cursor"]) { command, engine in
        let namespace = Namespace(command.database, try command.collection)
        let snapshot = try engine.storage.snapshot()
        defer { snapshot.close() }
        guard let collection = snapshot.catalog[namespace] else {
            throw AtelierError(.namespaceNotFound, "ns does not exist: \(namespace)")
        }
        return cursorReply(namespace: namespace.description, documents: collection.indexes.map(\.description))
    }

    /// Source: MongoDB manual, "dropIndexes": by name, by key pattern, several, or `*` for all but `_id_`.
    static let dropIndexes = EngineCommand("dropIndexes", "deleteIndexes", fields: ["index"]) { command, engine in
        let namespace = Namespace(command.database, try command.collection)
        guard let wanted = command["index"] else {
            throw AtelierError(40414, "BSON field 'dropIndexes.index' is missing but a required field")
        }
        return try engine.storage.write { transaction in
            guard let collection = transaction.catalog[namespace] else {
                throw AtelierError(.namespaceNotFound, "ns not found \(namespace)")
            }
            for index in try IndexSpecification.select(wanted, in: collection) {
                try transaction.dropIndex(named: index.name, of: transaction.catalog[namespace]!)
            }
            var reply: [(String, BSONValue)] = [("nIndexesWas", .integer(collection.indexes.count))]
            if wanted.stringValue == "*" { reply.append(("msg", "non-_id indexes dropped for collection")) }
            return Document(reply + [("ok", 1.0)])
        }
    }
}

extension IndexEntry {
    /// The index as `listIndexes` shows it.
    var description: Document {
        var elements: [(String, BSONValue)] = [("v", 2), ("key", .document(keyPattern)), ("name", .string(name))]
        if name != IndexDefinition.id.name { elements += definition.options.elements.map { ($0.key, $0.value) } }
        return Document(elements)
    }
}

/// Reads and compares what `createIndexes` and `dropIndexes` say about indexes.
enum IndexSpecification {
    static func read(_ specification: Document) throws -> IndexDefinition {
        guard let key = specification["key"]?.documentValue else {
            throw AtelierError(.failedToParse, "The 'key' field is a required property of an index specification")
        }
        guard let name = specification["name"]?.stringValue, !name.isEmpty else {
            throw AtelierError(.failedToParse, "The 'name' field is a required property of an index specification")
        }
        if name == "*" { throw AtelierError(.badValue, "The index name '*' is not valid.") }
        try check(key)
        var options: [(String, BSONValue)] = []
        for (field, value) in specification.elements {
            switch field {
            case "key", "name", "v", "ns", "background": continue
            case "unique", "sparse":
                guard value.type == .bool || value.type.isNumber else {
                    throw AtelierError(
                        .typeMismatch,
                        "The field '\(field)' has value of type \(value.type.name), which is not convertible to bool")
                }
                if value.isTruthy { options.append((field, true)) }
            case "hidden" where !value.isTruthy: continue
            default:
                throw AtelierError(
                    known.contains(field) ? .commandNotSupported : 197,
                    "The field '\(field)' is not \(known.contains(field) ? "supported by the embedded store" : "valid for an index specification")"
                )
            }
        }
        return IndexDefinition(name: name, keyPattern: key, options: Document(options))
    }

    /// MongoDB's options that the embedded store does not honour, and hence refuses.
    private static let known: Set<String> = [
        "partialFilterExpression", "expireAfterSeconds", "hidden", "collation", "weights", "default_language",
        "language_override", "textIndexVersion", "2dsphereIndexVersion", "bits", "min", "max", "wildcardProjection",
        "storageEngine", "clustered", "prepareUnique",
    ]

    private static func check(_ key: Document) throws {
        if key.isEmpty { throw AtelierError(.cannotCreateIndex, "Index keys cannot be an empty object") }
        if key.count > 32 { throw AtelierError(13103, "too many compound keys: \(key.count) is greater than max 32") }
        for (path, value) in key.elements {
            if path.isEmpty || path.hasPrefix(".") || path.hasSuffix(".") || path.contains("..") {
                throw AtelierError(.cannotCreateIndex, "Index keys cannot contain an empty field.")
            }
            if path.split(separator: ".").contains(where: {
                $0.hasPrefix("$") && !["$**", "$ref", "$id", "$db"].contains($0)
            }) {
                throw AtelierError(
                    .cannotCreateIndex, "Index key contains an illegal field name: field name starts with '$'.")
            }
            if let kind = value.stringValue {
                let supported = ["text", "2d", "2dsphere", "hashed"].contains(kind)
                throw AtelierError(
                    supported ? .commandNotSupported : .cannotCreateIndex,
                    supported
                        ? "'\(kind)' indexes are not supported by the embedded store" : "Unknown index plugin '\(kind)'"
                )
            }
            guard let direction = value.doubleValue else {
                throw AtelierError(
                    .cannotCreateIndex,
                    "Values in the index key pattern cannot be of type \(value.type.name). Only numbers > 0, numbers < 0, and strings are allowed."
                )
            }
            if direction == 0 || direction.isNaN {
                throw AtelierError(.cannotCreateIndex, "Values in the index key pattern cannot be 0.")
            }
            if path.contains("$**") {
                throw AtelierError(.commandNotSupported, "wildcard indexes are not supported by the embedded store")
            }
        }
    }

    /// Whether the collection has this very index.
    /// - Throws: `IndexKeySpecsConflict`/`IndexOptionsConflict` where it has one that contradicts it.
    static func exists(_ definition: IndexDefinition, in collection: CollectionEntry) throws -> Bool {
        if definition.keyPattern.keys == ["_id"] { return true }
        for index in collection.indexes {
            let sameKey = index.keyPattern.isSamePattern(as: definition.keyPattern)
            let sameOptions = index.isUnique == definition.isUnique && index.isSparse == definition.isSparse
            if index.name == definition.name {
                if sameKey && sameOptions { return true }
                throw AtelierError(
                    sameKey ? .indexOptionsConflict : .indexKeySpecsConflict,
                    "An existing index has the same name as the requested index: \(definition.name)",
                    advice: "Drop it first, or choose another name.")
            }
            if sameKey && sameOptions {
                throw AtelierError(.indexOptionsConflict, "Index already exists with a different name: \(index.name)")
            }
            if sameKey {
                throw AtelierError(
                    .indexOptionsConflict,
                    "An equivalent index already exists with the same name but different options: \(index.name)")
            }
        }
        return false
    }

    static func select(_ wanted: BSONValue, in collection: CollectionEntry) throws -> [IndexEntry] {
        switch wanted {
        case .string("*"): return collection.indexes.filter { $0.name != IndexDefinition.id.name }
        case .string(let name):
            guard let index = collection.index(named: name) else {
                throw AtelierError(.indexNotFound, "index not found with name [\(name)]")
            }
            if name == IndexDefinition.id.name { throw AtelierError(.invalidOptions, "cannot drop _id index") }
            return [index]
        case .document(let key):
            guard let index = collection.indexes.first(where: { $0.keyPattern.isSamePattern(as: key) }) else {
                throw AtelierError(.indexNotFound, "can't find index with key: \(key.extendedJSON(.relaxed))")
            }
            if index.name == IndexDefinition.id.name { throw AtelierError(.invalidOptions, "cannot drop _id index") }
            return [index]
        case .array(let names): return try names.flatMap { try select($0, in: collection) }
        default:
            throw AtelierError(
                .typeMismatch,
                "BSON field 'dropIndexes.index' is the wrong type '\(wanted.type.name)', expected types '[string, object]'"
            )
        }
    }
}

extension Document {
    /// Equal names in equal order, equal numbers whatever their types.
    fileprivate func isSamePattern(as other: Document) -> Bool {
        withView { a in other.withView { ValueView.document(a).compare(.document($0)) == 0 } }
    }
}
