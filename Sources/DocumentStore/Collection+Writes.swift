import BSON
import Deployment

/// Every method returns what happened, failed single writes included: call `orThrow()` where one is an error.
extension Collection {
    /// Adds documents, in as few commands as the limits allow.
    ///
    /// - Parameter ordered: stop at the first that fails; otherwise try them all.
    public func insert(_ documents: [Document], ordered: Bool = true) throws -> WriteResult {
        try write("insert", "documents", documents, .insert, ordered: ordered)
    }

    public func insert(_ document: Document) throws -> WriteResult { try insert([document]) }

    /// Changes the first document that matches.
    public func updateOne(
        _ filter: Document, _ update: Update, upsert: Bool = false, arrayFilters: [Document] = []
    ) throws -> WriteResult {
        try bulkUpdate([UpdateStatement(filter, update, upsert: upsert, arrayFilters: arrayFilters)])
    }

    /// Changes the first document that matches, with update operators.
    public func updateOne(_ filter: Document, _ update: Document, upsert: Bool = false) throws -> WriteResult {
        try updateOne(filter, .document(update), upsert: upsert)
    }

    /// Changes every document that matches.
    public func updateMany(
        _ filter: Document, _ update: Update, upsert: Bool = false, arrayFilters: [Document] = []
    ) throws -> WriteResult {
        try bulkUpdate([UpdateStatement(filter, update, upsert: upsert, multi: true, arrayFilters: arrayFilters)])
    }

    /// Changes every document that matches, with update operators.
    public func updateMany(_ filter: Document, _ update: Document, upsert: Bool = false) throws -> WriteResult {
        try updateMany(filter, .document(update), upsert: upsert)
    }

    /// Puts a document in place of the first that matches.
    public func replaceOne(_ filter: Document, _ replacement: Document, upsert: Bool = false) throws -> WriteResult {
        try updateOne(filter, .document(replacement), upsert: upsert)
    }

    /// Runs many statements in as few `update` commands as the limits allow.
    public func bulkUpdate(_ statements: [UpdateStatement], ordered: Bool = true) throws -> WriteResult {
        try write("update", "updates", statements.map(\.document), .update, ordered: ordered)
    }

    /// Puts each document in place of the one with its `_id`, or adds it; equal documents count as matched, not modified.
    public func put(_ documents: [Document], ordered: Bool = true) throws -> WriteResult {
        try bulkUpdate(documents.map(UpdateStatement.put), ordered: ordered)
    }

    /// Removes the first document that matches.
    public func deleteOne(_ filter: Document) throws -> WriteResult { try delete(filter, limit: 1) }

    /// Removes every document that matches.
    public func deleteMany(_ filter: Document) throws -> WriteResult { try delete(filter, limit: 0) }

    private func delete(_ filter: Document, limit: Int32) throws -> WriteResult {
        let statement: Document = ["q": .document(filter), "limit": .int32(limit)]
        return try write("delete", "deletes", [statement], .delete, ordered: true)
    }

    /// Changes one document and returns it as it was, or with `returnNew` as it is now; nil where none matched.
    public func findAndUpdate(
        _ filter: Document, _ update: Update, sort: Document? = nil, projection: Document? = nil, upsert: Bool = false,
        returnNew: Bool = false, arrayFilters: [Document] = []
    ) throws -> Document? {
        try findAndModify(filter, sort: sort, projection: projection) { writer in
            writer.append("update", update.value)
            writer.append("new", ValueView.bool(returnNew))
            writer.append("upsert", ValueView.bool(upsert))
            if !arrayFilters.isEmpty { writer.append("arrayFilters", .array(BSONArray(documents: arrayFilters))) }
        }
    }

    /// Removes one document and returns it; nil where none matched.
    public func findAndDelete(_ filter: Document, sort: Document? = nil, projection: Document? = nil) throws
        -> Document?
    {
        try findAndModify(filter, sort: sort, projection: projection) { $0.append("remove", ValueView.bool(true)) }
    }

    private func findAndModify(
        _ filter: Document, sort: Document?, projection: Document?, _ change: (BSONWriter) -> Void
    ) throws -> Document? {
        let reply = try database.run(
            Document { writer in
                writer.append("findAndModify", .string(name))
                writer.append("query", .document(filter))
                appendIfPresent("sort", sort, to: writer)
                change(writer)
                appendIfPresent("fields", projection, to: writer)
                appendIfPresent("writeConcern", writeConcern, to: writer)
            })
        return reply["value"]?.documentValue
    }

    // MARK: Batches

    /// Sends statements in commands of at most `WriteBatch.maximumCount` and about `WriteBatch.maximumBytes`.
    private func write(
        _ command: String, _ field: String, _ statements: [Document], _ kind: WriteKind, ordered: Bool
    ) throws -> WriteResult {
        var result = WriteResult()
        for range in WriteBatch.ranges(statements) {
            let reply = try database.run(
                Document { writer in
                    writer.append(command, .string(name))
                    writer.append("ordered", ValueView.bool(ordered))
                    appendIfPresent("writeConcern", writeConcern, to: writer)
                    writer.array(field) { writer in
                        for statement in statements[range] {
                            statement.withView { writer.appendElement(.document($0)) }
                        }
                    }
                })
            result.add(reply, kind, offset: range.lowerBound)
            if ordered && !result.writeErrors.isEmpty { break }
        }
        return result
    }
}

/// How many statements one write command carries.
///
/// Source: MongoDB manual, "MongoDB Limits and Thresholds" (100,000 writes a batch, 16 MiB a document: the command is one).
public enum WriteBatch {
    public static let maximumCount = 100_000
    public static let maximumBytes = 15 << 20

    /// Consecutive ranges within the limits; a statement over the byte limit goes alone.
    static func ranges(_ statements: [Document]) -> [Range<Int>] {
        var ranges: [Range<Int>] = []
        var start = 0
        var bytes = 0
        for (index, statement) in statements.enumerated() {
            let size = statement.bytes.count + 8  // Type byte, index of up to six digits, NUL.
            if index > start, bytes + size > maximumBytes || index - start == maximumCount {
                ranges.append(start..<index)
                start = index
                bytes = 0
            }
            bytes += size
        }
        if start < statements.count { ranges.append(start..<statements.count) }
        return ranges
    }
}
