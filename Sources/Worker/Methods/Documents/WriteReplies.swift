import BSON
import DocumentStore

/// The replies of the write commands that one request took, added up.
struct WriteReplies {
    /// Documents inserted or deleted; of an update, matched or upserted.
    private(set) var count = 0
    private(set) var modified = 0
    private(set) var upsertedIDs: [BSONValue] = []
    /// Single writes that failed: `index`, `code`, `codeName`, `message`, and `location`, `advice`, `details` where there are any.
    private(set) var errors: [Document] = []
    private var concernError: Document?

    /// Adds a reply. `offset` is the position of the command's first write among the request's.
    mutating func add(_ reply: Document, offset: Int = 0) {
        count += Int(reply["n"]?.integerValue ?? 0)
        modified += Int(reply["nModified"]?.integerValue ?? 0)
        upsertedIDs += (reply["upserted"]?.arrayValue ?? []).compactMap { $0.documentValue?["_id"] }
        errors += (reply["writeErrors"]?.arrayValue ?? []).compactMap {
            $0.documentValue.map { WriteReplies.error($0, offset: offset) }
        }
        if let error = reply["writeConcernError"]?.documentValue {
            concernError = WriteReplies.error(error, offset: nil)
        }
    }

    /// Throws the first failure as a database error; `data` has all of them, and what was done all the same.
    /// - Parameter done: the counts that the method would have returned.
    func check(done: Document) throws {
        guard let first = errors.first ?? concernError else { return }
        throw RPCError(
            .databaseError, first["message"]?.stringValue ?? "a write failed",
            data: Document { writer in
                for name in ["code", "codeName", "index", "location", "advice", "details"] {
                    if let value = first[name] { writer.append(name, value) }
                }
                for (name, value) in done.elements { writer.append(name, value) }
                if !errors.isEmpty { writer.append("writeErrors", .array(BSONArray(documents: errors))) }
                if let concernError { writer.append("writeConcernError", .document(concernError)) }
            })
    }

    private static func error(_ entry: Document, offset: Int?) -> Document {
        let code = ErrorCode(rawValue: Int32(truncatingIfNeeded: entry["code"]?.integerValue ?? 8))
        let rest = entry.elements.filter { !["index", "code", "codeName", "errmsg"].contains($0.key) }
        var failure = AtelierError(code, "", details: rest.isEmpty ? nil : Document(rest.map { ($0.key, $0.value) }))
        failure.readInformation()
        return Document { writer in
            if let offset { writer.append("index", BSONValue.integer(offset + Int(entry["index"]?.integerValue ?? 0))) }
            writer.append("code", BSONValue.int32(code.rawValue))
            writer.append("codeName", BSONValue.string(code.name))
            let message = entry["errmsg"]?.stringValue ?? code.name
            let refusal = ValidationFailure.summary(of: entry)
            writer.append("message", BSONValue.string(refusal.map { "\(message): \($0)" } ?? message))
            if let place = failure.location { writer.append("location", BSONValue.string(place)) }
            if let advice = failure.advice { writer.append("advice", BSONValue.string(advice)) }
            if let details = failure.details { writer.append("details", BSONValue.document(details)) }
        }
    }
}
