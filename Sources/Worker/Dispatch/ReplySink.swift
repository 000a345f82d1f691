import Synchronization

/// Where a request's reply goes: to the caller at once, or into the reply of the batch it came with.
enum ReplySink: Sendable {
    case line(LineWriter)
    case batch(BatchReply)

    /// Takes the reply; nil for a notification, which has none.
    func send(_ reply: consuming [UInt8]?) {
        switch self {
        case .line(let writer): if let reply { writer.write(reply) }
        case .batch(let batch): batch.add(reply)
        }
    }
}

/// Collects the replies to a batch and writes them as one line when the last is there.
///
/// Source: JSON-RPC 2.0, section 6: replies in any order, none for notifications, nothing at all if that leaves none.
final class BatchReply: Sendable {
    private struct State {
        var missing: Int
        var line: [UInt8] = []
    }

    private let state: Mutex<State>
    private let writer: LineWriter

    init(count: Int, writer: LineWriter) {
        state = Mutex(State(missing: count))
        self.writer = writer
    }

    func add(_ reply: [UInt8]?) {
        let line = state.withLock { state -> [UInt8]? in
            if let reply {
                state.line.append(UInt8(ascii: state.line.isEmpty ? "[" : ","))
                state.line += reply
            }
            state.missing -= 1
            if state.missing > 0 || state.line.isEmpty { return nil }
            return state.line + [UInt8(ascii: "]")]
        }
        if let line { writer.write(line) }
    }
}
