import BSON

extension MongoDriver {
    /// Runs a command whose reply may hold a cursor, in a session that the cursor can keep: a server gives the rest of
    /// a cursor only to the session that opened it.
    func openCursor(
        _ command: Command, _ exchange: Exchange, session: SessionHandle?, inTransaction: Bool
    ) throws -> Document {
        let client = exchange.client
        if let session {
            let answer = try exchange.send(command, as: inTransaction ? .plain : nil, session: session.pointer)
            remember(answer, command, client, session)
            return answer.reply
        }
        let spare = try client.takeSpareSession()
        var kept = false
        defer { if !kept { client.giveBackSpareSession(spare) } }
        let answer = try exchange.send(command, session: spare)
        guard openCursorID(answer.reply) != nil else { return answer.reply }
        kept = true
        remember(answer, command, client, spare.map { client.keep($0) })
        return answer.reply
    }

    func getMore(_ command: Command, _ pool: ClientPool, session: SessionHandle?) throws -> Document {
        guard let id = command.body[command.name]?.integerValue, let owner = cursors.owner(of: id) else {
            // Not opened here: the server knows best what to say.
            return try pool.withClient(session?.client) { client in
                try Exchange(pool: pool, client: client).send(command, session: session?.pointer).reply
            }
        }
        do {
            let reply = try pool.withClient(owner.client) { client in
                try Exchange(pool: pool, client: client).send(
                    command, session: owner.session?.pointer, server: owner.server
                ).reply
            }
            if openCursorID(reply) == nil { cursors.remove(id) }
            return reply
        } catch let error as AtelierError where error.code == .cursorNotFound {
            cursors.remove(id)
            throw error
        }
    }

    func killCursors(_ command: Command, _ pool: ClientPool, session: SessionHandle?) throws -> Document {
        var replies: [Document] = []
        var unknown: [BSONValue] = []
        for value in command.body["cursors"]?.arrayValue ?? [] {
            if let id = value.integerValue, let owner = cursors.remove(id) {
                replies.append(try kill([id], of: owner, pool))
            } else {
                unknown.append(value)
            }
        }
        if !unknown.isEmpty || replies.isEmpty {
            var rest = command
            if !replies.isEmpty { rest.body = rest.body.setting("cursors", .array(BSONArray(unknown))) }
            let reply = try pool.withClient(session?.client) { client in
                try Exchange(pool: pool, client: client).send(rest, session: session?.pointer).reply
            }
            replies.append(reply)
        }
        return replies.count == 1 ? replies[0] : MongoDriver.merged(replies)
    }

    /// Tells a server to forget cursors that one session opened on it.
    func kill(_ cursors: [Int64], of owner: CursorTable.Owner, _ pool: ClientPool) throws -> Document {
        let command = try Command(
            ["killCursors": .string(owner.collection), "cursors": .array(BSONArray(cursors.map { .int64($0) }))],
            in: owner.database)
        return try pool.withClient(owner.client) { client in
            try Exchange(pool: pool, client: client).send(
                command, session: owner.session?.pointer, server: owner.server
            ).reply
        }
    }

    private func remember(
        _ answer: (reply: Document, server: UInt32), _ command: Command, _ client: PooledClient,
        _ session: SessionHandle?
    ) {
        guard let id = openCursorID(answer.reply) else { return }
        let namespace = answer.reply["cursor"]?.documentValue?["ns"]?.stringValue ?? "\(command.database)."
        let collection = namespace.drop { $0 != "." }.dropFirst()
        cursors.add(
            id,
            CursorTable.Owner(
                client: client, session: session, server: answer.server, database: command.database,
                collection: String(collection)))
    }

    /// The number of the cursor that a reply leaves open; nil for none.
    private func openCursorID(_ reply: Document) -> Int64? {
        reply.withView { view in
            let cursor = view.find("cursor")
            guard cursor.type == .document else { return nil }
            let id = cursor.asDocument.find("id").exactInt64
            return id == 0 ? nil : id
        }
    }

    /// The replies of several `killCursors` as one.
    private static func merged(_ replies: [Document]) -> Document {
        let fields = ["cursorsKilled", "cursorsNotFound", "cursorsAlive", "cursorsUnknown"]
        return Document { writer in
            for field in fields {
                writer.append(field, .array(BSONArray(replies.flatMap { $0[field]?.arrayValue ?? [] })))
            }
            writer.append("ok", .double(1) as BSONValue)
        }
    }
}
