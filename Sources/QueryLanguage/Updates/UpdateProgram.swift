import BSON

extension Compiler {
    /// Compiles an update: operators (`{$set: …}`), a replacement document or a pipeline.
    ///
    /// - Parameters:
    ///   - spec: the statement's `u`.
    ///   - arrayFilters: the statement's `arrayFilters`.
    ///   - multi: whether several documents may be updated, which a replacement cannot.
    /// - Throws: `FailedToParse`, `ConflictingUpdateOperators`, `EmptyFieldName` and their like for a malformed update.
    public func update(_ spec: ValueView, arrayFilters: [DocumentView] = [], multi: Bool = false) throws
        -> UpdateProgram
    {
        switch spec.type {
        case .array:
            if !arrayFilters.isEmpty {
                throw AtelierError(.failedToParse, "arrayFilters may not be specified for pipeline-syle updates")
            }
            return UpdateProgram(.pipeline(try PipelineUpdate(PipelineBuilder.stages(spec), self)), self)
        case .document:
            var cursor = spec.asDocument.elements()
            if cursor.next(), cursor.key.first == UInt8(ascii: "$") {
                var parser = UpdateParser(self)
                try parser.parse(spec.asDocument, arrayFilters: arrayFilters)
                return UpdateProgram(.operators(parser.root, dollarPrefixedPath: parser.dollarPrefixedPath), self)
            }
            if multi {
                throw AtelierError(.failedToParse, "multi update is not supported for replacement-style update")
            }
            if !arrayFilters.isEmpty {
                throw AtelierError(.failedToParse, "arrayFilters may not be specified for replacement-syle updates")
            }
            return UpdateProgram(.replacement(try replacement(spec.asDocument)), self)
        default:
            throw AtelierError(.failedToParse, "Update argument must be either an object or an array")
        }
    }

    private func replacement(_ spec: DocumentView) throws -> ValueView {
        var cursor = spec.elements()
        while cursor.next() {
            if cursor.key.first != UInt8(ascii: "$") { continue }
            throw AtelierError(
                .dollarPrefixedFieldName,
                "The dollar ($) prefixed field '\(cursor.keyString)' is not allowed in the context of an update's replacement document.",
                advice: "Consider using an aggregation pipeline with $replaceWith.")
        }
        return arena.copy(.document(spec))
    }
}

/// A compiled update, applied to any number of documents.
public final class UpdateProgram {
    enum Kind {
        case operators(UpdateFields, dollarPrefixedPath: String?)
        case replacement(ValueView)
        case pipeline(PipelineUpdate)
    }

    private let kind: Kind
    /// Owns the constants.
    private let compiler: Compiler

    init(_ kind: Kind, _ compiler: Compiler) {
        self.kind = kind
        self.compiler = compiler
    }

    /// Whether the update replaces the whole document.
    public var isReplacement: Bool { if case .replacement = kind { true } else { false } }

    /// The document after the update, and whether that differs from before.
    ///
    /// The result lives in the scope's arena, the plan's or is the document itself. `scope.matchedPosition`, as the query's
    /// filter left it for this document, is what `$` in paths stands for.
    ///
    /// - Throws: `ImmutableField` where `_id` would change, `PathNotViable`, `TypeMismatch`, `BadValue` and others where an
    ///   operator cannot be applied.
    public func apply(to document: DocumentView, _ scope: Scope) throws -> (document: DocumentView, modified: Bool) {
        let context = UpdateContext(
            scope: scope, original: document, inserting: false, position: scope.matchedPosition)
        let id = document.find("_id")
        var result = try run(context)
        result = UpdateProgram.idFirst(result, keepsId ? id : result.find("_id"), scope.arena)
        if !id.isMissing && !UpdateProgram.identical(result.find("_id"), id) {
            throw AtelierError(
                .immutableField, "Performing an update on the path '_id' would modify the immutable field '_id'")
        }
        try UpdateProgram.checkSize(result)
        return (result, compareBytes(result.bytes, document.bytes) != 0)
    }

