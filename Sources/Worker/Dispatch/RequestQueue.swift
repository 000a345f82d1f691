/// Requests that were accepted and wait for a thread: first in, first out, bounded in number and in bytes.
///
/// A full queue makes the reading thread wait; the caller then finds its pipe full. That is the backpressure.
final class RequestQueue<Request: Sendable>: Sendable {
    private struct State {
        var waiting: [(request: Request, bytes: Int)] = []
        var bytes = 0
        var isClosed = false
    }

    private let state = Monitor(State())
    private let maxCount: Int
    private let maxBytes: Int

    init(maxCount: Int, maxBytes: Int) {
        self.maxCount = maxCount
        self.maxBytes = maxBytes
    }

    /// How many requests wait.
    var count: Int { state.update { $0.waiting.count } }

    /// Adds a request, waiting until there is room for it; an empty queue has room for any. False once the queue is closed.
    func add(_ request: Request, bytes: Int) -> Bool {
        state.wait { state -> Bool? in
            if state.isClosed { return false }
            let isFull = state.waiting.count >= self.maxCount || state.bytes + bytes > self.maxBytes
            if isFull && !state.waiting.isEmpty { return nil }
            state.waiting.append((request, bytes))
            state.bytes += bytes
            return true
        } ?? false
    }

    /// The next request, waiting for one; nil when no more will come.
    func next() -> Request? {
        state.wait { state -> Request?? in
            if state.waiting.isEmpty { return state.isClosed ? .some(nil) : nil }
            let (request, bytes) = state.waiting.removeFirst()
            state.bytes -= bytes
            return request
        } ?? nil
    }

    /// Takes no more requests; those that wait are still handed out.
    func close() { state.update { $0.isClosed = true } }

    /// Takes no more requests and forgets those that wait.
    func abandon() {
        state.update { state in
            state.waiting = []
            state.bytes = 0
            state.isClosed = true
        }
    }
}
