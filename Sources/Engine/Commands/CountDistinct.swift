import BSON
import QueryLanguage
import Storage

extension EngineCommand {
    /// Source: MongoDB manual, "count".
    static let count = EngineCommand(
        "count", fields: ["query", "limit", "skip", "hint", "collation", "fields"]
    ) { command, engine in
        try command.checkCollation()
        let limit = try command.integer("limit").map { abs($0) } ?? 0
        let skip = try command.integer("skip", minimum: 0) ?? 0
        var count: Int64 = 0
        try engine.readNow(command) { query in
            let filter = try command.documentField("query") ?? Document()
            if filter.isEmpty {
                count = try query.documentCount()
            } else {
                let pipeline = try query.filtered(filter, hint: command["hint"], variables: nil)
                // Nothing past what skip and limit can show needs to be counted.
                let enough = limit == 0 ? Int64.max : skip.addingReportingOverflow(limit).partialValue
                while count < enough, try pipeline.next() != nil { count += 1 }
            }
        }
        count = max(0, count - skip)
        if limit > 0 { count = min(count, limit) }
        return ["n": .integer(count), "ok": 1.0]
    }

    /// Source: MongoDB manual, "distinct". The values in the order they are met, arrays element by element.
    static let distinct = EngineCommand("distinct", fields: ["key", "query", "collation", "hint"]) { command, engine in
        try command.checkCollation()
        guard let key = command["key"] else {
            throw AtelierError(40414, "BSON field 'distinct.key' is missing but a required field")
        }
        guard case .string(let path) = key else {
            throw AtelierError(
                .typeMismatch, "BSON field 'distinct.key' is the wrong type '\(key.type.name)', expected type 'string'")
        }
        let filter = try command.documentField("query") ?? Document()
        let memory = Arena()
        var values = DistinctValues(path: path)
        try engine.readNow(command) { query in
            let pipeline = try query.filtered(filter, hint: command["hint"], variables: nil)
            while let document = try pipeline.next() { values.add(document, memory: memory) }
        }
        return Document { writer in
            writer.beginArray("values")
            for value in values.values() { writer.appendElement(value) }
            writer.end()
            writer.append("ok", ValueView.double(1))
        }
    }
}
