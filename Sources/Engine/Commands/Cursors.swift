import BSON

extension EngineCommand {
    /// Source: MongoDB manual, "getMore".
    static let getMore = EngineCommand("getMore", fields: ["collection", "batchSize", "maxTimeMS", "term"]) {
        command, engine in
        guard case .int64(let id)? = command["getMore"] else {
            throw AtelierError(
                .typeMismatch,
                "BSON field 'getMore.getMore' is the wrong type '\(command["getMore"]?.type.name ?? "missing")', expected type 'long'"
            )
        }
        guard let collection = try command.string("collection") else {
            throw AtelierError(40414, "BSON field 'getMore.collection' is missing but a required field")
        }
        let size = try command.integer("batchSize", minimum: 0) ?? 0
        let namespace = "\(command.database).\(collection)"
        return try engine.cursors.use(id, namespace: namespace) { cursor in
            command.operation?.add(cursor.interrupt)
            return try cursorReply(cursor, batch: "nextBatch", count: size == 0 ? Int.max : Int(size)) {
                $0.isExhausted ? 0 : id
            }
        }
    }

    /// Source: MongoDB manual, "killCursors".
    static let killCursors = EngineCommand("killCursors", fields: ["cursors"]) { command, engine in
        let namespace = try command.namespace
        guard let ids = try command.array("cursors") else {
            throw AtelierError(40414, "BSON field 'killCursors.cursors' is missing but a required field")
        }
        var killed: [BSONValue] = []
        var unknown: [BSONValue] = []
        for value in ids {
            guard case .int64(let id) = value else {
                throw AtelierError(
                    .typeMismatch, "BSON field 'killCursors.cursors' holds a '\(value.type.name)', expected type 'long'"
                )
            }
            if engine.cursors.kill(id, namespace: namespace) { killed.append(value) } else { unknown.append(value) }
        }
        return [
            "cursorsKilled": .array(BSONArray(killed)), "cursorsNotFound": .array(BSONArray(unknown)),
            "cursorsAlive": [],
            "cursorsUnknown": [], "ok": 1.0,
        ]
    }
}

/// `{cursor: {firstBatch | nextBatch, id, ns}, ok: 1}` with the cursor's next documents.
func cursorReply(
    _ cursor: OpenCursor, batch: String, count: Int, id: (OpenCursor) throws -> Int64
) throws -> Document {
    try Document { writer in
        writer.beginDocument("cursor")
        writer.beginArray(batch)
        try cursor.fill(writer, count: count)
        writer.end()
        writer.append("id", ValueView.int64(try id(cursor)))
        writer.append("ns", BSONValue.string(cursor.namespace))
        writer.end()
        writer.append("ok", ValueView.double(1))
    }
}

/// The same for documents that are all at hand, as listings are.
func cursorReply(namespace: String, documents: [Document]) -> Document {
    [
        "cursor": ["id": .int64(0), "ns": .string(namespace), "firstBatch": .array(BSONArray(documents: documents))],
        "ok": 1.0,
    ]
}
