import BSON
import Synchronization

/// How far a request has come, told to a caller who passed `progress`: `$/progress` notifications, some time apart.
///
/// None is sent after the request's reply.
final class Progress: Sendable {
    private struct State {
        var done: Int?
        var total: Int?
        var lastSent: Double
        var isFinished = false
    }

    private let token: BSONValue
    private let interval: Double
    private let started: Double
    private let send: @Sendable (Document) -> Void
    private let state: Mutex<State>

    /// - Parameters:
    ///   - token: the caller's name for the request, sent back in every notification.
    ///   - interval: seconds between notifications; 0 for one at every `report`.
    ///   - send: writes a notification with these parameters.
    init(token: BSONValue, interval: Double, send: @escaping @Sendable (Document) -> Void) {
        self.token = token
        self.interval = interval
        self.send = send
        started = MonotonicClock.seconds
        state = Mutex(State(lastSent: started))
    }

    /// Notes how many units of the method's work (documents, mostly) are done, and tells the caller if it is time to.
    func report(done: Int, of total: Int? = nil) {
        state.withLock { state in
            state.done = done
            state.total = total
            sendIfDue(&state)
        }
    }

    /// Tells the caller that the work goes on, if it is time to.
    func beat() { state.withLock { sendIfDue(&$0) } }

    /// Sends no more.
    func finish() { state.withLock { $0.isFinished = true } }

    private func sendIfDue(_ state: inout State) {
        let now = MonotonicClock.seconds
        if state.isFinished || now - state.lastSent < interval { return }
        state.lastSent = now
        send(
            Document { writer in
                writer.append("token", token)
                if let done = state.done { writer.append("done", BSONValue.integer(done)) }
                if let total = state.total { writer.append("total", BSONValue.integer(total)) }
                writer.append("elapsedMS", BSONValue.integer(Int((now - started) * 1000)))
            })
    }
}
