import BSON
import CMongoC
import Deployment
import Synchronization

/// A MongoDB deployment (standalone, replica set or sharded cluster), spoken to through libmongoc.
///
/// ```swift
/// let cluster = try MongoDriver(uri: "mongodb://db.example/shop?replicaSet=rs0&tls=true")
/// let reply = try cluster.run(["count": "orders"], in: "shop")
/// ```
///
/// Thread-safe. Commands are passed on as they are, with these exceptions:
/// - `$readPreference` chooses the server; without it, the address does.
/// - `insert`, `update` and `delete` that are too large for one command are sent as several; the replies are put
///   together as if it had been one.
/// - Single writes and reads are retried once when the server went away (`retryWrites`, `retryReads`).
/// - `lsid` names a session of this driver, also in `endSessions` and `killSessions`; `startTransaction`, `autocommit`,
///   `commitTransaction` and `abortTransaction` work on it. The server sees libmongoc's own ids and numbers. See also
///   `withSession`.
/// - `getMore` and `killCursors` reach the server and the session that have the cursor.
public final class MongoDriver: Deployment {
    /// `host:port,host:port`. Never the user's name or password.
    public let addresses: String
    /// The database the address names; nil where it names none.
    public let databaseName: String?

    private let openPool: Mutex<ClientPool?>
    let cursors = CursorTable()
    let callerSessions = CallerSessionTable()

    /// Prepares to connect. Connections are made when the first command needs them.
    /// - Parameter uri: a `mongodb://` or `mongodb+srv://` connection string; libmongoc's options are all honoured but
    ///   `loadBalanced`. Unless it says otherwise, `serverSelectionTimeoutMS` is 5000.
    /// - Throws: `AtelierError` (FailedToParse, InvalidOptions) for an address that cannot be used.
    public init(uri: String) throws {
        let address = try ConnectionString.parsing(uri)
        addresses = address.addresses
        databaseName = address.database
        openPool = Mutex(try ClientPool(address))
    }

    deinit { close() }

    public func run(_ command: Document, in database: String) throws -> Document {
        let pool = try self.pool()
        let command = try Command(command, in: database)
        switch command.name {
        case "endSessions": return endSessions(command)
        case "killSessions": return try killSessions(command, pool)
        case "commitTransaction", "abortTransaction": return try endTransaction(command, pool)
        default: break
        }
        guard command.namesSession else { return try execute(command, pool, session: nil) }
        let session = try callerSession(command, pool)
        var rest = command
        // libmongoc sends the read concern of a transaction itself, with the first command.
        if command.startsTransaction { rest.readConcern = nil }
        return try execute(rest, pool, session: session.handle, inTransaction: command.isInTransaction)
    }

    /// Kills the cursors that are still open, ends the sessions, as far as their servers answer, and closes the connections
    /// once the commands that are running have finished. Takes up to `serverSelectionTimeoutMS` where the servers are
    /// gone. Idempotent.
    public func close() {
        guard let pool = openPool.withLock({ $0.take() }) else { return }
        callerSessions.removeAll()
        for (id, owner) in cursors.removeAll() {
            do { _ = try kill([id], of: owner, pool) } catch { break }
        }
    }

    func pool() throws -> ClientPool {
        guard let pool = openPool.withLock({ $0 }) else {
            throw AtelierError(.illegalOperation, "the connection to \(addresses) has been closed")
        }
        return pool
    }

    /// Carries out any command but those that end sessions and transactions.
    func execute(
        _ command: Command, _ pool: ClientPool, session: SessionHandle?, inTransaction: Bool = false
    ) throws -> Document {
        switch command.name {
        case "getMore": return try getMore(command, pool, session: session)
        case "killCursors": return try killCursors(command, pool, session: session)
        default: break
        }
        return try pool.withClient(session?.client) { client in
            let exchange = Exchange(pool: pool, client: client)
            if let field = command.statementField {
                return try write(command, field, exchange, session: session, inTransaction: inTransaction)
            }
            if command.opensCursor {
                return try openCursor(command, exchange, session: session, inTransaction: inTransaction)
            }
            return try exchange.send(command, as: inTransaction ? .plain : nil, session: session?.pointer).reply
        }
    }
}
