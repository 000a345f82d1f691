import BSON
import Deployment
import Synchronization

/// A deployment that answers with prepared replies, in order, and keeps what it was asked.
public final class ScriptedDeployment: Deployment {
    private struct State {
        var replies: [Document]
        var commands: [(command: Document, database: String)] = []
        var isClosed = false
    }
    private let state: Mutex<State>

    public init(_ replies: [Document]) { state = Mutex(State(replies: replies)) }

    public var commands: [Document] { state.withLock { $0.commands.map(\.command) } }
    public var databases: [String] { state.withLock { $0.commands.map(\.database) } }
    public var isClosed: Bool { state.withLock { $0.isClosed } }

    public func run(_ command: Document, in database: String) throws -> Document {
        try state.withLock { state in
            state.commands.append((command, database))
            guard !state.replies.isEmpty else { throw AtelierError(.internalError, "no reply is left") }
            return state.replies.removeFirst()
        }
    }

    public func close() { state.withLock { $0.isClosed = true } }
}
