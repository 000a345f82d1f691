import BSON
import QueryLanguage
import Storage

extension EngineCommand {
    /// Source: MongoDB manual, "delete".
    static let delete = EngineCommand("delete", fields: ["deletes", "ordered", "let"]) { command, engine in
        let namespace = Namespace(command.database, try command.collection)
        let ordered = try command.flag("ordered") ?? true
        guard let statements = try command.documents("deletes") else {
            throw AtelierError(40414, "BSON field 'delete.deletes' is missing but a required field")
        }
        try command.checkBatch(statements.count)
        let variables = try command.documentField("let")
        let interrupt = try command.interrupt()
        var errors = WriteErrors()
        let deleted = try engine.storage.write { transaction in
            errors = WriteErrors()
            var deleted = 0
            for (index, statement) in statements.enumerated() {
                do {
                    let statement = try DeleteStatement(statement)
                    let writing = Writing(engine, transaction, namespace, interrupt, variables)
                    deleted += try writing.delete(statement)
                } catch {
                    try errors.add(error, index: index)
                    if ordered { break }
                }
            }
            return deleted
        }
        return Document { writer in
            writer.append("n", ValueView.int32(Int32(deleted)))
            errors.append(to: writer)
            writer.append("ok", ValueView.double(1))
        }
    }
}

/// One statement of a `delete` command.
struct DeleteStatement {
    let filter: Document
    let hint: BSONValue?
    let onlyFirst: Bool

    init(_ statement: Document) throws {
        for key in statement.keys where !["q", "limit", "hint", "collation"].contains(key) {
            throw AtelierError(40415, "BSON field 'delete.deletes.\(key)' is an unknown field.")
        }
        if let collation = statement["collation"]?.documentValue, collation["locale"]?.stringValue != "simple" {
            throw AtelierError(
                .commandNotSupported, "collation is not supported by the embedded store: strings compare by their bytes"
            )
        }
        guard let filter = statement["q"]?.documentValue else {
            throw AtelierError(40414, "BSON field 'delete.deletes.q' is missing but a required field")
        }
        guard let limit = statement["limit"]?.integerValue else {
            throw AtelierError(40414, "BSON field 'delete.deletes.limit' is missing but a required field")
        }
        guard limit == 0 || limit == 1 else {
            throw AtelierError(.failedToParse, "The limit field in delete objects must be 0 or 1. Got \(limit)")
        }
        self.filter = filter
        hint = statement["hint"]
        onlyFirst = limit == 1
    }
}