    /// The document that an upsert inserts where no document matched: the query's equalities, then the update.
    ///
    /// - Throws: `NotSingleValueField` where the query gives a path two values, and what `apply` throws.
    public func upsert(_ filter: DocumentView, _ scope: Scope) throws -> DocumentView {
        let arena = scope.arena
        let seed = try UpsertSeed(filter, idOnly: isReplacement)
        let document = try seed.document(arena)
        let id = document.find("_id")
        let context = UpdateContext(scope: scope, original: document, inserting: true, position: nil)
        var result = try run(context)
        var newId = result.find("_id")
        if newId.isMissing { newId = id.isMissing ? arena.objectId(ObjectId.generate()) : id }
        if !id.isMissing && !UpdateProgram.identical(newId, id) {
            throw AtelierError(
                .immutableField, "Performing an update on the path '_id' would modify the immutable field '_id'")
        }
        if newId.type == .array || newId.type == .regex || newId.type == .undefined {
            throw AtelierError(53, "The '_id' value cannot be of type \(newId.type.name)")
        }
        result = UpdateProgram.idFirst(result, newId, arena)
        try UpdateProgram.checkSize(result)
        return result
    }

    /// Whether a document keeps its `_id` although the update's result has none.
    private var keepsId: Bool { if case .operators = kind { false } else { true } }

    private func run(_ context: UpdateContext) throws -> DocumentView {
        switch kind {
        case .operators(let root, let dollarPrefixedPath):
            if let dollarPrefixedPath, !context.inserting {
                throw AtelierError(
                    .dollarPrefixedFieldName,
                    "The dollar ($) prefixed field in '\(dollarPrefixedPath)' is not valid for storage.",
                    advice: "Consider using an aggregation pipeline with $setField.")
            }
            return try root.apply(.document(context.original), context).asDocument
        case .replacement(let document):
            return UpdateProgram.stamped(document.asDocument, context)
        case .pipeline(let pipeline): return try pipeline.apply(to: context.original)
        }
    }

    // MARK: Rules for whole documents

    /// The same type and the same bytes.
    private static func identical(_ a: ValueView, _ b: ValueView) -> Bool {
        a.type == b.type && (a.length == 0 && b.length == 0 ? a.compare(b) == 0 : compareBytes(a.bytes, b.bytes) == 0)
    }

    /// The document with this `_id`, which comes first; as it is where it has one there.
    private static func idFirst(_ document: DocumentView, _ id: ValueView, _ arena: Arena) -> DocumentView {
        var cursor = document.elements()
        let own = document.find("_id")
        if cursor.next(), cursor.keyString == "_id" { return document }
        if own.isMissing && id.isMissing { return document }
        return arena.document { writer in
            writer.append("_id", own.isMissing ? id : own)
            var cursor = document.elements()
            while cursor.next() {
                if cursor.keyString != "_id" { writer.append(element: cursor.elementBytes) }
            }
        }.asDocument
    }

    /// A replacement with its empty timestamps set to now.
    private static func stamped(_ document: DocumentView, _ context: UpdateContext) -> DocumentView {
        var cursor = document.elements()
        var stamps = false
        while cursor.next() {
            stamps = stamps || (cursor.type == .timestamp && cursor.value.bits == 0 && cursor.keyString != "_id")
        }
        guard stamps else { return document }
        return context.arena.document { writer in
            var cursor = document.elements()
            while cursor.next() {
                if cursor.type == .timestamp && cursor.value.bits == 0 && cursor.keyString != "_id" {
                    writer.append(
                        cursor.key, .timestamp(UInt64(truncatingIfNeeded: context.scope.now / 1000) << 32 | 1))
                } else {
                    writer.append(element: cursor.elementBytes)
                }
            }
        }.asDocument
    }

    /// MongoDB's limit on a document.
    private static let largestDocument = 16 * 1024 * 1024

    private static func checkSize(_ document: DocumentView) throws {
        if document.length > largestDocument {
            throw AtelierError(
                17419, "Resulting document after update is larger than \(largestDocument)",
                advice: "Keep what grows without bound in documents of its own.")
        }
    }
}
