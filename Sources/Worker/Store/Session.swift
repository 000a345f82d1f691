import BSON
import Deployment
import DocumentStore
import Synchronization

/// A logical session of the store, seen as a deployment: whoever works through it can be interrupted.
///
/// Every command carries the session's `lsid`, and `killSessions` stops what the session is doing: the way MongoDB
/// offers to anybody, without rights over other users' operations. Source: MongoDB manual, "killSessions".
///
/// A session serves one request at a time, or an open cursor between its requests.
final class Session: Deployment {
    private let deployment: any Deployment
    private let id: BSONValue
    private let request = Mutex<Cancellation?>(nil)
    private let wasUsed = Atomic(false)

    init(_ deployment: any Deployment) {
        self.deployment = deployment
        var uuid = (0..<16).map { _ in UInt8.random(in: 0...255) }
        uuid[6] = uuid[6] & 0x0F | 0x40  // version 4
        uuid[8] = uuid[8] & 0x3F | 0x80  // the variant of RFC 9562
        id = .document(["id": .binary(subtype: 4, data: uuid)])
    }

    /// Lets the request's cancellation reach the commands that the closure runs through this session.
    func serving<R>(_ cancellation: Cancellation, _ body: () throws -> R) rethrows -> R {
        request.withLock { $0 = cancellation }
        defer { request.withLock { $0 = nil } }
        return try body()
    }

    func run(_ command: Document, in database: String) throws -> Document {
        wasUsed.store(true, ordering: .relaxed)
        let command = command["lsid"] == nil ? command.appending("lsid", id) : command
        // What a cancelled request leaves behind has to be cleared away all the same.
        let isCleaningUp = command.firstKey == "killCursors"
        guard !isCleaningUp, let cancellation = request.withLock({ $0 }) else {
            return try deployment.run(command, in: database)
        }
        return try cancellation.whileInterruptible(by: kill) { try deployment.run(command, in: database) }
    }

    /// Stops what the session is doing. A deployment that cannot is left to come to its end.
    @Sendable private func kill() { _ = try? deployment.run(["killSessions": [id]], in: "admin") }

    /// Tells the deployment that the session will not be used again.
    func close() {
        if wasUsed.load(ordering: .relaxed) { _ = try? deployment.run(["endSessions": [id]], in: "admin") }
    }
}

/// A session while one request has it.
final class SessionLease: @unchecked Sendable {  // Invariant: only the thread that carries out the request touches it.
    let session: Session
    /// An open cursor has taken the session over.
    var isKept = false

    init(_ session: Session) { self.session = session }
}

/// Sessions that nobody uses now, kept for the next request.
final class SessionPool: Sendable {
    private let deployment: any Deployment
    private let idle = Mutex<[Session]>([])

    init(_ deployment: any Deployment) { self.deployment = deployment }

    /// Lends a session to the closure, and takes it back unless a cursor keeps it.
    func withLease<R>(_ body: (SessionLease) throws -> R) rethrows -> R {
        let lease = SessionLease(take())
        defer { if !lease.isKept { give(lease.session) } }
        return try body(lease)
    }

    private func take() -> Session { idle.withLock { $0.popLast() } ?? Session(deployment) }

    func give(_ session: Session) { idle.withLock { $0.append(session) } }

    /// Ends the sessions in the pool.
    func close() {
        for session in idle.withLock({ sessions in
            defer { sessions = [] }
            return sessions
        }) { session.close() }
    }
}

extension Document {
    /// A copy with one more element. The others are copied as they stand.
    fileprivate func appending(_ key: String, _ value: BSONValue) -> Document {
        withView { view in
            Document { writer in
                var cursor = view.elements()
                while cursor.next() { writer.append(element: cursor.elementBytes) }
                writer.append(key, value)
            }
        }
    }

    /// The name of the first element: of a command, what it does.
    fileprivate var firstKey: String? {
        withView { view in
            var cursor = view.elements()
            return cursor.next() ? cursor.keyString : nil
        }
    }
}
