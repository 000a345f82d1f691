import BSON
import Deployment
import Glibc
import Synchronization

extension Store {
    /// Runs the closure's commands as one transaction: all of them take effect, or none.
    ///
    /// The closure gets the store's database bound to the transaction; only what goes through it, and through collections
    /// and cursors made of it, belongs to the transaction. It runs again from the start where the deployment says that the
    /// transaction met another (`TransientTransactionError`), so it should do nothing that may not be done twice.
    /// Source: MongoDB specifications, "Convenient API for Transactions".
    ///
    /// - Throws: what the closure throws, after everything was taken back; `commandNotSupported` and the like from
    ///   deployments without transactions.
    public func transaction<R>(_ body: (Database) throws -> R) throws -> R {
        let session = TransactionSession(deployment)
        defer { session.end() }
        let deadline = TransactionSession.seconds() + 120
        var pause: UInt32 = 2_000
        while true {
            let transaction = session.begin()
            do {
                let result = try body(Database(name: database.name, deployment: transaction))
                try transaction.commit(until: deadline)
                return result
            } catch {
                transaction.abort()
                guard let error = error as? AtelierError, error.labels.contains("TransientTransactionError"),
                    TransactionSession.seconds() < deadline
                else { throw error }
            }
            usleep(pause)
            pause = min(pause * 2, 250_000)
        }
    }
}

/// A session that transactions run in, one after the other.
private final class TransactionSession {
    private let deployment: any Deployment
    private let id: Document
    private var number: Int64 = 0

    init(_ deployment: any Deployment) {
        self.deployment = deployment
        // A random UUID (RFC 9562, version 4).
        var bytes = (0..<16).map { _ in UInt8.random(in: .min ... .max) }
        bytes[6] = bytes[6] & 0x0F | 0x40
        bytes[8] = bytes[8] & 0x3F | 0x80
        id = ["id": .binary(subtype: 4, data: bytes)]
    }

    func begin() -> TransactionDeployment {
        number += 1
        return TransactionDeployment(deployment, session: id, number: number)
    }

    /// The deployment forgets sessions by itself; this only spares it the wait.
    func end() { _ = try? deployment.run(["endSessions": [.document(id)]], in: "admin") }

    /// Of a clock that never goes back.
    static func seconds() -> Int {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return time.tv_sec
    }
}

/// A deployment whose commands all belong to one transaction.
private final class TransactionDeployment: Deployment {
    private enum Stage {
        case fresh, open, ended
    }

    private let deployment: any Deployment
    private let session: Document
    private let number: Int64
    private let stage = Mutex(Stage.fresh)

    init(_ deployment: any Deployment, session: Document, number: Int64) {
        self.deployment = deployment
        self.session = session
        self.number = number
    }

    func run(_ command: Document, in database: String) throws -> Document {
        let stage = stage.withLock { stage in
            defer { if stage == .fresh { stage = .open } }
            return stage
        }
        guard stage != .ended else { throw AtelierError(251, "the transaction has ended") }
        return try deployment.run(bound(command, starts: stage == .fresh), in: database)
    }

    /// The store is not closed with the transaction.
    func close() {}

    func commit(until deadline: Int) throws {
        guard end() else { return }
        while true {
            do {
                _ = try deployment.run(bound(["commitTransaction": 1]), in: "admin")
                return
            } catch let error as AtelierError
                where error.labels.contains("UnknownTransactionCommitResult") && TransactionSession.seconds() < deadline
            {
                usleep(10_000)
            }
        }
    }

    /// Takes everything back. A transaction that is not ended here the deployment ends by itself.
    func abort() {
        guard end() else { return }
        _ = try? deployment.run(bound(["abortTransaction": 1]), in: "admin")
    }

    /// Whether there was something to end.
    private func end() -> Bool {
        stage.withLock { stage in
            defer { stage = .ended }
            return stage == .open
        }
    }

    private func bound(_ command: Document, starts: Bool = false) -> Document {
        Document { writer in
            for (key, value) in command.elements { writer.append(key, value) }
            writer.append("lsid", .document(session))
            writer.append("txnNumber", ValueView.int64(number))
            if starts { writer.append("startTransaction", ValueView.bool(true)) }
            writer.append("autocommit", ValueView.bool(false))
        }
    }
}
