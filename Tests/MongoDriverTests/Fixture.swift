import BSON
import MongoDriver
import Platform
import Synchronization
import TestSupport

@testable import WireServer

/// A driver connected to a server over a deployment in memory.
struct Fixture {
    /// Released first, while its server still answers.
    let driver: MongoDriver
    let server: WireServer
    let deployment = RecordingDeployment()

    /// - Parameters:
    ///   - replicaSet: presents the server as a replica set's primary.
    ///   - options: further options of the connection string, each with `&`.
    init(replicaSet: Bool = false, options: String = "") throws {
        server = try WireServer(
            deployment: deployment, listen: .tcp(host: "127.0.0.1", port: 0), replicaSet: replicaSet ? "rs" : nil)
        driver = try MongoDriver(
            uri: server.address.uri + "?serverSelectionTimeoutMS=5000&heartbeatFrequencyMS=500"
                + (replicaSet ? "&replicaSet=rs" : "") + options)
    }

    func fill(_ namespace: String, count: Int) {
        let parts = namespace.split(separator: ".")
        let documents = (0..<count).map { Document([("_id", .integer($0))]) }
        _ = try? deployment.run(
            ["insert": .string(String(parts[1])), "documents": .array(BSONArray(documents: documents))],
            in: String(parts[0]))
    }

    /// The first or last command of this name that reached the server.
    func sent(_ name: String, last: Bool = false) throws -> Document {
        let commands = deployment.commands(named: name)
        guard let command = last ? commands.last : commands.first else {
            throw AtelierError(.internalError, "no \(name) has arrived")
        }
        return command
    }

    /// Cuts every connection, as a failing network does.
    func disconnectAll() { server.clients.disconnectAll() }

    /// Makes the first command of this name fail like a failing network, before or after it has been carried out.
    func loseConnection(at name: String, times: Int = 1) {
        let (deployment, clients, left) = (deployment, server.clients, Counter(times))
        deployment.answer(name) { [unowned deployment, unowned clients] command in
            if left.takeOne() {
                clients.disconnectAll()
                throw AtelierError(.internalError, "nobody hears this")
            }
            deployment.answer(name, with: nil)
            return try deployment.run(command, in: "shop")
        }
    }
}

final class Counter: Sendable {
    private let value: Mutex<Int>
    init(_ value: Int) { self.value = Mutex(value) }

    /// Counts down; false at zero.
    func takeOne() -> Bool {
        value.withLock { value in
            if value == 0 { return false }
            value -= 1
            return true
        }
    }
}

/// What threads found wrong.
final class Failures: Sendable {
    private let stored = Mutex<[String]>([])
    func add(_ line: String) { stored.withLock { $0.append(line) } }
    var lines: [String] { stored.withLock { $0 } }
}

/// Runs the closure on threads of their own, all at once, and waits for them.
func onThreads(_ count: Int, _ body: @escaping @Sendable (Int) throws -> Void) throws -> [String] {
    let failures = Failures()
    let threads = try (0..<count).map { number in
        try PosixThread {
            do { try body(number) } catch { failures.add("\(number): \(error)") }
        }
    }
    for thread in threads { thread.join() }
    return failures.lines
}
