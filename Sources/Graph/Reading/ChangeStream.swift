import BSON
import DocumentStore

/// What has happened in a MongoDB replica set or sharded cluster since a moment that a resume token names, read from its
/// change stream: a stream is opened, read to its present end and closed, so that nothing stays open between questions.
///
/// Source: MongoDB manual, "Change Streams", "Change Events". Events are of writes that a majority of the set has.
struct ChangeStream {
    let database: Database
    /// The collections that matter.
    let names: [String]

    /// How long the server may wait for one more event before it says that there is none, in milliseconds.
    private static let patience: Int32 = 100
    /// How long opening a stream may take: a set without a majority would wait for one.
    private static let openingPatience: Int32 = 5000
    /// More batches than this, and it is quicker to read everything anew.
    private static let maximumBatches = 1000

    /// The present moment; nil where the deployment has no change streams, as a single server.
    func token() throws -> Document? {
        do {
            let reply = try open(after: nil)
            defer { close(reply) }
            return reply["cursor"]?.documentValue?["postBatchResumeToken"]?.documentValue
        } catch let error as AtelierError where !ChangeStream.isOfTheConnection(error) {
            return nil
        }
    }

    /// What has happened to each of the collections since a moment, and the moment up to which that is known.
    ///
    /// Nil where nobody can tell any more: the server has forgotten what was then, or the database was dropped.
    func changes(since token: Document) throws -> (changes: [CollectionState.Change], token: Document)? {
        var reply: Document
        do {
            reply = try open(after: token)
        } catch let error as AtelierError where !ChangeStream.isOfTheConnection(error) {
            return nil
        }
        defer { close(reply) }
        var changes = [CollectionState.Change](repeating: .none, count: names.count)
        var token = token
        for number in 0..<ChangeStream.maximumBatches {
            guard let cursor = reply["cursor"]?.documentValue,
                let batch = cursor[number == 0 ? "firstBatch" : "nextBatch"]?.arrayValue
            else { return nil }
            for event in batch.compactMap(\.documentValue) {
                guard add(event, to: &changes) else { return nil }
                if let place = event["_id"]?.documentValue { token = place }
            }
            if let place = cursor["postBatchResumeToken"]?.documentValue { token = place }
            guard let id = cursor["id"]?.integerValue, id != 0 else { return nil }
            // The first batch comes without waiting, and may be empty though there is more.
            if number > 0 && batch.isEmpty { return (changes, token) }
            do {
                reply = try database.run([
                    "getMore": .int64(Int64(id)), "collection": "$cmd.aggregate",
                    "maxTimeMS": .int32(ChangeStream.patience),
                ])
            } catch let error as AtelierError where !ChangeStream.isOfTheConnection(error) {
                return nil
            }
        }
        return nil
    }

    /// Notes an event; false for one after which nothing is known.
    private func add(_ event: Document, to changes: inout [CollectionState.Change]) -> Bool {
        let operation = event["operationType"]?.stringValue ?? ""
        if ["invalidate", "dropDatabase"].contains(operation) { return false }
        // A collection that is renamed goes from one name, and comes to another.
        for field in ["ns", "to"] {
            guard let name = event[field]?.documentValue?["coll"]?.stringValue, let index = names.firstIndex(of: name)
            else { continue }
            if operation != "insert" {
                changes[index] = .any
            } else if changes[index] == .none {
                changes[index] = .insertions
            }
        }
        return true
    }

    private func open(after token: Document?) throws -> Document {
        let wanted = BSONValue.array(BSONArray(names.map { .string($0) }))
        return try database.run([
            "aggregate": 1,
            "pipeline": [
                ["$changeStream": token.map { ["resumeAfter": .document($0)] } ?? [:]],
                [
                    "$match": [
                        "$or": [
                            ["ns.coll": ["$in": wanted]], ["to.coll": ["$in": wanted]],
                            ["operationType": ["$in": ["dropDatabase", "invalidate"]]],
                        ]
                    ]
                ],
                ["$project": ["operationType": 1, "ns": 1, "to": 1]],
            ], "cursor": [:], "maxTimeMS": .int32(ChangeStream.openingPatience),
        ])
    }

    /// Tells the server to forget the stream; it would by itself after a while.
    private func close(_ reply: Document) {
        guard let id = reply["cursor"]?.documentValue?["id"]?.integerValue, id != 0 else { return }
        _ = try? database.run(["killCursors": "$cmd.aggregate", "cursors": [.int64(Int64(id))]])
    }

    /// Whether an error says that the deployment cannot be reached, and not that it cannot do this.
    private static func isOfTheConnection(_ error: AtelierError) -> Bool {
        let codes: [ErrorCode] = [.hostUnreachable, 7, 89, 9001]
        return codes.contains(error.code)
    }
}
