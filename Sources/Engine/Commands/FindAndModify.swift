import BSON
import QueryLanguage
import Storage

extension EngineCommand {
    /// Source: MongoDB manual, "findAndModify".
    static let findAndModify = EngineCommand(
        "findAndModify", "findandmodify",
        fields: [
            "query", "sort", "remove", "update", "new", "fields", "upsert", "bypassDocumentValidation", "arrayFilters",
            "hint",
            "let", "collation",
        ]
    ) { command, engine in
        try command.checkCollation()
        let namespace = Namespace(command.database, try command.collection)
        let request = try FindAndModify(command)
        let interrupt = try command.interrupt()
        let variables = try command.documentField("let")
        let bypass = try command.flag("bypassDocumentValidation") ?? false
        return try engine.storage.write { transaction in
            let writing = Writing(engine, transaction, namespace, interrupt, variables)
            return try request.remove ? request.removing(writing) : request.updating(writing, bypass)
        }
    }
}

/// A `findAndModify` as it was asked for.
private struct FindAndModify {
    let statement: UpdateStatement
    let remove: Bool
    private let returnsNew: Bool
    private let fields: Document?

    init(_ command: Command) throws {
        var statement = UpdateStatement()
        statement.filter = try command.documentField("query") ?? Document()
        statement.sort = try command.documentField("sort")
        statement.hint = command["hint"]
        statement.upsert = try command.flag("upsert") ?? false
        statement.arrayFilters = try command["arrayFilters"].map { try UpdateStatement.filters($0) } ?? []
        remove = try command.flag("remove") ?? false
        returnsNew = try command.flag("new") ?? false
        fields = try command.documentField("fields").flatMap { $0.isEmpty ? nil : $0 }
        if remove {
            if command["update"] != nil {
                throw AtelierError(.failedToParse, "Cannot specify both an update and remove=true")
            }
            if statement.upsert {
                throw AtelierError(.failedToParse, "Cannot specify both upsert=true and remove=true")
            }
            if returnsNew {
                throw AtelierError(
                    .failedToParse,
                    "Cannot specify both new=true and remove=true; 'remove' always returns the deleted document")
            }
        } else {
            guard let update = command["update"] else {
                throw AtelierError(.failedToParse, "Either an update or remove=true must be specified")
            }
            statement.update = update
        }
        self.statement = statement
    }

    func removing(_ writing: Writing) throws -> Document {
        let projection = try fields.map { try DocumentProjection($0, filter: statement.filter) }
        let records = try writing.select(
            statement.filter, sort: statement.sort, onlyFirst: true, hint: statement.hint)
        guard let record = records.first, let collection = writing.transaction.catalog[writing.namespace],
            let old = try writing.transaction.record(record, in: collection).map({ Document(copying: $0) })
        else {
            _ = try DocumentMatcher(statement.filter)
            return ["lastErrorObject": ["n": 0], "value": .null, "ok": 1.0]
        }
        let value = try projection?.apply(to: old) ?? old
        _ = try writing.transaction.delete(record, from: collection)
        return ["lastErrorObject": ["n": 1], "value": .document(value), "ok": 1.0]
    }

    func updating(_ writing: Writing, _ bypass: Bool) throws -> Document {
        let projection = try fields.map { try DocumentProjection($0, filter: statement.filter) }
        let outcome = try writing.update(statement, bypassValidation: bypass, keeping: true)
        let found = outcome.matched > 0
        let shown = returnsNew ? outcome.after : outcome.before
        let value = try shown.map { try projection?.apply(to: $0) ?? $0 }
        var summary: [(String, BSONValue)] = [
            ("n", .int32(found || outcome.upserted != nil ? 1 : 0)), ("updatedExisting", .bool(found)),
        ]
        if let id = outcome.upserted { summary.append(("upserted", id)) }
        return [
            "lastErrorObject": .document(Document(summary)), "value": value.map { .document($0) } ?? .null, "ok": 1.0,
        ]
    }
}
