import BSON
import Deployment

/// The documents of a reply, batch by batch: `next()` fetches more when a batch is used up.
///
/// For one thread at a time. A cursor that goes out of scope before its end closes itself.
public final class Cursor {
    private let database: Database
    private let collection: String
    private let batchSize: Int?
    /// The reply at hand, and where in it the next document's element and the end of the batch lie.
    private var reply: Document
    private var position: Int
    private var end: Int
    /// The server's name for the rest; 0 when this batch is the last.
    private var id: Int64

    /// Takes a reply with a `cursor` (of `find`, `aggregate`, `listIndexes`, …).
    /// - Throws: `badValue` where the reply has none.
    public init(reply: Document, database: Database, batchSize: Int?) throws {
        self.database = database
        self.batchSize = batchSize
        self.reply = reply
        let namespace = reply["cursor"]?.documentValue?["ns"]?.stringValue ?? ""
        collection = String(namespace.drop { $0 != "." }.dropFirst())
        (position, end, id) = try Cursor.locateBatch("firstBatch", in: reply)
    }

    deinit { close() }

    /// The next document, or nil at the end.
    /// - Throws: what `getMore` throws, for example `cursorNotFound`.
    public func next() throws -> Document? { try withNext { Document(copying: $0) } }

    /// Shows the next document to the closure without copying it; nil at the end. The view must not leave the closure.
    public func withNext<R>(_ body: (DocumentView) throws -> R) throws -> R? {
        while position >= end {
            guard id != 0 else { return nil }
            try fetch()
        }
        return try reply.bytes.withUnsafeBytes { bytes in
            // An element cursor starts four bytes past its base: past a document's length, or here at any element.
            var element = DocumentView(base: bytes.baseAddress! + position - 4, length: end - position).elements()
            _ = element.next()
            position += element.elementBytes.count
            return try body(element.value.asDocument)
        }
    }

    /// Calls the closure with each remaining document.
    public func forEachDocument(_ body: (DocumentView) throws -> Void) throws {
        while try withNext({ try body($0) }) != nil {}
    }

    /// All remaining documents, in memory.
    public func all() throws -> [Document] {
        var result: [Document] = []
        while let document = try next() { result.append(document) }
        return result
    }

    /// The remaining documents of the batch at hand, without fetching.
    public func restOfBatch() throws -> [Document] {
        var result: [Document] = []
        while position < end, let document = try next() { result.append(document) }
        return result
    }

    /// Whether the deployment has nothing beyond the batch at hand.
    public var isLastBatch: Bool { id == 0 }

    /// Whether the last document has been read. Where it is false, `next` may still find none.
    public var isExhausted: Bool { position >= end && id == 0 }

    /// Ends the cursor early and frees what the deployment holds for it. Idempotent.
    public func close() {
        position = end
        guard id != 0 else { return }
        let rest = id
        id = 0
        // The deployment may be closed already, and then the cursor is gone with it.
        _ = try? database.run(["killCursors": .string(collection), "cursors": [.int64(rest)]])
    }

    private func fetch() throws {
        let more = try database.run(
            Document { writer in
                writer.append("getMore", ValueView.int64(id))
                writer.append("collection", .string(collection))
                appendIfPresent("batchSize", batchSize, to: writer)
            })
        (position, end, id) = try Cursor.locateBatch("nextBatch", in: more)
        reply = more
    }

    private static func locateBatch(_ name: String, in reply: Document) throws -> (start: Int, end: Int, id: Int64) {
        try reply.withView { view in
            let cursor = view.find("cursor")
            let batch = cursor.type == .document ? cursor.asDocument.find(name) : .missing
            guard batch.type == .array else {
                throw AtelierError(.badValue, "the reply holds no cursor.\(name)")
            }
            let start = batch.pointer - view.base
            return (start + 4, start + Int(batch.length) - 1, cursor.asDocument.find("id").exactInt64 ?? 0)
        }
    }
}
