import BSON
import Glibc
import Synchronization

/// A request to stop: set from another thread (`cancel`), or by a deadline (`maxTimeMS`). Stages look at it as they go.
public final class Interrupt: Sendable {
    private let cancelled = Atomic<Bool>(false)
    /// Monotonic nanoseconds; nil for no deadline.
    private let deadline: UInt64?

    public init(maxTimeMilliseconds: Int64? = nil) {
        deadline = maxTimeMilliseconds.map { Interrupt.monotonicNow() + UInt64(clamping: $0) * 1_000_000 }
    }

    public func cancel() { cancelled.store(true, ordering: .relaxed) }

    /// - Throws: `Interrupted` after `cancel()`, `MaxTimeMSExpired` past the deadline.
    public func check() throws {
        if cancelled.load(ordering: .relaxed) { throw AtelierError(.interrupted, "operation was interrupted") }
        if let deadline, Interrupt.monotonicNow() > deadline {
            throw AtelierError(
                .maxTimeMSExpired, "operation exceeded time limit",
                advice: "Raise maxTimeMS, or add an index for the filter.")
        }
    }

    static func monotonicNow() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}
