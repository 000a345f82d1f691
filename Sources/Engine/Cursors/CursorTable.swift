import BSON
import Synchronization

/// The cursors that wait for their next `getMore`. Thread-safe.
///
/// A cursor that nobody has asked for in ten minutes is closed, so that its snapshot does not hold pages for ever.
final class CursorTable: Sendable {
    private struct Entry {
        /// Nil while a getMore works with it.
        var cursor: OpenCursor?
        let namespace: String
        let session: [UInt8]?
        var lastUsed: Double
        let immortal: Bool
    }

    /// Invariant: an `OpenCursor` is reached only by who holds the lock or has taken it out of its entry.
    private struct Shared: @unchecked Sendable {
        var entries: [Int64: Entry] = [:]
        var swept = Clock.uptime()
    }

    private let state = Mutex(Shared())
    private static let timeout = 600.0

    var openCount: Int { state.withLock { $0.entries.count } }

    /// Keeps a cursor and gives it an id.
    func add(_ cursor: OpenCursor, immortal: Bool) -> Int64 {
        let box = Box(cursor: cursor)
        return state.withLock { shared in
            var id = Int64.random(in: 1...Int64.max)
            while shared.entries[id] != nil { id = Int64.random(in: 1...Int64.max) }
            shared.entries[id] = Entry(
                cursor: box.cursor, namespace: box.cursor.namespace, session: box.cursor.session,
                lastUsed: Clock.uptime(), immortal: immortal)
            return id
        }
    }

    /// Runs `body` with the cursor, which nobody else can use meanwhile; drops it if `body` fails or exhausts it.
    /// - Throws: `CursorNotFound` for an unknown id, `CursorInUse`, `Unauthorized`-like mismatch of the collection.
    func use<R>(_ id: Int64, namespace: String, _ body: (OpenCursor) throws -> R) throws -> R {
        let taken = try state.withLock { shared -> Box in
            guard let entry = shared.entries[id] else {
                throw AtelierError(.cursorNotFound, "cursor id \(id) not found")
            }
            guard entry.namespace == namespace else {
                throw AtelierError(
                    .unauthorized,
                    "Requested getMore on namespace '\(namespace)', but cursor belongs to a different namespace \(entry.namespace)"
                )
            }
            guard let cursor = entry.cursor else { throw AtelierError(237, "cursor id \(id) is already in use") }
            shared.entries[id]!.cursor = nil
            return Box(cursor: cursor)
        }
        do {
            let result = try body(taken.cursor)
            giveBack(id, taken)
            return result
        } catch {
            taken.cursor.close()
            state.withLock { _ = $0.entries.removeValue(forKey: id) }
            throw error
        }
    }

    private struct Box: @unchecked Sendable {  // Invariant: whoever took the cursor out of its entry is its only user.
        let cursor: OpenCursor
    }

    private func giveBack(_ id: Int64, _ box: Box) {
        let keep = !box.cursor.isExhausted
        let killed = state.withLock { shared -> Bool in
            guard keep, shared.entries[id] != nil else {
                shared.entries.removeValue(forKey: id)
                return true
            }
            shared.entries[id]!.cursor = box.cursor
            shared.entries[id]!.lastUsed = Clock.uptime()
            return false
        }
        if killed { box.cursor.close() }
    }

    /// Closes a cursor, or marks one in use to be closed when it comes back; false for an unknown id.
    func kill(_ id: Int64, namespace: String) -> Bool {
        let (known, box) = state.withLock { shared -> (Bool, Box?) in
            guard let entry = shared.entries[id], entry.namespace == namespace else { return (false, nil) }
            shared.entries.removeValue(forKey: id)
            return (true, entry.cursor.map { Box(cursor: $0) })
        }
        box?.cursor.close()
        return known
    }

    /// Closes the cursors of these sessions, those in use when they come back; of all sessions for nil.
    func kill(sessions: Set<[UInt8]>?) {
        let killed = state.withLock { shared -> [Box] in
            let ids = shared.entries.filter { entry in
                entry.value.session.map { sessions?.contains($0) ?? true } ?? false
            }.map(\.key)
            return ids.compactMap { id in shared.entries.removeValue(forKey: id)?.cursor.map { Box(cursor: $0) } }
        }
        for box in killed { box.cursor.close() }
    }

    /// Closes what has waited too long. Cheap to call often: it looks at most once in ten seconds.
    func sweep() {
        let now = Clock.uptime()
        let stale = state.withLock { shared -> [Box] in
            if now - shared.swept < 10 { return [] }
            shared.swept = now
            let ids = shared.entries.filter {
                !$0.value.immortal && $0.value.cursor != nil && now - $0.value.lastUsed > CursorTable.timeout
            }.map(\.key)
            return ids.compactMap { id in shared.entries.removeValue(forKey: id)?.cursor.map { Box(cursor: $0) } }
        }
        for box in stale { box.cursor.close() }
    }

    func closeAll() {
        let all = state.withLock { shared -> [Box] in
            defer { shared.entries.removeAll() }
            return shared.entries.values.compactMap { $0.cursor.map { Box(cursor: $0) } }
        }
        for box in all { box.cursor.close() }
    }
}
