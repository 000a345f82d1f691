import BSON
import QueryLanguage
import Storage

extension EngineCommand {
    /// Source: MongoDB manual, "find".
    static let find = EngineCommand(
        "find",
        fields: [
            "filter", "sort", "projection", "hint", "skip", "limit", "batchSize", "singleBatch", "noCursorTimeout",
            "allowDiskUse", "allowPartialResults", "collation", "let", "tailable", "awaitData",
        ]
    ) { command, engine in
        try command.checkFindOptions()
        let size = try command.integer("batchSize", minimum: 0).map { Int($0) }
        let single = try command.flag("singleBatch") ?? false
        let immortal = try command.flag("noCursorTimeout") ?? false
        let cursor = try engine.read(command) { query in try query.openFind(command) }
        return try engine.firstReply(cursor, size: size ?? Limits.firstBatch, keep: !single, immortal: immortal)
    }
}

extension Command {
    fileprivate func checkFindOptions() throws {
        if try flag("tailable") == true || flag("awaitData") == true {
            throw AtelierError(.badValue, "error processing query: tailable cursor requested on non capped collection")
        }
        if let limit = try integer("limit"), limit < 0 {
            throw AtelierError(51024, "BSON field 'limit' value must be >= 0, actual value '\(limit)'")
        }
        if let skip = try integer("skip"), skip < 0 {
            throw AtelierError(51024, "BSON field 'skip' value must be >= 0, actual value '\(skip)'")
        }
        try checkCollation()
    }

    /// Only the simple collation, byte order, is built.
    func checkCollation() throws {
        guard let collation = try documentField("collation"), !collation.isEmpty else { return }
        guard collation["locale"]?.stringValue == "simple" else {
            throw AtelierError(
                .commandNotSupported,
                "collation is not supported by the embedded store: strings compare by their bytes",
                advice: "Leave collation out, or point --store at a MongoDB deployment.")
        }
    }
}

extension Engine {
    /// The reply to a command that opened a cursor: its first batch, and its id if there may be more.
    func firstReply(_ cursor: OpenCursor, size: Int, keep: Bool = true, immortal: Bool = false) throws -> Document {
        do {
            return try cursorReply(cursor, batch: "firstBatch", count: size) { cursor in
                if cursor.isExhausted || !keep {
                    cursor.close()
                    return 0
                }
                return cursors.add(cursor, immortal: immortal)
            }
        } catch {
            cursor.close()
            throw error
        }
    }
}
