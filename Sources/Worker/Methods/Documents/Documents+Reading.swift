import BSON
import DocumentStore

extension Method {
    static let documentsFind = Method(
        "documents.find", "The documents that match a filter.",
        parameters: [
            .collection, .database, .filter, .projection, .sort, .skip,
            .optional("limit", .integer(from: 0), "How many documents at most; 0 for all."),
            .batchSize, .hint, .collation, .variables, .allowDiskUse, .maxTimeMS,
        ],
        result: Batch.result,
        command: { parameters in
            Document { writer in
                writer.append("find", parameters["collection"]!)
                parameters.pass(
                    "filter", "projection", "sort", "skip", "limit", "hint", "collation", "let", "allowDiskUse",
                    "maxTimeMS",
                    to: writer)
                writer.append("batchSize", BSONValue.integer(parameters.int("batchSize") ?? Int(Batch.defaultSize)))
            }
        },
        reply: { reply, call in
            try call.firstBatch(
                of: try Cursor(reply: reply, database: call.database, batchSize: call.parameters.int("batchSize")))
        })

    static let documentsFindOne = Method(
        "documents.findOne", "The first document that matches a filter.",
        parameters: [
            .collection, .database, .filter, .projection, .sort, .skip, .hint, .collation, .variables, .allowDiskUse,
            .maxTimeMS,
        ],
        result: .object([.required("document", .either(.document, .null), "The document; null where none matches.")]),
        command: { parameters in
            Document { writer in
                writer.append("find", parameters["collection"]!)
                parameters.pass(
                    "filter", "projection", "sort", "skip", "hint", "collation", "let", "allowDiskUse", "maxTimeMS",
                    to: writer)
                writer.append("limit", ValueView.int32(1))
                writer.append("singleBatch", ValueView.bool(true))
            }
        },
        reply: { reply, call in
            let cursor = try Cursor(reply: reply, database: call.database, batchSize: nil)
            return ["document": try cursor.next().map { .document($0) } ?? .null]
        })

    static let documentsCount = Method(
        "documents.count", "How many documents match a filter.",
        parameters: [
            .collection, .database, .filter, .skip,
            .optional("limit", .integer(from: 1), "Where to stop counting."), .hint, .collation, .maxTimeMS,
        ],
        result: .object([.required("count", .integer(from: 0), "How many.")]),
        command: { parameters in
            Document { writer in
                writer.append("aggregate", parameters["collection"]!)
                writer.array("pipeline") { writer in
                    let filter = parameters.object("filter") ?? [:]
                    writer.appendElement(.document(["$match": .document(filter)]))
                    if let skip = parameters["skip"] { writer.appendElement(.document(["$skip": skip])) }
                    if let limit = parameters["limit"] { writer.appendElement(.document(["$limit": limit])) }
                    writer.appendElement(.document(["$count": "count"]))
                }
                writer.append("cursor", BSONValue.document([:]))
                parameters.pass("hint", "collation", "maxTimeMS", to: writer)
            }
        },
        reply: { reply, call in
            let cursor = try Cursor(reply: reply, database: call.database, batchSize: nil)
            return ["count": try cursor.next()?["count"] ?? 0]
        })

    static let documentsDistinct = Method(
        "documents.distinct", "The distinct values of a field among the documents that match a filter.",
        parameters: [
            .collection, .database, .required("field", .string, "The field's path."), .filter, .hint, .collation,
            .maxTimeMS,
        ],
        result: .object([.required("values", .array(of: .any), "The values, each once.")]),
        command: { parameters in
            Document { writer in
                writer.append("distinct", parameters["collection"]!)
                writer.append("key", parameters["field"]!)
                if let filter = parameters["filter"] { writer.append("query", filter) }
                parameters.pass("hint", "collation", "maxTimeMS", to: writer)
            }
        },
        reply: { reply, _ in ["values": reply["values"] ?? []] })

    static let documentsAggregate = Method(
        "documents.aggregate", "The result of an aggregation pipeline. With `$out` or `$merge` at its end it writes.",
        writes: true,
        parameters: [
            .optional(
                "collection", .string,
                "The collection's name; left out where the pipeline starts from none (`$documents`)."),
            .database, .required("pipeline", .documents, "The stages."),
            .batchSize, .hint, .collation, .variables, .allowDiskUse, .writeConcern, .maxTimeMS,
        ],
        result: Batch.result,
        command: { parameters in
            Document { writer in
                writer.append("aggregate", parameters["collection"] ?? 1)
                parameters.pass(
                    "pipeline", "hint", "collation", "let", "allowDiskUse", "writeConcern", "maxTimeMS", to: writer)
                writer.document("cursor") {
                    $0.append("batchSize", BSONValue.integer(parameters.int("batchSize") ?? Int(Batch.defaultSize)))
                }
            }
        },
        reply: { reply, call in
            try call.firstBatch(
                of: try Cursor(reply: reply, database: call.database, batchSize: call.parameters.int("batchSize")))
        })
}
