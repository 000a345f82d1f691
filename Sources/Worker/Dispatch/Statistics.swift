import Synchronization

/// What the worker has done since it started, for `server.status`.
final class Statistics: Sendable {
    let started = MonotonicClock.seconds
    /// Requests and notifications taken on.
    let accepted = Atomic(0)
    /// Those of them that ended well.
    let succeeded = Atomic(0)
    /// Those that ended with an error, cancelled ones included.
    let failed = Atomic(0)
    let cancelled = Atomic(0)
}
