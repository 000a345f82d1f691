import BSON
import Glibc
import Synchronization

/// Which client, session and server each open cursor belongs to, so that `getMore` and `killCursors` find their way.
final class CursorTable: Sendable {
    struct Owner: Sendable {
        var client: PooledClient
        /// The session the cursor was opened in; the server insists on it. Nil where it knows no sessions.
        var session: SessionHandle?
        /// libmongoc's number of the server that has the cursor.
        var server: UInt32
        var database: String
        var collection: String
        /// Seconds on the monotonic clock.
        var lastUsed: Int = 0
    }

    /// Servers forget a session, and its cursors with it, after half an hour without use.
    private static let lifetime = 30 * 60

    private struct State {
        var owners: [Int64: Owner] = [:]
        /// When the table has grown to this, cursors that nobody finished are swept out.
        var sweepAt = 1000
    }
    private let state = Mutex(State())

    func add(_ cursor: Int64, _ owner: Owner) {
        let now = monotonicSeconds()
        var owner = owner
        owner.lastUsed = now
        // The swept owners are released after the lock: their sessions' `deinit` is none of its business.
        let swept = state.withLock { state -> [Owner] in
            state.owners[cursor] = owner
            guard state.owners.count >= state.sweepAt else { return [] }
            let old = state.owners.filter { now - $0.value.lastUsed > CursorTable.lifetime }
            for id in old.keys { state.owners[id] = nil }
            state.sweepAt = max(1000, 2 * state.owners.count)
            return Array(old.values)
        }
        _ = swept
    }

    /// The owner of a cursor, which counts as use; nil where this driver did not open it or it is used up.
    func owner(of cursor: Int64) -> Owner? {
        state.withLock { state in
            state.owners[cursor]?.lastUsed = monotonicSeconds()
            return state.owners[cursor]
        }
    }

    @discardableResult
    func remove(_ cursor: Int64) -> Owner? { state.withLock { $0.owners.removeValue(forKey: cursor) } }

    func removeAll() -> [Int64: Owner] {
        state.withLock { state in
            defer { state.owners = [:] }
            return state.owners
        }
    }

    var count: Int { state.withLock { $0.owners.count } }
}

func monotonicSeconds() -> Int {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return time.tv_sec
}
