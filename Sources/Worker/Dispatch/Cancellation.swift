import BSON
import Synchronization

/// Whether somebody has asked for a request to stop, and how to stop what it is doing now.
final class Cancellation: Sendable {
    private let cancelled = Atomic(false)
    /// Held while the interruption runs, so that it never outlasts the work it is meant for.
    private let interruption = Mutex<(@Sendable () -> Void)?>(nil)

    var isCancelled: Bool { cancelled.load(ordering: .acquiring) }

    /// Asks the request to stop; it notices at its next `check`, or when it is interrupted.
    func cancel() { cancelled.store(true, ordering: .releasing) }

    /// Throws where the request has been cancelled. Call it between pieces of work.
    func check() throws {
        if isCancelled { throw Cancelled() }
    }

    /// Does work that cannot look at the flag itself: `interruption` stops it from another thread.
    ///
    /// Whatever the work throws once the request was cancelled counts as `Cancelled`.
    func whileInterruptible<R>(by interruption: @escaping @Sendable () -> Void, _ work: () throws -> R) throws -> R {
        try check()
        self.interruption.withLock { $0 = interruption }
        defer { self.interruption.withLock { $0 = nil } }
        do {
            return try work()
        } catch {
            throw isCancelled ? Cancelled() : error
        }
    }

    /// Stops what a cancelled request is doing now. To be repeated until the request ends: work that had not quite begun
    /// when it was interrupted is not stopped by that.
    func interruptIfCancelled() {
        if isCancelled { interruption.withLock { $0?() } }
    }
}

/// Thrown by work that was cancelled.
struct Cancelled: Error {
    /// What had been done by then, for the reply's `data`.
    var done: Document?
}
