import BSON
import Deployment
import Glibc
import Platform
import Synchronization

/// The connections of one server and their threads.
final class Clients: Sendable {
    private struct State {
        var open = true
        var lastID: Int32 = 0
        var connections: [Int32: (Connection, PosixThread)] = [:]
        /// Threads that have nothing left to do but to be joined.
        var finished: [PosixThread] = []
    }

    private let state = Mutex(State())
    private let closed = Signal()
    /// Tells when a client has gone.
    let watch: HangUpWatch
    private let deployment: any Deployment
    private let server: ServerIdentity
    private let log: @Sendable (String) -> Void

    init(deployment: any Deployment, server: ServerIdentity, log: @escaping @Sendable (String) -> Void) throws {
        watch = try HangUpWatch()
        self.deployment = deployment
        self.server = server
        self.log = log
    }

    var isOpen: Bool { state.withLock { $0.open } }
    var count: Int { state.withLock { $0.connections.count } }

    /// Gives a new client a thread, or closes it where there are too many already.
    func add(_ socket: Socket) {
        reap()
        let refusal: String? = state.withLock { state in
            guard state.open else { return "the server is stopping" }
            guard state.connections.count < server.limits.connections else {
                return "there are \(server.limits.connections) connections already"
            }
            state.lastID = state.lastID == .max ? 1 : state.lastID + 1
            let connection = Connection(id: state.lastID, socket: socket, server: server, deployment: deployment)
            do {
                // The thread's first and last acts wait for this lock, so it always finds its own entry.
                let thread = try PosixThread { [self] in run(connection) }
                state.connections[connection.id] = (connection, thread)
                watch.add(socket, id: connection.id)
                return nil
            } catch {
                return "\(error)"
            }
        }
        if let refusal {
            log("refused a connection: \(refusal)")
            socket.close()
        }
    }

    private func run(_ connection: Connection) {
        do {
            try connection.serve()
        } catch {
            if isOpen { log("closed connection \(connection.id): \(error)") }
        }
        connection.socket.close()
        state.withLock { state in
            if let (_, thread) = state.connections.removeValue(forKey: connection.id) { state.finished.append(thread) }
        }
    }

    /// Stops what clients are doing that have gone, as MongoDB does: nobody would read the replies.
    func abandonHungUp() {
        while let id = watch.next() {
            guard let connection = state.withLock({ $0.connections[id]?.0 }) else { continue }
            connection.abandon()
            interrupt([connection])
        }
    }

    /// Accepts no more clients and ends the ones there are, with what they are doing. Idempotent.
    func close() {
        state.withLock { $0.open = false }
        disconnectAll()
        // A command may begin just after it has been looked for, so this looks again.
        while interrupt(state.withLock { state in state.connections.values.map { $0.0 } }) { usleep(50_000) }
    }

    /// Stops the commands that are running in a session; false when there are none.
    @discardableResult
    private func interrupt(_ connections: [Connection]) -> Bool {
        let sessions = connections.compactMap(\.runningSession)
        if sessions.isEmpty { return false }
        // A deployment that cannot stop a session's work finishes it.
        _ = try? deployment.run(["killSessions": .array(BSONArray(sessions))], in: "admin")
        return true
    }

    /// Ends the connections there are; their clients may come back.
    func disconnectAll() {
        let connections = state.withLock { state in state.connections.values.map { $0.0 } }
        for connection in connections { connection.socket.shutDown() }
    }

    /// Waits for every connection's thread. After `close()`.
    func join() {
        while let thread = state.withLock({ state in
            state.finished.popLast() ?? state.connections.popFirst()?.value.1
        }) {
            thread.join()
        }
        closed.raise()
    }

    func waitUntilClosed() { closed.wait() }

    /// Joins the threads that have ended.
    private func reap() {
        let ended = state.withLock { state in
            defer { state.finished = [] }
            return state.finished
        }
        for thread in ended { thread.join() }
    }
}
