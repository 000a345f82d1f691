import BSON
import QueryLanguage
import Storage

/// What a statement of `update`, or a `findAndModify`, wants to change.
struct UpdateStatement {
    var filter = Document()
    var sort: Document?
    var update: BSONValue = .document(Document())
    var arrayFilters: [Document] = []
    var upsert = false
    var multi = false
    var hint: BSONValue?
    /// Constants for pipelines: the statement's `c`.
    var constants: Document?

    init() {}

    /// One element of `updates`.
    init(_ statement: Document) throws {
        for (key, value) in statement.elements {
            switch key {
            case "q": filter = try UpdateStatement.document(value, "q")
            case "u": update = value
            case "c": constants = try UpdateStatement.document(value, "c")
            case "upsert": upsert = value.isTruthy
            case "multi": multi = value.isTruthy
            case "hint": hint = value
            case "sort": sort = try UpdateStatement.document(value, "sort")
            case "arrayFilters": arrayFilters = try UpdateStatement.filters(value)
            case "collation":
                guard try UpdateStatement.document(value, key)["locale"]?.stringValue == "simple" else {
                    throw AtelierError(
                        .commandNotSupported,
                        "collation is not supported by the embedded store: strings compare by their bytes")
                }
            default: throw AtelierError(40415, "BSON field 'update.updates.\(key)' is an unknown field.")
            }
        }
        for required in ["q", "u"] where statement[required] == nil {
            throw AtelierError(40414, "BSON field 'update.updates.\(required)' is missing but a required field")
        }
        if multi && sort != nil { throw AtelierError(.failedToParse, "Cannot specify sort with multi=true") }
    }

    private static func document(_ value: BSONValue, _ key: String) throws -> Document {
        guard let document = value.documentValue else {
            throw AtelierError(
                .typeMismatch,
                "BSON field 'update.updates.\(key)' is the wrong type '\(value.type.name)', expected type 'object'")
        }
        return document
    }

    static func filters(_ value: BSONValue) throws -> [Document] {
        guard let values = value.arrayValue else {
            throw AtelierError(
                .typeMismatch, "BSON field 'arrayFilters' is the wrong type '\(value.type.name)', expected type 'array'"
            )
        }
        return try values.map { try document($0, "arrayFilters") }
    }
}

/// A filter and an update compiled together, so that the filter can tell the update which array element it matched.
final class CompiledUpdate {
    private let compiler: Compiler
    private let root: Slot
    private let predicate: Predicate
    private let program: UpdateProgram
    private let scope: Scope
    private let filter: Document

    init(_ statement: UpdateStatement, variables: Document?, now: Int64, _ interrupt: Interrupt) throws {
        let compiler = Compiler(now: now)
        self.compiler = compiler
        root = compiler.shape.base!
        filter = statement.filter
        try compiler.define(variables)
        predicate = try statement.filter.withView { view in
            try locatingErrors(in: view, named: "filter") { try compiler.filter(view) }
        }
        try compiler.define(statement.constants)
        let arrayFilters = statement.arrayFilters.map { compiler.arena.value(.document($0)).asDocument }
        program = try statement.update.withValue { update in
            func compile() throws -> UpdateProgram {
                try compiler.update(update, arrayFilters: arrayFilters, multi: statement.multi)
            }
            guard update.type == .document || update.type == .array else { return try compile() }
            return try locatingErrors(
                in: update.asDocument, named: "update", isArray: update.type == .array, compile)
        }
        scope = compiler.makeScope(interrupt: interrupt)
    }

    /// The document as the update leaves it; nil where it no longer matches the filter. Valid until the next call.
    func apply(to document: DocumentView) throws -> (document: DocumentView, modified: Bool)? {
        scope.arena.reset()
        scope.assign(root, .document(document))
        scope.matchedPosition = nil
        guard try predicate.matches(scope) else { return nil }
        return try program.apply(to: document, scope)
    }

    /// The document to insert where none matched.
    func upsert() throws -> Document {
        scope.arena.reset()
        return try filter.withView { Document(copying: try program.upsert($0, scope)) }
    }
}

/// What an update statement did.
struct UpdateOutcome {
    var matched = 0
    var modified = 0
    /// The `_id` of the document that was inserted instead.
    var upserted: BSONValue?
    /// Of the last document changed: before and after.
    var before: Document?
    var after: Document?
}

extension Writing {
    /// - Parameter keeping: whether the documents before and after are wanted.
    func update(_ statement: UpdateStatement, bypassValidation: Bool, keeping: Bool = false) throws -> UpdateOutcome {
        let compiled = try CompiledUpdate(statement, variables: variables, now: query.now, interrupt)
        var outcome = UpdateOutcome()
        let records = try select(
            statement.filter, sort: statement.sort, onlyFirst: !statement.multi, hint: statement.hint)
        if let collection = transaction.catalog[namespace], !records.isEmpty {
            let rule = try ValidationRule(collection, bypass: bypassValidation)
            for record in records {
                try interrupt.check()
                guard let old = try transaction.record(record, in: collection),
                    let result = try compiled.apply(to: old)
                else { continue }
                outcome.matched += 1
                if keeping {
                    (outcome.before, outcome.after) = (Document(copying: old), Document(copying: result.document))
                }
                guard result.modified else { continue }
                try NewDocument.check(result.document)
                try rule.check(updated: result.document, from: old)
                _ = try transaction.update(record, in: collection, to: result.document)
                outcome.modified += 1
            }
        }
        if outcome.matched == 0 && statement.upsert {
            let document = try compiled.upsert()
            let collection = try transaction.catalog[namespace] ?? transaction.createCollection(namespace)
            try document.withView { view in
                try NewDocument.check(view)
                try ValidationRule(collection, bypass: bypassValidation).check(new: view)
                _ = try transaction.insert(view, into: collection)
            }
            outcome.upserted = document["_id"]
            if keeping { outcome.after = document }
        }
        return outcome
    }
}
