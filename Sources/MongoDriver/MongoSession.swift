import BSON
import Glibc

/// A session with a deployment: its reads see its own writes, and it can hold a transaction.
///
/// Lives inside `MongoDriver.withSession` and is used by one thread at a time.
public struct MongoSession: ~Copyable {
    private let driver: MongoDriver
    private let pool: ClientPool
    private let handle: SessionHandle

    /// How long `withTransaction` keeps trying, in seconds, as the drivers' specification has it.
    private static let retryLimit = 120

    fileprivate init(driver: MongoDriver, pool: ClientPool, handle: SessionHandle) {
        self.driver = driver
        self.pool = pool
        self.handle = handle
    }

    /// Runs a command in the session, and in its transaction if there is one.
    /// - Throws: `AtelierError`; in a transaction, the label `TransientTransactionError` says that the whole of it
    ///   may be tried again.
    public func run(_ command: Document, in database: String) throws -> Document {
        let command = try Command(command, in: database)
        guard !command.namesSession else {
            throw AtelierError(
                .invalidOptions, "the command brings session fields, but this session writes its own",
                advice: "Leave out lsid, txnNumber, startTransaction and autocommit.")
        }
        return try driver.execute(command, pool, session: handle, inTransaction: isInTransaction())
    }

    /// Whether a transaction has been started and neither committed nor aborted.
    public func isInTransaction() throws -> Bool { try control { $0.isActive } }

    /// Begins a transaction; the server hears of it with the next command.
    /// - Throws: `AtelierError` when there is one already, or the deployment has no transactions.
    public func startTransaction(_ options: TransactionOptions = .init()) throws {
        try control { try $0.start(options) }
    }

    /// Makes the transaction's writes visible, all at once. It may be called again when its outcome is unknown.
    /// - Throws: `AtelierError`; the label `UnknownTransactionCommitResult` says that the commit may be tried again.
    public func commitTransaction() throws { _ = try control { try $0.commit() } }

    /// Takes the transaction's writes back.
    public func abortTransaction() throws { _ = try control { try $0.abort() } }

    /// Runs the closure in a transaction and commits it, trying again what the errors' labels say may be tried again,
    /// for two minutes at most. The closure may run several times.
    /// - Throws: the closure's error, after aborting; or the last one of the deployment.
    public func withTransaction<R>(
        _ options: TransactionOptions = .init(), _ body: (borrowing MongoSession) throws -> R
    ) throws -> R {
        let deadline = monotonicSeconds() + MongoSession.retryLimit
        func mayRetry(_ error: AtelierError, _ label: String) -> Bool {
            error.labels.contains(label) && monotonicSeconds() < deadline
        }
        attempt: while true {
            try startTransaction(options)
            let result: R
            do {
                result = try body(self)
            } catch {
                if try isInTransaction() { try? abortTransaction() }
                if let error = error as? AtelierError, mayRetry(error, "TransientTransactionError") { continue }
                throw error
            }
            // The closure may have ended the transaction itself.
            guard try isInTransaction() else { return result }
            while true {
                do {
                    try commitTransaction()
                    return result
                } catch let error as AtelierError {
                    if mayRetry(error, "UnknownTransactionCommitResult") && error.code != .maxTimeMSExpired { continue }
                    if mayRetry(error, "TransientTransactionError") { continue attempt }
                    throw error
                }
            }
        }
    }

    private func control<R>(_ body: (TransactionControl) throws -> R) throws -> R {
        try pool.withClient(handle.client) { client in
            try body(TransactionControl(exchange: Exchange(pool: pool, client: client), session: handle))
        }
    }

    fileprivate func abortIfNeeded() {
        guard (try? isInTransaction()) == true else { return }
        try? abortTransaction()
    }
}

extension MongoDriver {
    /// Runs the closure with a session of its own, and ends the session; a transaction that is still open is aborted.
    /// - Parameter causallyConsistent: whether reads see what the session wrote before, also on other servers.
    /// - Throws: what the closure throws, or `AtelierError` when the deployment cannot be reached or has no sessions.
    public func withSession<R>(
        causallyConsistent: Bool = true, _ body: (borrowing MongoSession) throws -> R
    ) throws -> R {
        let pool = try self.pool()
        let handle = try pool.withClient { try $0.startSession(causallyConsistent: causallyConsistent) }
        let session = MongoSession(driver: self, pool: pool, handle: handle)
        defer { session.abortIfNeeded() }
        return try body(session)
    }
}
