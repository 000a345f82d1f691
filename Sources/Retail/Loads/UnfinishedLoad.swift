import BSON
import DocumentStore

/// A load that was begun and has not been finished: broken off, failed, or still running. What the store holds of it may be a
/// part only, so that answers are too small.
public struct UnfinishedLoad: Sendable, Equatable {
    /// The id of its document in `loads`.
    public let id: String
    /// The kind of files, as `atelier import` names it.
    public let kind: String
    /// The names of its files.
    public let files: [String]
    /// Milliseconds since 1970-01-01.
    public let startedAt: Int64?
    /// Whether it ended with an error; otherwise it was broken off, or is running.
    public let hasFailed: Bool

    /// The unfinished loads of a database, the oldest first. One query of a collection that has one document a load.
    public static func all(in database: Database) throws -> [UnfinishedLoad] {
        var loads: [UnfinishedLoad] = []
        let cursor = try database.collection("loads").find(
            ["status": ["$in": ["running", "failed"]]], sort: ["startedAt": 1, "_id": 1])
        try cursor.forEachDocument { view in loads.append(UnfinishedLoad(Document(copying: view))) }
        return loads
    }

    private init(_ record: Document) {
        id = record["_id"]?.stringValue ?? ""
        kind = record["kind"]?.stringValue ?? ""
        files = (record["files"]?.arrayValue ?? []).compactMap { $0.documentValue?["name"]?.stringValue }
        startedAt = record["startedAt"]?.dateValue
        hasFailed = record["status"]?.stringValue == "failed"
    }

    /// What people should know who ask the store something, and what to do.
    public var description: String {
        let name = files.isEmpty ? "a load" : "the load of \(files.prefix(3).joined(separator: ", "))"
        let more = files.count > 3 ? " and \(files.count - 3) more files" : ""
        let begun = startedAt.map { " begun at \(UTCDate(milliseconds: $0).iso8601(milliseconds: .whenNotZero))" } ?? ""
        let state = hasFailed ? "failed" : "was broken off, or is still running"
        return "\(name)\(more)\(begun) \(state): answers may lack a part of it. Importing the same again completes it."
    }

    /// As the worker tells it.
    public var document: Document {
        Document { writer in
            writer.append("id", BSONValue.string(id))
            writer.append("kind", BSONValue.string(kind))
            writer.append("files", BSONValue.array(BSONArray(files.map { .string($0) })))
            if let startedAt { writer.append("startedAt", BSONValue.date(startedAt)) }
            writer.append("failed", BSONValue.bool(hasFailed))
        }
    }
}
