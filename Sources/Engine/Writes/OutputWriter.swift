import BSON
import QueryLanguage
import Storage

/// Takes what `$out` or `$merge` produce and writes it in one transaction at the end: all of it or nothing.
final class OutputWriter: PipelineWriter {
    private enum Step {
        case replace(Document)
        case merge(Document, variables: Document, MergeRule)
    }

    private let engine: Engine
    private let namespace: Namespace
    private let interrupt: Interrupt
    private let bypassValidation: Bool
    private var steps: [Step] = []
    /// Whether the pipeline is a `$out`, which replaces the collection even by nothing.
    private let replaces: Bool

    init(_ engine: Engine, _ namespace: Namespace, replaces: Bool, bypassValidation: Bool, _ interrupt: Interrupt)
        throws
    {
        try Command.check(collection: namespace.collection, in: namespace.database)
        self.engine = engine
        self.namespace = namespace
        self.replaces = replaces
        self.bypassValidation = bypassValidation
        self.interrupt = interrupt
    }

    func replaceCollection(with document: DocumentView) throws {
        steps.append(.replace(try NewDocument.prepare(document)))
    }

    func merge(_ document: DocumentView, variables: Document, _ rule: MergeRule) throws {
        for field in rule.on where field != "_id" || !document.find("_id").isMissing {
            let value = MergeTarget.value(at: field, in: document)
            if value.isNullish || value.type == .array {
                throw AtelierError(
                    51132, "$merge write error: 'on' field '\(field)' cannot be missing, null, undefined or an array")
            }
        }
        steps.append(.merge(Document(copying: document), variables: variables, rule))
    }

    func finish() throws {
        try engine.storage.write(exclusive: true) { transaction in
            if replaces {
                try replaceAll(transaction)
            } else {
                try mergeAll(transaction)
            }
        }
    }

    private func replaceAll(_ transaction: WriteTransaction) throws {
        var collection: CollectionEntry
        if let old = transaction.catalog[namespace] {
            try transaction.dropCollection(old)
            collection = try transaction.createCollection(namespace, options: old.options)
            for index in old.indexes.dropFirst() {
                _ = try transaction.createIndex(index.definition, on: transaction.catalog[namespace]!)
            }
            collection = transaction.catalog[namespace]!
        } else {
            collection = try transaction.createCollection(namespace)
        }
        let rule = try ValidationRule(collection, bypass: bypassValidation)
        for case .replace(let document) in steps {
            try interrupt.check()
            try document.withView { view in
                try rule.check(new: view)
                _ = try transaction.insert(view, into: collection)
            }
        }
    }

    private func mergeAll(_ transaction: WriteTransaction) throws {
        let collection = try transaction.catalog[namespace] ?? transaction.createCollection(namespace)
        let validation = try ValidationRule(collection, bypass: bypassValidation)
        var target: MergeTarget?
        for case .merge(let document, let variables, let rule) in steps {
            try interrupt.check()
            if target == nil { target = try MergeTarget(transaction, collection, on: rule.on) }
            try document.withView { new in
                try target!.apply(new, variables, rule, validation)
            }
        }
    }
}

/// The collection a `$merge` goes to.
private final class MergeTarget {
    private let transaction: WriteTransaction
    private let collection: CollectionEntry
    private let on: [String]
    private let index: IndexEntry

    init(_ transaction: WriteTransaction, _ collection: CollectionEntry, on: [String]) throws {
        self.transaction = transaction
        self.collection = collection
        self.on = on
        guard
            let index = collection.indexes.first(where: {
                $0.isUnique && !$0.isSparse && Set($0.keyPattern.keys) == Set(on)
            })
        else {
            throw AtelierError(
                51183, "Cannot find index to verify that join fields will be unique",
                advice: "Create a unique index on \(on.joined(separator: ", ")), or merge on _id.")
        }
        self.index = index
    }

