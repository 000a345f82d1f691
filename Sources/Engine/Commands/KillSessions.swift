import BSON

extension EngineCommand {
    /// Stops what the sessions are doing and closes their cursors; an empty list means all sessions.
    ///
    /// Source: MongoDB manual, "killSessions".
    static let killSessions = EngineCommand("killSessions") { command, engine in
        guard let entries = try command.documents("killSessions") else {
            throw AtelierError(.typeMismatch, "BSON field 'killSessions' must be an array of session ids")
        }
        let sessions = try Set(
            entries.map { entry in
                guard let id = Command.sessionID(entry) else {
                    throw AtelierError(.typeMismatch, "BSON field 'killSessions.id' must be a UUID")
                }
                return id
            })
        engine.operations.kill(sessions.isEmpty ? nil : sessions)
        engine.cursors.kill(sessions: sessions.isEmpty ? nil : sessions)
        return ["ok": 1.0]
    }
}

extension Command {
    /// The bytes that name the session the command belongs to; nil where it belongs to none.
    var session: [UInt8]? { document["lsid"]?.documentValue.flatMap(Command.sessionID) }

    /// The bytes of `{id: UUID}`.
    static func sessionID(_ lsid: Document) -> [UInt8]? {
        guard case .binary(_, let data)? = lsid["id"] else { return nil }
        return data
    }
}
