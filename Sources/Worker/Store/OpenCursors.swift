import BSON
import DocumentStore
import Synchronization

/// A cursor with the session it lives in.
final class OpenCursor: @unchecked Sendable {  // Invariant: only the thread that took it out of its table touches it.
    let cursor: Cursor
    let session: Session

    init(_ cursor: Cursor, in session: Session) {
        self.cursor = cursor
        self.session = session
    }
}

/// Results that are not read to their end yet, by the name the caller has for them.
final class OpenCursors: Sendable {
    private enum Slot {
        case idle(OpenCursor, since: Double)
        /// A request is reading it.
        case inUse
    }

    private struct Table {
        var slots: [String: Slot] = [:]
        var lastNumber = 0
    }

    private let table = Mutex(Table())
    private let sessions: SessionPool
    private let capacity: Int
    private let timeout: Double

    /// - Parameters:
    ///   - capacity: how many may be open at once.
    ///   - timeout: seconds without a request after which a cursor is closed.
    init(sessions: SessionPool, capacity: Int, timeout: Double) {
        self.sessions = sessions
        self.capacity = capacity
        self.timeout = timeout
    }

    var count: Int { table.withLock { $0.slots.count } }

    /// Keeps a cursor and its session; returns the name to ask for it by.
    /// - Throws: `AtelierError` where too many are open.
    func keep(_ entry: OpenCursor) throws -> String {
        try table.withLock { table in
            if table.slots.count >= capacity {
                throw AtelierError(
                    .tooManyCursors, "\(capacity) cursors are open, as many as may be",
                    advice: "Read cursors to their end, or close them with documents.closeCursor.")
            }
            table.lastNumber += 1
            let name = "c\(table.lastNumber)"
            table.slots[name] = .idle(entry, since: MonotonicClock.seconds)
            return name
        }
    }

    /// Hands a cursor to the one request that reads it now; to be given back with `putBack` or `close`.
    /// - Throws: `cursorNotFound`, or `cursorInUse` while another request reads it.
    func take(_ name: String) throws -> OpenCursor {
        try table.withLock { table in
            switch table.slots[name] {
            case .idle(let entry, _):
                table.slots[name] = .inUse
                return entry
            case .inUse:
                throw OpenCursors.inUse
            case nil:
                throw OpenCursors.notFound
            }
        }
    }

    private static let inUse = AtelierError(
        .cursorInUse, "another request is reading this cursor", advice: "Wait for its reply before asking for more.")
    private static let notFound = AtelierError(
        .cursorNotFound, "there is no such cursor: it was read to its end, closed, or left alone for too long",
        advice: "Run the query again.")

    func putBack(_ name: String, _ entry: OpenCursor) {
        table.withLock { $0.slots[name] = .idle(entry, since: MonotonicClock.seconds) }
    }

    /// Forgets a cursor that was taken out.
    func close(_ name: String, _ entry: OpenCursor) {
        table.withLock { $0.slots[name] = nil }
        release(entry)
    }

    /// Closes the cursors that nobody has read from for too long.
    func closeIdle() {
        let limit = MonotonicClock.seconds - timeout
        closeAll { $0 < limit }
    }

    /// Closes all that no request is reading.
    func closeAll() { closeAll { _ in true } }

    private func closeAll(where isDue: (_ since: Double) -> Bool) {
        let due = table.withLock { table in
            var due: [OpenCursor] = []
            for (name, slot) in table.slots {
                guard case .idle(let entry, let since) = slot, isDue(since) else { continue }
                due.append(entry)
                table.slots[name] = nil
            }
            return due
        }
        for entry in due { release(entry) }
    }

    private func release(_ entry: OpenCursor) {
        entry.cursor.close()
        sessions.give(entry.session)
    }
}

extension ErrorCode {
    static let cursorInUse: ErrorCode = 237
    /// MongoDB has no number for it; the nearest is ExceededMemoryLimit.
    static let tooManyCursors: ErrorCode = 146
}
