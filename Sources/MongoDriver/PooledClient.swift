import BSON
import CMongoC
import Synchronization

/// Owns a `mongoc_client_t` that came from libmongoc's pool, and the sessions on it that nobody else owns.
///
/// Invariant of `@unchecked Sendable`: `pointer`, `spare` and `writer` are touched only by the thread the client is lent
/// to, `isLent` only under the pool's mutex; the rest is atomic or locked.
final class PooledClient: @unchecked Sendable {
    let pointer: OpaquePointer
    var isLent = false
    private let library: LibraryPool
    private let errorSource: ErrorSource
    /// A session that no cursor has claimed, kept for the next command that may open one.
    private var spare: OpaquePointer?
    /// The session whose numbers make writes retryable. Never used for transactions, which libmongoc numbers itself.
    private var writer: (session: OpaquePointer, number: Int64)?
    /// Sessions whose owners are gone, to be destroyed by the next thread that has the client.
    private let retired = Mutex<[SessionPointer]>([])
    private let sessions = Atomic<Int>(0)

    init(_ library: LibraryPool, errorSource: ErrorSource) throws {
        guard let pointer = mongoc_client_pool_pop(library.pointer) else {
            throw AtelierError(.internalError, "libmongoc's connection pool is used up")
        }
        self.pointer = pointer
        self.library = library
        self.errorSource = errorSource
    }

    deinit {
        destroyRetiredSessions()
        for session in [spare, writer?.session] { session.map { mongoc_client_session_destroy($0) } }
        mongoc_client_pool_push(library.pointer, pointer)
    }

    /// How many sessions, of cursors and of callers, live on this client.
    var sessionCount: Int { sessions.load(ordering: .relaxed) }

    // MARK: Sessions. Only for the thread the client is lent to, but for `retire`.

    /// Opens a session for somebody who keeps it.
    /// - Throws: `AtelierError`, also where the deployment knows no sessions.
    func startSession(causallyConsistent: Bool) throws -> SessionHandle {
        sessions.add(1, ordering: .relaxed)
        do {
            return SessionHandle(try openSession(causallyConsistent: causallyConsistent), on: self)
        } catch {
            sessions.subtract(1, ordering: .relaxed)
            throw error
        }
    }

    /// A session for one command; nil where the deployment knows no sessions.
    func takeSpareSession() throws -> OpaquePointer? {
        if let session = spare {
            spare = nil
            return session
        }
        do {
            return try openSession(causallyConsistent: false)
        } catch let error as AtelierError where error.code == .illegalOperation {
            return nil
        }
    }

    func giveBackSpareSession(_ session: OpaquePointer?) {
        guard let session else { return }
        if spare == nil && !mongoc_client_session_get_dirty(session) {
            spare = session
        } else {
            mongoc_client_session_destroy(session)
        }
    }

    /// Turns a session from `takeSpareSession` into one that lives as long as a cursor.
    func keep(_ session: OpaquePointer) -> SessionHandle {
        sessions.add(1, ordering: .relaxed)
        return SessionHandle(session, on: self)
    }

    /// The session of this client's retryable writes, with the next number; nil where the deployment knows no sessions.
    func nextNumberedWrite() throws -> (session: OpaquePointer, number: Int64)? {
        if writer == nil { writer = try takeSpareSession().map { ($0, 0) } }
        writer?.number += 1
        return writer
    }

    /// Forgets the session of retryable writes: a server may still be busy with the last one.
    func discardNumberedWrites() {
        writer.map { mongoc_client_session_destroy($0.session) }
        writer = nil
    }

    /// Takes over a session from its owner, on any thread.
    func retire(_ session: OpaquePointer) {
        retired.withLock { $0.append(SessionPointer(session)) }
        sessions.subtract(1, ordering: .relaxed)
    }

    func destroyRetiredSessions() {
        let ended = retired.withLock { list in
            defer { list = [] }
            return list
        }
        for session in ended { mongoc_client_session_destroy(session.pointer) }
    }

    private func openSession(causallyConsistent: Bool) throws -> OpaquePointer {
        let options = mongoc_session_opts_new()
        defer { mongoc_session_opts_destroy(options) }
        mongoc_session_opts_set_causal_consistency(options, causallyConsistent)
        var error = bson_error_t()
        guard let session = mongoc_client_start_session(pointer, options, &error) else {
            throw AtelierError(error, reply: Document(), from: errorSource)
        }
        return session
    }
}

/// Owns a `mongoc_client_session_t` until its last user is gone, and gives it back to its client then.
///
/// Invariant of `@unchecked Sendable`: `pointer` is used only by the thread that `client` is lent to.
final class SessionHandle: @unchecked Sendable {
    let client: PooledClient
    let pointer: OpaquePointer

    fileprivate init(_ pointer: OpaquePointer, on client: PooledClient) {
        self.pointer = pointer
        self.client = client
    }

    deinit { client.retire(pointer) }
}

/// A session on its way from one thread to another.
private struct SessionPointer: @unchecked Sendable {  // Invariant: whoever takes it off the list is its only user.
    let pointer: OpaquePointer
    init(_ pointer: OpaquePointer) { self.pointer = pointer }
}
