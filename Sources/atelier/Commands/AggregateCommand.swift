import BSON
import DocumentStore

extension Command {
    static let aggregate = Command(
        name: "aggregate", summary: "Run a pipeline on a collection",
        operands: [
            Operand("COLLECTION", "Where the pipeline starts"),
            Operand("PIPELINE", "A JSON array of stages, @FILE, or @- for standard input"),
        ],
        options: [.store] + Option.output,
        examples: [
            #"atelier aggregate orders '[{"$group": {"_id": "$country", "orders": {"$sum": 1}}}]'"#,
            "atelier aggregate orders @pipeline.json --format ndjson",
        ]
    ) { invocation in
        let name = invocation.operands[0]
        let pipeline = try Command.stages(invocation.operands[1])
        _ = try invocation.format()
        try invocation.withStore { store in
            let progress = Progress("Running the pipeline", isQuiet: invocation.isQuiet)
            defer { progress.finish() }
            let collection = store.database.collection(name)
            try collection.requireExistence(isArgument: true)
            try invocation.noteMissingCollections(pipeline, in: store.database)
            let count = try invocation.printRows(RowDescription()) { write in
                let cursor = try collection.aggregate(pipeline, allowDiskUse: true)
                progress.finish()
                try cursor.forEachDocument(write)
            }
            if count == 0, case .document(let filter)? = pipeline.first?["$match"] {
                invocation.noteEmptyAnswer(filter, on: name)
            }
        }
    }

    /// The stages that an argument holds.
    static func stages(_ argument: String, of name: String = "PIPELINE") throws -> [Document] {
        guard case .array(let stages) = try Invocation.json(argument, of: name) else {
            throw UsageError(
                "\(name): expected a JSON array of stages", advice: #"For example: [{"$match": {"kind": "sale"}}]"#)
        }
        return try stages.values.enumerated().map { index, stage in
            guard case .document(let document) = stage else {
                throw UsageError("\(name): stage \(index) is not an object", advice: #"For example: {"$limit": 5}"#)
            }
            return document
        }
    }
}
