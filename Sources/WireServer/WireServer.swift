import BSON
import Deployment
import Glibc
import Platform
import Synchronization

/// Serves a deployment to any MongoDB client, over TCP on this machine or a Unix socket.
///
/// ```swift
/// let server = try WireServer(deployment: engine, listen: .tcp(host: "127.0.0.1", port: 0))
/// print(server.address.uri)      // mongodb://127.0.0.1:41837/
/// server.wait()                  // until another thread calls stop()
/// ```
///
/// What a client was doing is stopped (`killSessions`) when the client goes away.
///
/// It speaks MongoDB's wire protocol (OP_MSG, zlib in OP_COMPRESSED, OP_QUERY for the first handshake). Each connection
/// has a thread of its own, which runs the connection's commands one after the other. There is no authentication yet,
/// so only addresses that other machines cannot reach are accepted.
public final class WireServer: Sendable {
    /// What clients may use up. The defaults are MongoDB's.
    public struct Limits: Sendable {
        /// Connections at a time; further ones are closed at once.
        public var connections: Int
        /// The largest message, in bytes.
        public var messageBytes: Int

        public init(connections: Int = 1000, messageBytes: Int = 48_000_000) {
            self.connections = max(1, connections)
            self.messageBytes = min(max(messageBytes, 1024), 48_000_000)
        }
    }

    /// Where the server listens, with the port the system picked if the one asked for was 0.
    public var address: ListenAddress { listener.address }

    private let listener: Listener
    private let acceptor: Mutex<PosixThread?>
    let clients: Clients

    /// Starts serving: when this returns, clients can connect.
    /// - Parameters:
    ///   - deployment: what the commands are run on. The server does not close it.
    ///   - address: a loopback address or a Unix socket.
    ///   - replicaSet: presents the server as the only member of a replica set of this name, as drivers require for
    ///     transactions and retryable writes; nil for a standalone.
    ///   - limits: what clients may use up.
    ///   - log: told, on any thread, why a connection was closed or refused. Messages hold no customer data.
    /// - Throws: `AtelierError` when the address is not local or cannot be bound.
    public convenience init(
        deployment: any Deployment, listen address: ListenAddress, replicaSet: String? = nil, limits: Limits = Limits(),
        log: @escaping @Sendable (String) -> Void = { _ in }
    ) throws {
        try self.init(deployment: deployment, listen: address, limits: limits, log: log) { address in
            replicaSet.map { ServerIdentity.replicaSet($0, at: address) } ?? []
        }
    }

    /// - Parameter topology: the fields of `hello` that say what kind of deployment listens at an address.
    init(
        deployment: any Deployment, listen address: ListenAddress, limits: Limits,
        log: @escaping @Sendable (String) -> Void, topology: (ListenAddress) -> [(String, BSONValue)]
    ) throws {
        let listener = try Listener(address)
        let identity = ServerIdentity(
            address: listener.address, limits: limits, topology: topology(listener.address))
        let clients = try Clients(deployment: deployment, server: identity, log: log)
        self.listener = listener
        self.clients = clients
        acceptor = Mutex(
            try PosixThread {
                while clients.isOpen {
                    do {
                        switch try listener.next(clients.watch) {
                        case .client(let socket): clients.add(socket)
                        case .hangUp: clients.abandonHungUp()
                        case .stop: return
                        }
                    } catch {
                        log("\(error)")
                        listener.pause(milliseconds: 100)
                    }
                }
            })
    }

    deinit { stop() }

    /// How many clients are connected.
    public var connectionCount: Int { clients.count }

    /// Stops listening, closes every connection and waits for their threads. Commands that run in a session, as those
    /// of drivers do, are stopped with `killSessions`; others are finished first. Idempotent. Never call it from inside
    /// the deployment.
    public func stop() {
        listener.stop()
        clients.close()
        acceptor.withLock { thread in
            thread?.join()
            thread = nil
        }
        clients.join()
    }

    /// Waits until the server has been stopped.
    public func wait() { clients.waitUntilClosed() }
}
