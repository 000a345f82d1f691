import BSON
import CMongoC
import Synchronization

/// A session that callers name by an `lsid` of their own, as clients on the wire do.
final class CallerSession: Sendable {
    let handle: SessionHandle
    /// What the server knows the session by: `{id: UUID}`.
    let serverID: Document
    /// The caller's number of the transaction; libmongoc's is another one.
    let transaction = Mutex<Int64?>(nil)

    init(_ handle: SessionHandle) throws {
        self.handle = handle
        serverID = try Document(copyingBSON: mongoc_client_session_get_lsid(handle.pointer))
    }
}

/// The callers' sessions by the bytes of their `lsid.id`.
final class CallerSessionTable: Sendable {
    private struct Entry {
        var session: CallerSession
        var lastUsed: Int
    }

    /// Seconds; servers forget a session after half an hour without use.
    private static let lifetime = 30 * 60
    private let entries = Mutex<[[UInt8]: Entry]>([:])

    /// The session with this name, opened now if it is new.
    func session(_ lsid: Document, open: () throws -> SessionHandle) throws -> CallerSession {
        let key = try CallerSessionTable.key(lsid)
        let now = monotonicSeconds()
        if let known = entries.withLock({ entries in
            entries[key]?.lastUsed = now
            return entries[key]?.session
        }) {
            return known
        }
        let new = try CallerSession(try open())
        // Sessions are released after the lock. Where two threads opened the same one, the first to get here wins.
        let (session, swept) = entries.withLock { entries -> (CallerSession, [Entry]) in
            if let known = entries[key]?.session { return (known, []) }
            let old = entries.filter { now - $0.value.lastUsed > CallerSessionTable.lifetime }
            for key in old.keys { entries[key] = nil }
            entries[key] = Entry(session: new, lastUsed: now)
            return (new, Array(old.values))
        }
        _ = swept
        return session
    }

    func known(_ lsid: Document) throws -> CallerSession? {
        let key = try CallerSessionTable.key(lsid)
        return entries.withLock { $0[key]?.session }
    }

    func remove(_ lsid: Document) {
        guard let key = try? CallerSessionTable.key(lsid) else { return }
        let removed = entries.withLock { $0.removeValue(forKey: key) }
        _ = removed
    }

    func removeAll() {
        let removed = entries.withLock { entries in
            defer { entries = [:] }
            return entries
        }
        _ = removed
    }

    private static func key(_ lsid: Document) throws -> [UInt8] {
        guard case .binary(subtype: 4, let data) = lsid["id"], data.count == 16 else {
            throw AtelierError(.failedToParse, "a session's id is a UUID (binary subtype 4)", at: "lsid.id")
        }
        return data
    }
}

extension MongoDriver {
    /// The session a command names, with its transaction begun if the command begins one.
    func callerSession(_ command: Command, _ pool: ClientPool) throws -> CallerSession {
        guard let lsid = command.lsid else {
            throw AtelierError(.invalidOptions, "txnNumber and autocommit need an lsid", at: "lsid")
        }
        guard command.isInTransaction || command.txnNumber == nil else {
            throw AtelierError(
                .illegalOperation, "a numbered write outside a transaction cannot be passed on", at: "txnNumber",
                advice: "Leave txnNumber out: this driver numbers and retries single writes itself (retryWrites=true).")
        }
        let session = try callerSessions.session(lsid) {
            try pool.withClient { try $0.startSession(causallyConsistent: false) }
        }
        guard command.isInTransaction else { return session }
        guard let number = command.txnNumber else {
            throw AtelierError(.invalidOptions, "autocommit: false needs a txnNumber", at: "txnNumber")
        }
        if command.startsTransaction { try begin(number, command, session, pool) }
        guard session.transaction.withLock({ $0 == number }) else { throw noSuchTransaction(number) }
        return session
    }

    func endTransaction(_ command: Command, _ pool: ClientPool) throws -> Document {
        guard command.writeConcern == nil else {
            throw AtelierError(
                .invalidOptions, "libmongoc takes a transaction's write concern when it starts", at: "writeConcern",
                advice: "Put w=… into the address, or use withSession and TransactionOptions.writeConcern.")
        }
        guard let lsid = command.lsid, let number = command.txnNumber else {
            throw AtelierError(.invalidOptions, "\(command.name) needs an lsid and a txnNumber")
        }
        guard let session = try callerSessions.known(lsid), session.transaction.withLock({ $0 == number }) else {
            throw noSuchTransaction(number)
        }
        return try control(session, pool) {
            command.name == "commitTransaction" ? try $0.commit() : try $0.abort()
        }
    }

    func endSessions(_ command: Command) -> Document {
        for lsid in command.body["endSessions"]?.arrayValue ?? [] { lsid.documentValue.map(callerSessions.remove) }
        return ["ok": 1.0]
    }

    /// Kills sessions on the server, callers' sessions by the names the server has for them.
    ///
    /// Goes through a connection of its own, so that it stops what the sessions are doing.
    func killSessions(_ command: Command, _ pool: ClientPool) throws -> Document {
        guard let named = command.body["killSessions"]?.arrayValue else {
            return try execute(command, pool, session: nil)
        }
        let known = try named.map { lsid in
            try lsid.documentValue.flatMap { try callerSessions.known($0) }.map { .document($0.serverID) } ?? lsid
        }
        var translated = command
        translated.body = command.body.setting("killSessions", .array(BSONArray(known)))
        return try execute(translated, pool, session: nil)
    }

    private func begin(_ number: Int64, _ command: Command, _ session: CallerSession, _ pool: ClientPool) throws {
        if let extra = command.readConcern?.keys.first(where: { $0 != "level" }) {
            throw AtelierError(
                .invalidOptions, "libmongoc writes this part of a transaction's read concern itself",
                at: "readConcern.\(extra)")
        }
        try control(session, pool) { control in
            if control.isActive { _ = try control.abort() }
            try control.start(TransactionOptions(readConcern: command.readConcern?["level"]?.stringValue))
        }
        session.transaction.withLock { $0 = number }
    }

    private func control<R>(
        _ session: CallerSession, _ pool: ClientPool, _ body: (TransactionControl) throws -> R
    ) throws -> R {
        try pool.withClient(session.handle.client) { client in
            try body(TransactionControl(exchange: Exchange(pool: pool, client: client), session: session.handle))
        }
    }

    private func noSuchTransaction(_ number: Int64) -> AtelierError {
        AtelierError(
            .noSuchTransaction, "Given transaction number \(number) does not match any in-progress transactions.",
            labels: ["TransientTransactionError"])
    }
}
