import BSON
import QueryLanguage
import Storage

extension EngineCommand {
    /// Source: MongoDB manual, "insert".
    static let insert = EngineCommand(
        "insert", fields: ["documents", "ordered", "bypassDocumentValidation", "maxTimeMS"]
    ) { command, engine in
        let namespace = Namespace(command.database, try command.collection)
        let ordered = try command.flag("ordered") ?? true
        let bypass = try command.flag("bypassDocumentValidation") ?? false
        guard case .array(let documents)? = command["documents"] else {
            throw AtelierError(40414, "BSON field 'insert.documents' is missing but a required field")
        }
        try command.checkBatch(documents.count)
        var errors = WriteErrors()
        // Prepared before the write begins, so that other writers do not wait for it.
        var prepared: [Result<Document, any Error>] = []
        try documents.document.withView { view in
            var cursor = view.elements()
            while cursor.next() {
                guard cursor.type == .document else {
                    throw AtelierError(
                        .typeMismatch,
                        "BSON field 'insert.documents.\(prepared.count)' is the wrong type '\(cursor.type.name)', expected type 'object'"
                    )
                }
                prepared.append(Result { try NewDocument.prepare(cursor.value.asDocument) })
            }
        }
        let inserted = try engine.storage.write { transaction in
            errors = WriteErrors()
            var inserted = 0
            let collection = try transaction.catalog[namespace] ?? transaction.createCollection(namespace)
            let rule = try ValidationRule(collection, bypass: bypass)
            for (index, document) in prepared.enumerated() {
                do {
                    try document.get().withView { view in
                        try rule.check(new: view)
                        // The index catalog may change under multikey inserts: look the entry up each time.
                        _ = try transaction.insert(view, into: collection)
                    }
                    inserted += 1
                } catch {
                    try errors.add(error, index: index)
                    if ordered { break }
                }
            }
            return inserted
        }
        return Document { writer in
            writer.append("n", ValueView.int32(Int32(inserted)))
            errors.append(to: writer)
            writer.append("ok", ValueView.double(1))
        }
    }
}

extension Command {
    /// - Throws: `InvalidLength` for an empty bulk write or one of too many single writes.
    func checkBatch(_ count: Int) throws {
        if count == 0 || count > Limits.writeBatch {
            throw AtelierError(
                .invalidLength, "Write batch sizes must be between 1 and \(Limits.writeBatch). Got \(count) operations."
            )
        }
    }
}