    static func value(at path: String, in document: DocumentView) -> ValueView {
        var value = ValueView.document(document)
        for name in path.split(separator: ".") {
            guard value.type == .document else { return .missing }
            value = value.asDocument.find(String(name))
        }
        return value
    }

    private func existing(_ new: DocumentView) throws -> RecordId? {
        if on == ["_id"] { return try transaction.recordId(forId: new.find("_id"), in: collection) }
        let key = IndexKeyBuffer()
        key.reset()
        for (path, direction) in index.keyPattern.elements {
            key.append(MergeTarget.value(at: path, in: new), descending: (direction.doubleValue ?? 1) < 0)
        }
        let cursor = try transaction.keys(of: index)
        defer { cursor.close() }
        var found = try cursor.seek(to: key.bytes)
        while found, compareBytes(cursor.key, key.bytes) == 0 {
            if let document = try transaction.record(cursor.recordId, in: collection),
                on.allSatisfy({ MergeTarget.value(at: $0, in: document).equals(MergeTarget.value(at: $0, in: new)) })
            {
                return cursor.recordId
            }
            found = try cursor.next()
        }
        return nil
    }

    func apply(_ new: DocumentView, _ variables: Document, _ rule: MergeRule, _ validation: ValidationRule) throws {
        guard let record = try existing(new), let old = try transaction.record(record, in: collection) else {
            switch rule.whenNotMatched {
            case .insert:
                try NewDocument.prepare(new).withView { prepared in
                    try validation.check(new: prepared)
                    _ = try transaction.insert(prepared, into: collection)
                }
            case .discard: break
            case .fail:
                throw AtelierError(
                    13113,
                    "$merge could not find a matching document in the target collection for at least one document in the source collection"
                )
            }
            return
        }
        let result: Document
        switch rule.whenMatched {
        case .keepExisting: return
        case .fail:
            throw AtelierError(
                .duplicateKey, "E11000 duplicate key error: $merge found an existing document and whenMatched is 'fail'"
            )
        case .replace: result = MergeTarget.withId(of: old, Document(copying: new))
        case .merge: result = MergeTarget.merged(old, new)
        case .pipeline(let transform): result = try variables.withView { try transform(old, new, $0) }
        }
        let previous = Document(copying: old)
        try result.withView { view in
            try previous.withView { old in
                guard view.find("_id").equals(old.find("_id")) else {
                    throw AtelierError(
                        .immutableField,
                        "$merge failed to update the matching document, did you attempt to modify the _id or the shard key?"
                    )
                }
                try NewDocument.check(view)
                try validation.check(updated: view, from: old)
            }
            _ = try transaction.update(record, in: collection, to: view)
        }
    }

    /// The new document, with the old one's `_id` where it brings none.
    private static func withId(of old: DocumentView, _ new: Document) -> Document {
        if new["_id"] != nil { return new }
        return Document([("_id", BSONValue(copying: old.find("_id")))] + new.elements.map { ($0.key, $0.value) })
    }

    /// The new document's top-level fields laid over the old one's.
    private static func merged(_ old: DocumentView, _ new: DocumentView) -> Document {
        var result = Document(copying: old)
        var cursor = new.elements()
        while cursor.next() { result = result.setting(cursor.keyString, BSONValue(copying: cursor.value)) }
        return result
    }
}

extension Engine {
    /// An `aggregate` that ends with `$out` or `$merge`: runs to its end and returns an empty cursor.
    func runWritingPipeline(_ command: Command, _ pipeline: [Document]) throws -> Document {
        let bypass = try command.flag("bypassDocumentValidation") ?? false
        try readNow(command) { query in
            query.writerFactory = { namespace, interrupt in
                try OutputWriter(
                    self, namespace, replaces: pipeline.last?.keys.first == "$out", bypassValidation: bypass, interrupt)
            }
            let pipeline = try query.openAggregate(command, pipeline)
            while try pipeline.next() != nil {}
        }
        return cursorReply(namespace: "\(command.database).\(try command.queryNamespace.collection)", documents: [])
    }
}
