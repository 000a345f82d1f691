import BSON
import Glibc

/// Writes waiting for their turn, and the thread that is writing.
///
/// One thread at a time leads: it runs the writes that wait, its own and others', in one transaction, and commits them
/// together (group commit). The others sleep meanwhile. When it is done, the first that still waits leads.
final class WriteQueue: @unchecked Sendable {
    // Invariant: everything mutable is guarded by `lock`.
    private let lock = Lock()
    private var waiting: [WriteRequest] = []
    private var leader: pthread_t?

    /// Whether the calling thread is in a write: another one inside it would wait for itself.
    var isLeading: Bool {
        lock.withLock {
            guard let leader else { return false }
            return pthread_equal(leader, pthread_self()) != 0
        }
    }

    /// Waits until the request has been run by another thread (false), or until this thread must lead (true).
    func enter(_ request: WriteRequest) -> Bool {
        lock.lock()
        if leader == nil {
            leader = pthread_self()
            lock.unlock()
            return true
        }
        waiting.append(request)
        lock.unlock()
        request.signal.wait()
        return !request.isFinished
    }

    /// The next request that may share the leader's transaction.
    func takeCompanion() -> WriteRequest? {
        lock.withLock {
            guard let first = waiting.first, !first.isExclusive else { return nil }
            return waiting.removeFirst()
        }
    }

    /// Ends the leader's turn.
    func leave() {
        lock.lock()
        if waiting.isEmpty {
            leader = nil
            lock.unlock()
        } else {
            let next = waiting.removeFirst()
            leader = next.thread
            lock.unlock()
            next.signal.send()
        }
    }
}

/// One call of `StorageEnvironment.write`, waiting.
final class WriteRequest: @unchecked Sendable {
    // Invariant: touched by its own thread before it enters the queue and after its signal, by the leader in between.
    let thread = pthread_self()
    let isExclusive: Bool
    let durability: Durability
    let signal = Signal()
    /// The caller's closure, which keeps its own result and error. Let go of before the caller goes on, as it must not
    /// outlive the call.
    var body: ((WriteTransaction) throws -> Void)?
    /// Why the write failed although the closure did not.
    var failure: (any Error)?
    var isFinished = false

    init(isExclusive: Bool, durability: Durability, _ body: @escaping (WriteTransaction) throws -> Void) {
        self.isExclusive = isExclusive
        self.durability = durability
        self.body = body
    }

    func run(_ transaction: WriteTransaction) throws {
        defer { body = nil }
        try body?(transaction)
    }

    /// Lets the waiting caller go on.
    func finish() {
        body = nil
        isFinished = true
        signal.send()
    }
}
