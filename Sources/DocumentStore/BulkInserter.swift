import BSON

/// Inserts many documents, each written straight into the command that carries it.
///
/// Unordered: a document that fails does not stop the others. Commands run on a thread of their own, in order, while the
/// caller builds the next one; the caller's thread alone sees failures.
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
    private let thread: CommandThread
    /// Documents in the command at hand.
    private var count = 0
    /// Documents in commands whose replies were read, and in each command that is under way.
    private var settled = 0
    private var underWay: [Int] = []
    private var result = WriteResult()

    /// - Parameter failed: sees every document that was not inserted, and why, soon after its command; what it throws,
    ///   `append` or `finish` throws. Without it the first failure is thrown.
    public init(
        _ collection: Collection,
        failed: @escaping (WriteError, Document) throws -> Void = { error, _ in throw error.asAtelierError }
    ) {
        self.collection = collection
        self.failed = failed
        thread = CommandThread(collection.database)
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
        while let outcome = thread.takeReply(waiting: true) { try settle(outcome) }
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
        try thread.submit(writer.finishDocument())
        underWay.append(count)
        begin()
        while let outcome = thread.takeReply(waiting: false) { try settle(outcome) }
    }

    private func settle(_ outcome: CommandThread.Outcome) throws {
        let known = result.writeErrors.count
        result.add(try outcome.reply.get(), .insert, offset: settled)
        let news = result.writeErrors[known...]
        if !news.isEmpty { try report(news, outcome.command) }
        if let error = result.writeConcernError { throw error.asAtelierError }
        settled += underWay.removeFirst()
    }

    private func report(_ errors: ArraySlice<WriteError>, _ command: Document) throws {
        let failures = command.withView { view in
            var documents = view.find("documents").asDocument.elements()
            var position = -1
            return errors.map { error in
                while position < error.index - settled, documents.next() { position += 1 }
                return (error, Document(copying: documents.value.asDocument))
            }
        }
        for (error, document) in failures { try failed(error, document) }
    }
}
