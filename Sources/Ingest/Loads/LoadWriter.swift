import BSON
import DocumentStore

/// Writes one collection's documents: inserts them, and deals with those whose `_id` is there already.
final class LoadWriter {
    /// What becomes of a document whose `_id` is there.
    enum Existing {
        /// It stays as it is: it came of the same bytes.
        case kept
        /// The new one takes its place.
        case replaced
        /// It is changed by the update made of the new one.
        case updated((Document) -> Document)
    }

    private let collection: Collection
    private let inserter: BulkInserter
    private let existing: Existing
    /// Shared with the inserter's closure.
    private let pending: Pending

    private final class Pending {
        var figures: LoadReport.Written
        var statements: [UpdateStatement] = []
        init(_ name: String) { figures = LoadReport.Written(collection: name) }
    }

    init(_ collection: Collection, existing: Existing) {
        self.collection = collection
        self.existing = existing
        let pending = Pending(collection.name)
        self.pending = pending
        inserter = BulkInserter(collection) { error, document in
            guard error.code == .duplicateKey else {
                throw AtelierError(
                    error.code, error.message,
                    at: "\(collection.name) \(document["_id"].map { $0.extendedJSON() } ?? "")",
                    advice: "The collection's validator and indexes are in collections/\(collection.name).json.",
                    details: error.details)
            }
            switch existing {
            case .kept: pending.figures.unchanged += 1
            case .replaced: pending.statements.append(.put(document))
            case .updated(let change):
                pending.statements.append(
                    UpdateStatement(["_id": document["_id"] ?? .null], .document(change(document)), upsert: true))
            }
        }
    }

    /// Adds the document that the closure writes.
    @inline(__always)
    func append(_ build: (BSONWriter) throws -> Void) throws {
        try inserter.append(build)
        if pending.statements.count >= 1000 { try update() }
    }

    func append(_ document: Document) throws {
        try inserter.append(document)
        if pending.statements.count >= 1000 { try update() }
    }

    /// Writes what is left and says what was done.
    func finish() throws -> LoadReport.Written {
        pending.figures.inserted = try inserter.finish().inserted + pending.figures.inserted
        try update()
        return pending.figures
    }

    private func update() throws {
        guard !pending.statements.isEmpty else { return }
        let result = try collection.bulkUpdate(pending.statements, ordered: false).orThrow()
        pending.statements.removeAll(keepingCapacity: true)
        pending.figures.modified += result.modified
        pending.figures.unchanged += result.matched - result.modified
        pending.figures.inserted += result.upserted.count
    }
}
