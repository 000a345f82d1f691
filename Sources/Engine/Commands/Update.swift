import BSON
import QueryLanguage
import Storage

extension EngineCommand {
    /// Source: MongoDB manual, "update".
    static let update = EngineCommand(
        "update", fields: ["updates", "ordered", "bypassDocumentValidation", "let"]
    ) { command, engine in
        let namespace = Namespace(command.database, try command.collection)
        let ordered = try command.flag("ordered") ?? true
        let bypass = try command.flag("bypassDocumentValidation") ?? false
        guard let statements = try command.documents("updates") else {
            throw AtelierError(40414, "BSON field 'update.updates' is missing but a required field")
        }
        try command.checkBatch(statements.count)
        let variables = try command.documentField("let")
        let interrupt = try command.interrupt()
        return try engine.storage.write { transaction in
            let writing = Writing(engine, transaction, namespace, interrupt, variables)
            var errors = WriteErrors()
            var (matched, modified) = (0, 0)
            var upserted: [Document] = []
            for (index, statement) in statements.enumerated() {
                do {
                    // One statement happens whole or not at all, also where it changes many documents.
                    let outcome = try transaction.savepoint {
                        try writing.update(UpdateStatement(statement), bypassValidation: bypass)
                    }
                    matched += outcome.matched
                    modified += outcome.modified
                    if let id = outcome.upserted {
                        matched += 1
                        upserted.append(["index": .int32(Int32(index)), "_id": id])
                    }
                } catch {
                    try errors.add(error, index: index)
                    if ordered { break }
                }
            }
            return Document { writer in
                writer.append("n", ValueView.int32(Int32(matched)))
                writer.append("nModified", ValueView.int32(Int32(modified)))
                if !upserted.isEmpty { writer.append("upserted", BSONValue.array(BSONArray(documents: upserted))) }
                errors.append(to: writer)
                writer.append("ok", ValueView.double(1))
            }
        }
    }
}
