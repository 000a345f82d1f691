import BSON
import CLMDB
import Synchronization

/// The store as it was when the snapshot began, whatever is written meanwhile.
///
/// Cheap to begin and to close. Close it when done: an open snapshot keeps the pages it sees from being used again.
/// Thread-safe to close; otherwise for one thread at a time. Cursors must not be used after it has been closed.
public final class Snapshot: StorageReader, @unchecked Sendable {
    // Invariant: used by one thread at a time, which LMDB allows with MDB_NOTLS; `isClosed` is atomic.
    private let isClosed = Atomic(false)

    /// Begins a snapshot. The core has been retained for it.
    init(_ core: EnvironmentCore) throws {
        do {
            let (txn, catalog) = try core.beginRead()
            super.init(core: core, txn: txn, catalog: catalog)
        } catch {
            CoreRegistry.release(core)
            throw error
        }
    }

    deinit { close() }

    /// Ends the snapshot; views and cursors are no longer valid. Idempotent.
    public func close() {
        if isClosed.exchange(true, ordering: .acquiringAndReleasing) { return }
        isOver.pointee = true
        core.endRead(txn)
        CoreRegistry.release(core)
    }

    public var isOpen: Bool { !isClosed.load(ordering: .relaxed) }

    /// Another snapshot of the very same state, for another thread; nil when something has been committed meanwhile.
    public func sibling() throws -> Snapshot? {
        requireOpen()
        CoreRegistry.retain(core)
        let other = try Snapshot(core)
        if other.transactionId == transactionId { return other }
        other.close()
        return nil
    }
}
