import BSON
import CMongoC
import Glibc
import Synchronization

/// Lends libmongoc's clients, each to one thread at a time.
///
/// libmongoc ties sessions, and so cursors, to the client that opened them. So a thread may ask for one client in
/// particular; open cursors and sessions do not keep a client from being lent for other commands in between, and no
/// number of them can use up the pool.
final class ClientPool: @unchecked Sendable {  // Invariant: `clients` and their `isLent` are touched under `mutex`.
    let errorSource: ErrorSource
    let retriesWrites: Bool
    /// Whether writes are acknowledged unless a command says otherwise.
    let acknowledgesWrites: Bool
    private let library: LibraryPool
    private let maximumSize: Int
    private let waitTimeout: Int?
    private var clients: [PooledClient] = []
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let returned = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

    init(_ address: borrowing ConnectionString) throws {
        errorSource = ErrorSource(
            addresses: address.addresses, serverSelectionTimeout: address.serverSelectionTimeout)
        retriesWrites = address.retriesWrites
        acknowledgesWrites = address.writeConcern.map { mongoc_write_concern_is_acknowledged($0) } ?? true
        maximumSize = address.maximumPoolSize
        waitTimeout = address.waitQueueTimeout
        library = try LibraryPool(address, errorSource: errorSource)
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(returned, nil)
    }

    deinit {
        pthread_cond_destroy(returned)
        pthread_mutex_destroy(mutex)
        returned.deallocate()
        mutex.deallocate()
    }

    /// Lends a client to the calling thread for the length of the call.
    /// - Parameter wanted: the client that has the session or cursor in question; nil for any.
    /// - Throws: what the closure throws, or `AtelierError` when `waitQueueTimeoutMS` has passed.
    func withClient<R>(_ wanted: PooledClient? = nil, _ body: (PooledClient) throws -> R) throws -> R {
        let client = try checkOut(wanted)
        defer { checkIn(client) }
        client.destroyRetiredSessions()
        return try body(client)
    }

    private func checkOut(_ wanted: PooledClient?) throws -> PooledClient {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        let deadline = waitTimeout.map { timespec(millisecondsFromNow: $0) }
        while true {
            if let client = try wanted.map({ $0.isLent ? nil : $0 }) ?? anyClient(unless: wanted != nil) {
                client.isLent = true
                return client
            }
            if var deadline {
                guard pthread_cond_timedwait(returned, mutex, &deadline) != ETIMEDOUT else {
                    throw AtelierError(
                        .hostUnreachable, "all \(maximumSize) connections were busy for \(waitTimeout ?? 0) ms",
                        advice: "Raise maxPoolSize or waitQueueTimeoutMS in the address.")
                }
            } else {
                pthread_cond_wait(returned, mutex)
            }
        }
    }

    /// A client that nobody uses, best one without sessions of its own, so that cursors seldom wait for each other.
    private func anyClient(unless particular: Bool) throws -> PooledClient? {
        if particular { return nil }
        let idle = clients.filter { !$0.isLent }
        if let free = idle.last(where: { $0.sessionCount == 0 }) { return free }
        if clients.count < maximumSize {
            let client = try PooledClient(library, errorSource: errorSource)
            clients.append(client)
            return client
        }
        return idle.min { $0.sessionCount < $1.sessionCount }
    }

    private func checkIn(_ client: PooledClient) {
        pthread_mutex_lock(mutex)
        client.isLent = false
        pthread_cond_broadcast(returned)
        pthread_mutex_unlock(mutex)
    }
}

/// Owns a `mongoc_client_pool_t`; destroyed when the last client has gone back.
final class LibraryPool: @unchecked Sendable {  // Invariant: libmongoc's pool functions are thread-safe.
    let pointer: OpaquePointer

    init(_ address: borrowing ConnectionString, errorSource: ErrorSource) throws {
        var error = bson_error_t()
        guard let pointer = mongoc_client_pool_new_with_error(address.pointer, &error) else {
            throw AtelierError(error, reply: Document(), from: errorSource)
        }
        self.pointer = pointer
        mongoc_client_pool_set_error_api(pointer, MONGOC_ERROR_API_VERSION_2)
        AnsweringServer.observe(pointer)
    }

    deinit { mongoc_client_pool_destroy(pointer) }
}

extension timespec {
    fileprivate init(millisecondsFromNow milliseconds: Int) {
        self.init()
        clock_gettime(CLOCK_REALTIME, &self)
        let nanoseconds = tv_nsec + milliseconds % 1000 * 1_000_000
        tv_sec += milliseconds / 1000 + nanoseconds / 1_000_000_000
        tv_nsec = nanoseconds % 1_000_000_000
    }
}
