import BSON
import CMongoC

extension MongoDriver {
    /// Carries out an `insert`, `update` or `delete`, in as many commands as the server's limits ask for.
    /// - Parameter field: the name of the array of statements.
    func write(
        _ command: Command, _ field: String, _ exchange: Exchange, session: SessionHandle?, inTransaction: Bool
    ) throws -> Document {
        // Nothing this small can exceed a limit of any server: skip asking for them.
        if WriteBatches.isSmall(command.body) {
            return try writeOnce(command, field, exchange, session: session, inTransaction: inTransaction)
        }
        let batches = WriteBatches(command.body, field: field, limits: try exchange.selectForWriting().writeLimits)
        guard batches.ranges.count > 1 else {
            return try writeOnce(command, field, exchange, session: session, inTransaction: inTransaction)
        }
        let ordered = command.body["ordered"].map { $0.isTruthy } ?? true
        var result = WriteBatches.Result()
        for range in batches.ranges {
            var part = command
            part.body = batches.command(range)
            do {
                let reply = try writeOnce(part, field, exchange, session: session, inTransaction: inTransaction)
                result.add(reply, offset: range.lowerBound)
            } catch var error as AtelierError {
                error.message += " (of \(batches.count) statements, \(range.lowerBound) had been sent before)"
                throw error
            }
            if ordered && result.hasErrors { break }
        }
        return result.reply
    }

    /// One command, sent twice if it must be and may be.
    private func writeOnce(
        _ command: Command, _ field: String, _ exchange: Exchange, session: SessionHandle?, inTransaction: Bool
    ) throws -> Document {
        if inTransaction { return try exchange.send(command, as: .plain, session: session?.pointer).reply }
        guard exchange.pool.retriesWrites, isAcknowledged(command, exchange.pool), affectsOneEach(command, field) else {
            return try exchange.send(command, session: session?.pointer).reply
        }
        let server = try exchange.selectForWriting()
        guard server.takesNumberedWrites, let write = try exchange.client.nextNumberedWrite() else {
            return try exchange.send(command, session: session?.pointer).reply
        }
        let reply = try retrying(command, exchange, server.id, write)
        session.map { advance($0, to: reply) }
        return reply
    }

    private func retrying(
        _ command: Command, _ exchange: Exchange, _ server: UInt32, _ write: (session: OpaquePointer, number: Int64)
    ) throws -> Document {
        var first: AtelierError
        var incomplete: Document?
        do {
            let reply = try exchange.send(command, session: write.session, server: server, txnNumber: write.number)
                .reply
            let labels = (reply["errorLabels"]?.arrayValue ?? []).compactMap(\.stringValue)
            guard labels.contains("RetryableWriteError") else { return reply }
            // The write is done, but its write concern failed in a way that a second try may mend.
            incomplete = reply
            first = AtelierError(.writeConcernFailed, "the write concern was not met", labels: labels)
        } catch let error as AtelierError where error.isRetryableWrite {
            first = error
        }
        defer { if first.isConnectionFailure { exchange.client.discardNumberedWrites() } }
        do {
            let next = try exchange.selectForWriting()
            guard next.takesNumberedWrites else { throw first }
            return try exchange.send(command, session: write.session, server: next.id, txnNumber: write.number).reply
        } catch let error as AtelierError {
            if let incomplete { return incomplete }
            // A second failure that wrote nothing says less than the first one.
            throw error.labels.contains("NoWritesPerformed") || error.code == .hostUnreachable ? first : error
        }
    }

    /// What a causally consistent session must know about a write that was made outside it.
    private func advance(_ session: SessionHandle, to reply: Document) {
        if case .timestamp(let time) = reply["operationTime"] {
            mongoc_client_session_advance_operation_time(
                session.pointer, UInt32(truncatingIfNeeded: time >> 32), UInt32(truncatingIfNeeded: time))
        }
        reply["$clusterTime"]?.documentValue?.withBSON {
            mongoc_client_session_advance_cluster_time(session.pointer, $0)
        }
    }

    private func isAcknowledged(_ command: Command, _ pool: ClientPool) -> Bool {
        guard let concern = command.writeConcern, let w = concern["w"] else { return pool.acknowledgesWrites }
        return w.integerValue != 0
    }

    /// Whether every statement writes one document at most: servers number only those.
    private func affectsOneEach(_ command: Command, _ field: String) -> Bool {
        if field == "documents" { return true }
        return command.body.withView { view in
            let array = view.find(field)
            guard array.type == .array else { return false }
            var statements = array.asDocument.elements()
            while statements.next() {
                guard statements.type == .document else { return false }
                let statement = statements.value.asDocument
                let affectsMany =
                    field == "updates" ? statement.find("multi").isTruthy : statement.find("limit").exactInt64 != 1
                if affectsMany { return false }
            }
            return true
        }
    }
}
