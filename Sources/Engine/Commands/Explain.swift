import BSON
import QueryLanguage
import Storage

extension EngineCommand {
    /// Source: MongoDB manual, "explain".
    static let explain = EngineCommand("explain", fields: ["verbosity"]) { command, engine in
        guard let inner = try command.documentField("explain") else {
            throw AtelierError(.typeMismatch, "BSON field 'explain.explain' is missing or no command")
        }
        let verbosity = try command.string("verbosity") ?? "allPlansExecution"
        guard ["queryPlanner", "executionStats", "allPlansExecution"].contains(verbosity) else {
            throw AtelierError(
                .failedToParse,
                "verbosity string must be one of {'queryPlanner', 'executionStats', 'allPlansExecution'}")
        }
        let explained = try Command(inner, database: command.database)
        guard let known = EngineCommand.byName[explained.name],
            ["find", "aggregate", "count", "distinct", "delete", "update", "findAndModify"].contains(known.names[0])
        else { throw AtelierError(.commandNotFound, "Explain failed due to unknown command: \(explained.name)") }
        try explained.expectOnly(known.fields)
        return try engine.explain(explained, executing: verbosity != "queryPlanner")
    }
}

extension Engine {
    /// How a command reads its collection, and with `executing` how much of it.
    func explain(_ command: Command, executing: Bool = false) throws -> Document {
        try readNow(command) { query in
            query.allowsParallel = false
            let pipeline = try query.explained(command)
            let plan = query.plan ?? AccessPlan(access: .nothing)
            var statistics: Document?
            if executing {
                let start = Clock.uptime()
                var returned = 0
                while try pipeline.next() != nil { returned += 1 }
                statistics = [
                    "executionSuccess": true, "nReturned": .integer(returned),
                    "executionTimeMillis": .integer(Int64((Clock.uptime() - start) * 1000)),
                    "totalKeysExamined": .int64(query.examined.keys),
                    "totalDocsExamined": .int64(query.examined.documents),
                ]
            }
            return Document { writer in
                writer.append("explainVersion", BSONValue.string("1"))
                writer.document("queryPlanner") { writer in
                    writer.append("namespace", BSONValue.string(query.namespace.description))
                    writer.append("parsedQuery", BSONValue.document(query.explainedFilter))
                    writer.append("winningPlan", BSONValue.document(plan.description))
                    writer.append("rejectedPlans", BSONValue.array(BSONArray(documents: plan.rejectedPlans)))
                }
                if let statistics { writer.append("executionStats", BSONValue.document(statistics)) }
                writer.append("command", BSONValue.document(command.document))
                writer.document("serverInfo") { writer in
                    writer.append("host", BSONValue.string(Engine.hostName))
                    writer.append("version", BSONValue.string(Engine.queryLanguageVersion))
                }
                writer.append("ok", ValueView.double(1))
            }
        }
    }
}
