import BSON
import QueryLanguage
import Storage

extension EngineCommand {
    /// Source: MongoDB manual, "aggregate".
    static let aggregate = EngineCommand(
        "aggregate",
        fields: [
            "pipeline", "cursor", "explain", "allowDiskUse", "bypassDocumentValidation", "collation", "hint", "let",
        ]
    ) { command, engine in
        try command.checkCollation()
        guard let pipeline = try command.documents("pipeline") else {
            throw AtelierError(40414, "BSON field 'aggregate.pipeline' is missing but a required field")
        }
        if try command.flag("explain") == true { return try engine.explain(command) }
        guard let options = try command.documentField("cursor") else {
            throw AtelierError(
                .failedToParse, "The 'cursor' option is required, except for aggregate with the explain argument")
        }
        for key in options.keys where key != "batchSize" {
            throw AtelierError(40415, "BSON field 'cursor.\(key)' is an unknown field.")
        }
        var size = Limits.firstBatch
        if let value = options["batchSize"] {
            guard let number = value.integerValue else {
                throw AtelierError(.typeMismatch, "cursor.batchSize field must be a number")
            }
            guard number >= 0 else { throw AtelierError(.badValue, "cursor.batchSize must not be negative") }
            size = Int(number)
        }
        if let last = pipeline.last?.keys.first, last == "$out" || last == "$merge" {
            return try engine.runWritingPipeline(command, pipeline)
        }
        let cursor = try engine.read(command) { query in try query.openAggregate(command, pipeline) }
        return try engine.firstReply(cursor, size: size)
    }
}
