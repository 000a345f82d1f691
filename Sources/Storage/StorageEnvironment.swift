import BSON
import CLMDB
import Glibc
import Synchronization

/// A store: one file with collections of documents and their indexes.
///
/// Any number of threads and processes may use one store at once. Readers see a snapshot and never wait; writers take
/// turns. What `write` has returned for is on disk (unless `relaxed` was asked for), and after a crash at any moment
/// the store is as of the last completed write. Opening a file twice in a process is safe: both share what is below.
public final class StorageEnvironment: Sendable {
    let core: EnvironmentCore
    /// What `write` waits for.
    public let durability: Durability
    public let isReadOnly: Bool
    private let isClosed = Atomic(false)

    /// Opens the store at a path, creating it where there is none (unless read-only).
    ///
    /// The file is created with mode 0600; LMDB keeps a lock file with `-lock` added to its name beside it.
    /// - Throws: `AtelierError` that says why the store cannot be opened.
    public init(path: String, options: StorageOptions = StorageOptions()) throws {
        durability = options.durability
        isReadOnly = options.isReadOnly
        core = try EnvironmentCore.open(path, options)
    }

    deinit { close() }

    /// The file, without symbolic links.
    public var path: String { core.path }

    /// Lets go of the store. Idempotent. Snapshots that are open stay valid; the file is closed after the last one.
    public func close() {
        if isClosed.exchange(true, ordering: .acquiringAndReleasing) { return }
        CoreRegistry.release(core)
    }

    public var isOpen: Bool { !isClosed.load(ordering: .acquiring) }

    /// Takes part in the core for one operation.
    func use() throws {
        if !isOpen {
            throw AtelierError(.internalError, "the store has been closed", at: path, advice: "Open it again.")
        }
        CoreRegistry.retain(core)
    }

    // MARK: Reading

    /// A snapshot of what is committed now.
    public func snapshot() throws -> Snapshot {
        try use()
        return try Snapshot(core)
    }

    /// Runs the closure with a snapshot that is closed afterwards.
    public func read<R>(_ body: (Snapshot) throws -> R) throws -> R {
        let snapshot = try snapshot()
        defer { snapshot.close() }
        return try body(snapshot)
    }

    /// The number of the last committed state, of any process. Cheap enough to poll.
    public var lastTransactionId: UInt64 {
        guard (try? use()) != nil else { return 0 }
        defer { CoreRegistry.release(core) }
        var info = MDB_envinfo()
        mdb_env_info(core.env, &info)
        return UInt64(info.me_last_txnid)
    }

    // MARK: Writing

    /// Runs the closure in a write transaction and commits it: all of it, or, where the closure or the commit throws,
    /// nothing.
    ///
    /// Writers take turns. Writes of several threads that wait at the same time share one transaction and one flush to
    /// disk; each still fails alone. The closure may therefore run on another thread, while the caller waits. It must
    /// not call `write` of the same store itself.
    ///
    /// - Parameters:
    ///   - exclusive: run on the calling thread, in a transaction of its own: for closures that take long or wait.
    ///   - body: runs exactly once (not at all where the transaction cannot be begun).
    @discardableResult
    public func write<R>(exclusive: Bool = false, _ body: (WriteTransaction) throws -> R) throws -> R {
        try use()
        defer { CoreRegistry.release(core) }
        if isReadOnly {
            throw AtelierError(
                .illegalOperation, "the store has been opened read-only", at: path, advice: "Open it for writing.")
        }
        if core.queue.isLeading {
            throw AtelierError(
                .illegalOperation, "a write of the same store is already going on in this thread", at: path)
        }
        return try withoutActuallyEscaping(body) { body in
            var result: Result<R, any Error>?
            let request = WriteRequest(isExclusive: exclusive, durability: durability) { transaction in
                do {
                    result = .success(try body(transaction))
                } catch {
                    result = .failure(error)
                    throw error
                }
            }
            defer { request.body = nil }
            if core.queue.enter(request) { core.lead(request) }
            if case .failure(let error)? = result { throw error }
            if let failure = request.failure { throw failure }
            return try result!.get()
        }
    }

    /// Flushes to disk what relaxed writes have left to the operating system.
    public func sync() throws {
        try use()
        defer { CoreRegistry.release(core) }
        if !isReadOnly { try core.check(mdb_env_sync(core.env, 1), "flush the store to disk") }
    }
}
