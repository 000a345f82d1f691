import BSON

/// Inserts many documents, each written straight into the command that carries it.
///
/// Unordered: a document that fails does not stop the others. For one thread.
/// ```swift
/// let inserter = BulkInserter(orders) { error, document in … }
/// for row in rows { try inserter.append { writer in writer.append("_id", …) } }
/// let result = try inserter.finish()
/// ```
public final class BulkInserter {
    /// How much one command carries: large enough that its cost does not show, small enough to keep memory flat.
    public static let batchBytes = 4 << 20

    private let collection: Collection
    private let failed: (WriteError, Document) throws -> Void
    private let writer = BSONWriter(capacity: BulkInserter.batchBytes + 1 << 16)
    private var count = 0
    /// Documents in commands that were sent.
    private var sent = 0
    private var result = WriteResult()

    /// - Parameter failed: sees every document that was not inserted, and why, soon after its command; what it throws,
    ///   `append` or `finish` throws. Without it the first failure is thrown.
    public init(
        _ collection: Collection, failed: @escaping (WriteError, Document) throws -> Void = { error, _ in throw error.asAtelierError }
    ) {
        self.collection = collection
        self.failed = failed
        begin()
    }

    /// Adds the document that the closure writes element by element.
    public func append(_ build: (BSONWriter) throws -> Void) throws {
        writer.beginElement(.document)
        try build(writer)
        writer.end()
        count += 1
        if writer.count >= BulkInserter.batchBytes || count == WriteBatch.maximumCount { try flush() }
    }

    public func append(_ document: Document) throws {
        // A document that would take the command past its limit goes with the next one.
        if count > 0, writer.count + document.bytes.count > WriteBatch.maximumBytes { try flush() }
        document.withView { writer.appendElement(.document($0)) }
        count += 1
        if writer.count >= BulkInserter.batchBytes || count == WriteBatch.maximumCount { try flush() }
    }

    /// Sends what is left and says what was done: `inserted`, and `writeErrors` with positions over all documents.
    public func finish() throws -> WriteResult {
        if count > 0 { try flush() }
        return result
    }

    private func begin() {
        writer.reset()
        writer.append("insert", .string(collection.name))
        writer.append("ordered", ValueView.bool(false))
        appendIfPresent("writeConcern", collection.writeConcern, to: writer)
        writer.beginArray("documents")
        count = 0
    }

    private func flush() throws {
        writer.end()
        let command = writer.finishDocument()
        let reply = try collection.database.run(command)
        let known = result.writeErrors.count
        result.add(reply, .insert, offset: sent)
        let news = result.writeErrors[known...]
        if !news.isEmpty { try report(news, command) }
        if let error = result.writeConcernError { throw error.asAtelierError }
        sent += count
        begin()
    }

    private func report(_ errors: ArraySlice<WriteError>, _ command: Document) throws {
        let failures = command.withView { view in
            var documents = view.find("documents").asDocument.elements()
            var position = -1
            return errors.map { error in
                while position < error.index - sent, documents.next() { position += 1 }
                return (error, Document(copying: documents.value.asDocument))
            }
        }
        for (error, document) in failures { try failed(error, document) }
    }
}
