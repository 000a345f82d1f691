import BSON
import Glibc

extension EngineCommand {
    static let ping = EngineCommand("ping") { _, _ in ["ok": 1.0] }

    /// Which version of MongoDB's query language is spoken. Source: MongoDB manual, "buildInfo".
    static let buildInfo = EngineCommand("buildInfo", "buildinfo") { _, _ in
        [
            "version": .string(Engine.queryLanguageVersion), "versionArray": [8, 0, 0, 0], "gitVersion": "atelier",
            "modules": [], "bits": 64, "debug": false, "maxBsonObjectSize": .integer(Limits.documentSize),
            "storageEngines": ["lmdb"], "ok": 1.0,
        ]
    }

    /// Source: MongoDB manual, "serverStatus": the parts that one embedded node has.
    static let serverStatus = EngineCommand("serverStatus") { _, engine in
        let cursors = engine.cursors.openCount
        return [
            "host": .string(Engine.hostName), "version": .string(Engine.queryLanguageVersion), "process": "atelier",
            "pid": .int64(Int64(getpid())), "uptime": .double(Clock.uptime() - engine.startedAt),
            "localTime": .date(Clock.milliseconds()),
            "storageEngine": ["name": "lmdb", "persistent": true, "durability": .string(engine.durability)],
            "metrics": ["cursor": ["open": ["total": .integer(cursors)]]],
            "ok": 1.0,
        ]
    }

    /// Nobody has to prove who they are: the embedded store has no users.
    static let connectionStatus = EngineCommand("connectionStatus", fields: ["showPrivileges"]) { _, _ in
        ["authInfo": ["authenticatedUsers": [], "authenticatedUserRoles": []], "ok": 1.0]
    }

    /// Sessions hold nothing here that would have to be given back.
    static let endSessions = EngineCommand("endSessions") { command, _ in
        guard command[command.name]?.arrayValue != nil else {
            throw AtelierError(.typeMismatch, "BSON field 'endSessions' must be an array of session ids")
        }
        return ["ok": 1.0]
    }
}
