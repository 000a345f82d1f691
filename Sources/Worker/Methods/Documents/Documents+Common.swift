import BSON
import DocumentStore

/// Parameters and results that the methods of the group `documents` share.
extension Property {
    static let collection = Property.required("collection", .string, "The collection's name.")
    static let database = Property.optional(
        "database", .string, "The database's name; the store's own where it is left out.")
    static let filter = Property.optional(
        "filter", .document.defaulting(to: [:]), "Which documents: a filter in MongoDB's query language.")
    static let requiredFilter = Property.required("filter", .document, "Which documents; `{}` for all of them.")
    static let projection = Property.optional("projection", .document, "Which fields to return.")
    static let sort = Property.optional("sort", .document, "The order: field paths with 1 or -1.")
    static let hint = Property.optional(
        "hint", .either(.string, .document), "The index to use, by name or key pattern.")
    static let collation = Property.optional("collation", .document, "How strings compare.")
    static let variables = Property.optional("let", .document, "Values that expressions refer to as `$$name`.")
    static let maxTimeMS = Property.optional(
        "maxTimeMS", .integer(0...Int64(Int32.max)), "Milliseconds after which the command gives up.")
    static let allowDiskUse = Property.optional(
        "allowDiskUse", .boolean, "Whether large sorts and groups may spill to disk.")
    static let skip = Property.optional("skip", .integer(from: 0), "How many of the first documents to leave out.")
    static let arrayFilters = Property.optional(
        "arrayFilters", .documents, "Which array elements `$[name]` in the update means.")
    static let upsert = Property.optional(
        "upsert", .boolean.defaulting(to: false), "Whether to insert a document where none matches.")
    static let multi = Property.optional(
        "multi", .boolean.defaulting(to: false), "Whether to change every match, not only the first.")
    static let writeConcern = Property.optional(
        "writeConcern", .document, "When the write counts as done, for example {\"w\": \"majority\"}.")
    static let batchSize = Property.optional(
        "batchSize", .integer(1...100_000).defaulting(to: .integer(Batch.defaultSize)),
        "How many documents one reply holds at most; fewer where they are large.")
}

extension Schema {
    static let update = Schema.either(.document, .array(of: .document, minimumCount: 1))
}

/// How results are handed over: a piece at a time, each in a reply.
enum Batch {
    static let defaultSize: Int64 = 1000

    /// What methods that return documents return.
    static let result = Schema.object([
        .required("documents", .documents, "The first of the documents, or the next."),
        .optional("cursor", .string, "What to ask `documents.next` for the rest with; absent where this was all."),
    ])
}

extension Call {
    /// The first batch of a result, as `Batch.result` says; what is left stays open under a name.
    func firstBatch(of cursor: Cursor) throws -> Document {
        try batch(of: cursor) {
            let name = try service.cursors.keep(OpenCursor(cursor, in: session))
            lease.isKept = true
            return name
        }
    }

    /// As many documents as fit the parameter `batchSize` and a reply.
    /// - Parameter keep: called where documents are left; returns the cursor's name.
    func batch(of cursor: Cursor, keep: () throws -> String) throws -> Document {
        let size = parameters.int("batchSize") ?? Int(Batch.defaultSize)
        return try Document { (writer: BSONWriter) throws in
            var count = 0
            try writer.array("documents") { writer in
                let start = writer.count
                while count < size, writer.count - start < service.options.maximumReplyBytes {
                    try cancellation.check()
                    guard try cursor.withNext({ writer.appendElement(.document($0)) }) != nil else { break }
                    count += 1
                    progress?.report(done: count)
                }
            }
            if !cursor.isExhausted { writer.append("cursor", BSONValue.string(try keep())) }
        }
    }
}
