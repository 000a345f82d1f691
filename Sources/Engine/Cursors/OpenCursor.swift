import BSON
import QueryLanguage
import Storage

/// A query's answer in the making: the pipeline, the snapshot it reads, and what one batch left for the next.
///
/// The snapshot stays open as long as the cursor, so all batches see the store as it was when the query began.
/// One thread at a time (`CursorTable` lends it out).
final class OpenCursor {
    let namespace: String
    private let pipeline: Pipeline
    private let snapshot: Snapshot?
    let interrupt: Interrupt
    /// The session it was opened in; nil for none.
    let session: [UInt8]?
    /// A document that no longer fitted into the last batch.
    private var held: Document?
    private(set) var isExhausted = false
    /// The command that opened it, in which errors have their place.
    private let command: Document

    init(
        namespace: String, pipeline: Pipeline, snapshot: Snapshot?, interrupt: Interrupt, session: [UInt8]?,
        command: Document
    ) {
        self.command = command
        self.namespace = namespace
        self.pipeline = pipeline
        self.snapshot = snapshot
        self.interrupt = interrupt
        self.session = session
    }

    deinit { snapshot?.close() }

    /// Appends up to `count` documents, and not more bytes than a reply holds, to the open array.
    func fill(_ writer: BSONWriter, count: Int) throws {
        do { try append(to: writer, count: count) } catch let error as AtelierError {
            throw command.withView { error.located(in: $0, named: "") }
        }
    }

    private func append(to writer: BSONWriter, count: Int) throws {
        let start = writer.mark
        var appended = 0
        if let document = held, count > 0 {
            document.withView { writer.appendElement(.document($0)) }
            held = nil
            appended = 1
        }
        while appended < count && !isExhausted {
            try interrupt.check()
            guard let document = try pipeline.next() else {
                isExhausted = true
                break
            }
            if document.length > Limits.documentSize + Limits.replyOverhead {
                throw AtelierError(
                    .objectTooLarge,
                    "BSONObj size: \(document.length) is invalid. Size must be between 0 and 16793600 (16MB)")
            }
            if appended > 0 && writer.mark - start + document.length > Limits.documentSize {
                held = Document(copying: document)
                return
            }
            writer.appendElement(.document(document))
            appended += 1
        }
    }

    func close() {
        isExhausted = true
        snapshot?.close()
    }
}
