import BSON
import DocumentStore

extension Method {
    static let documentsUpdate = Method(
        "documents.update", "Changes the first document that matches, or with `multi` all of them.", writes: true,
        parameters: [
            .collection, .database, .requiredFilter,
            .required("update", .update, "Update operators (`$set`, `$inc`, …), or the stages of an update pipeline."),
            .multi, .upsert, .arrayFilters, .hint, .collation, .variables, .writeConcern, .maxTimeMS,
        ],
        result: updateResult,
        command: { parameters in
            try requireOperators(in: "update", parameters)
            return updateCommand(parameters, update: parameters["update"]!)
        },
        reply: updateReply)

    static let documentsReplace = Method(
        "documents.replace", "Puts a document in place of the first that matches; its `_id` stays.", writes: true,
        parameters: [
            .collection, .database, .requiredFilter, .required("replacement", .document, "The new document."),
            .upsert, .hint, .collation, .variables, .writeConcern, .maxTimeMS,
        ],
        result: updateResult,
        command: { parameters in
            try refuseOperators(in: "replacement", parameters)
            return updateCommand(parameters, update: parameters["replacement"]!)
        },
        reply: updateReply)

    static let documentsDelete = Method(
        "documents.delete", "Removes the first document that matches, or with `multi` all of them.", writes: true,
        parameters: [
            .collection, .database, .requiredFilter, .multi, .hint, .collation, .variables, .writeConcern, .maxTimeMS,
        ],
        result: .object([.required("deletedCount", .integer(from: 0), "How many were removed.")]),
        command: { parameters in
            Document { writer in
                writer.append("delete", parameters["collection"]!)
                writer.array("deletes") { writer in
                    writer.appendElement(
                        .document(
                            Document { writer in
                                writer.append("q", parameters["filter"]!)
                                writer.append("limit", ValueView.int32(parameters.bool("multi") == true ? 0 : 1))
                                parameters.pass("hint", "collation", to: writer)
                            }))
                }
                parameters.pass("let", "writeConcern", "maxTimeMS", to: writer)
            }
        },
        reply: { reply, _ in
            var replies = WriteReplies()
            replies.add(reply)
            let done: Document = ["deletedCount": .integer(replies.count)]
            try replies.check(done: done)
            return done
        })

    static let documentsFindAndModify = Method(
        "documents.findAndModify",
        "Changes, replaces or removes one document and returns it. Needs `update`, `replacement` or `remove`.",
        writes: true,
        parameters: [
            .collection, .database, .requiredFilter, .sort,
            .optional("update", .update, "Update operators, or the stages of an update pipeline."),
            .optional("replacement", .document, "The new document."),
            .optional("remove", .boolean, "Whether to remove the document."),
            .optional(
                "returnDocument", .choice("before", "after").defaulting(to: "before"),
                "Whether to return it as it was or as it is now."),
            .projection, .upsert, .arrayFilters, .hint, .collation, .variables, .writeConcern, .maxTimeMS,
        ],
        result: .object([
            .required(
                "document", .either(.document, .null),
                "The document; null where none matched, or where it was just inserted."),
            .required("matchedCount", .integer(0...1), "Whether one matched."),
            .optional("upsertedId", .any, "The id of the document that was inserted."),
        ]),
        command: findAndModifyCommand,
        reply: { reply, _ in
            let outcome = reply["lastErrorObject"]?.documentValue ?? [:]
            let upserted = outcome["upserted"]
            return Document { writer in
                writer.append("document", reply["value"] ?? .null)
                writer.append("matchedCount", upserted == nil ? outcome["n"] ?? 0 : 0)
                if let upserted { writer.append("upsertedId", upserted) }
            }
        })
}

// MARK: - Commands and replies

private let updateResult = Schema.object([
    .required("matchedCount", .integer(from: 0), "How many matched, without one that was inserted."),
    .required("modifiedCount", .integer(from: 0), "How many of them are different now."),
    .optional("upsertedId", .any, "The id of the document that was inserted."),
])

@Sendable private func updateReply(_ reply: Document, _ call: Call) throws -> Document {
    var replies = WriteReplies()
    replies.add(reply)
    let done = Document { writer in
        writer.append("matchedCount", BSONValue.integer(replies.count - replies.upsertedIDs.count))
        writer.append("modifiedCount", BSONValue.integer(replies.modified))
        if let id = replies.upsertedIDs.first { writer.append("upsertedId", id) }
    }
    try replies.check(done: done)
    return done
}

private func updateCommand(_ parameters: Parameters, update: BSONValue) -> Document {
    Document { writer in
        writer.append("update", parameters["collection"]!)
        writer.array("updates") { writer in
            writer.appendElement(
                .document(
                    Document { writer in
                        writer.append("q", parameters["filter"]!)
                        writer.append("u", update)
                        parameters.pass("multi", "upsert", "arrayFilters", "hint", "collation", to: writer)
                    }))
        }
        parameters.pass("let", "writeConcern", "maxTimeMS", to: writer)
    }
}

@Sendable private func findAndModifyCommand(_ parameters: Parameters) throws -> Document {
    let isRemoval = parameters.bool("remove") == true
    let changes = ["update", "replacement"].filter { parameters[$0] != nil } + (isRemoval ? ["remove"] : [])
    guard changes.count == 1 else {
        throw RPCError.invalidParams(
            parameters.path,
            "needs one of `update`, `replacement` and `remove: true`, has \(changes.isEmpty ? "none" : "several")")
    }
    if isRemoval, let name = ["returnDocument", "upsert", "arrayFilters"].first(where: { parameters[$0] != nil }) {
        throw parameters.invalid(name, "does not go with `remove`")
    }
    try requireOperators(in: "update", parameters)
    try refuseOperators(in: "replacement", parameters)
    return Document { writer in
        writer.append("findAndModify", parameters["collection"]!)
        writer.append("query", parameters["filter"]!)
        parameters.pass("sort", to: writer)
        if isRemoval { writer.append("remove", ValueView.bool(true)) }
        if let update = parameters["update"] ?? parameters["replacement"] { writer.append("update", update) }
        if parameters.string("returnDocument") == "after" { writer.append("new", ValueView.bool(true)) }
        if let projection = parameters["projection"] { writer.append("fields", projection) }
        parameters.pass("upsert", "arrayFilters", "hint", "collation", "let", "writeConcern", "maxTimeMS", to: writer)
    }
}

/// An update without operators would replace the whole document; nobody means that by `update`.
private func requireOperators(in name: String, _ parameters: Parameters) throws {
    guard let update = parameters.object(name), update.keys.first?.hasPrefix("$") != true else { return }
    throw parameters.invalid(name, "expected update operators such as $set; a whole document goes into `replacement`")
}

private func refuseOperators(in name: String, _ parameters: Parameters) throws {
    guard let first = parameters.object(name)?.keys.first, first.hasPrefix("$") else { return }
    throw parameters.invalid(name, "expected a whole document, found an update operator")
}
