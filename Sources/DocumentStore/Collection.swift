import BSON
import Deployment

/// A collection of a database: reads here, writes in `Collection+Writes.swift`.
///
/// Filters, projections, updates and pipelines are documents in MongoDB's query language.
public struct Collection: Sendable {
    public let name: String
    public let database: Database
    /// Sent with every write, for example `["w": "majority"]`; nil leaves it to the deployment.
    public var writeConcern: Document?

    init(name: String, database: Database) {
        self.name = name
        self.database = database
    }

    /// This collection with a write concern of its own.
    public func with(writeConcern: Document?) -> Collection {
        var copy = self
        copy.writeConcern = writeConcern
        return copy
    }

    // MARK: Reading

    /// The documents that match.
    ///
    /// - Parameters:
    ///   - limit: 0 for all.
    ///   - batchSize: documents in a batch; nil leaves it to the deployment (101, then as many as fit 16 MiB).
    ///   - maxTimeMS: the command fails with `maxTimeMSExpired` after so many milliseconds.
    public func find(
        _ filter: Document = [:], sort: Document? = nil, projection: Document? = nil, skip: Int = 0, limit: Int = 0,
        batchSize: Int? = nil, hint: BSONValue? = nil, collation: Document? = nil, maxTimeMS: Int? = nil
    ) throws -> Cursor {
        let reply = try database.run(
            Document { writer in
                writer.append("find", .string(name))
                writer.append("filter", .document(filter))
                appendIfPresent("sort", sort, to: writer)
                appendIfPresent("projection", projection, to: writer)
                if skip != 0 { appendIfPresent("skip", skip, to: writer) }
                if limit != 0 { appendIfPresent("limit", limit, to: writer) }
                appendIfPresent("batchSize", batchSize, to: writer)
                if let hint { writer.append("hint", hint) }
                appendIfPresent("collation", collation, to: writer)
                appendIfPresent("maxTimeMS", maxTimeMS, to: writer)
            })
        return try Cursor(reply: reply, database: database, batchSize: batchSize)
    }

    /// The first document that matches, in the order of `sort`.
    public func findOne(_ filter: Document = [:], sort: Document? = nil, projection: Document? = nil) throws
        -> Document?
    {
        let reply = try database.run(
            Document { writer in
                writer.append("find", .string(name))
                writer.append("filter", .document(filter))
                appendIfPresent("sort", sort, to: writer)
                appendIfPresent("projection", projection, to: writer)
                writer.append("limit", ValueView.int32(1))
                writer.append("singleBatch", ValueView.bool(true))
            })
        return try Cursor(reply: reply, database: database, batchSize: nil).next()
    }

    /// Runs a pipeline over the collection.
    ///
    /// - Parameters:
    ///   - variables: the values of `$$name` in the pipeline (the command's `let`).
    ///   - allowDiskUse: whether large sorts and groups may spill to disk; nil leaves the deployment's default.
    public func aggregate(
        _ pipeline: [Document], variables: Document? = nil, allowDiskUse: Bool? = nil, batchSize: Int? = nil,
        hint: BSONValue? = nil, collation: Document? = nil, maxTimeMS: Int? = nil
    ) throws -> Cursor {
        let reply = try database.run(
            Document { writer in
                writer.append("aggregate", .string(name))
                writer.append("pipeline", .array(BSONArray(documents: pipeline)))
                writer.document("cursor") { appendIfPresent("batchSize", batchSize, to: $0) }
                appendIfPresent("let", variables, to: writer)
                if let allowDiskUse { writer.append("allowDiskUse", ValueView.bool(allowDiskUse)) }
                if let hint { writer.append("hint", hint) }
                appendIfPresent("collation", collation, to: writer)
                appendIfPresent("maxTimeMS", maxTimeMS, to: writer)
            })
        return try Cursor(reply: reply, database: database, batchSize: batchSize)
    }

    /// How many documents match, counted by reading them or their index.
    public func count(_ filter: Document = [:]) throws -> Int {
        let pipeline: [Document] = [["$match": .document(filter)], ["$count": "n"]]
        return Int(try aggregate(pipeline).next()?["n"]?.integerValue ?? 0)
    }

    /// How many documents the collection's metadata says there are: fast, and on a sharded cluster approximate.
    public func estimatedCount() throws -> Int {
        Int(try database.run(["count": .string(name)])["n"]?.integerValue ?? 0)
    }

    /// The distinct values under a path among the documents that match.
    public func distinct(_ path: String, _ filter: Document = [:]) throws -> [BSONValue] {
        try database.run(["distinct": .string(name), "key": .string(path), "query": .document(filter)])["values"]?
            .arrayValue ?? []
    }

    // MARK: Indexes

    /// Creates the indexes that are not there yet: `key`, `name` and options each, as `createIndexes` takes them.
    @discardableResult
    public func createIndexes(_ indexes: [Document]) throws -> Document {
        try database.run(["createIndexes": .string(name), "indexes": .array(BSONArray(documents: indexes))])
    }

    /// The indexes' specifications.
    /// - Throws: `namespaceNotFound` where the collection does not exist.
    public func listIndexes() throws -> [Document] {
        let reply = try database.run(["listIndexes": .string(name), "cursor": [:]])
        return try Cursor(reply: reply, database: database, batchSize: nil).all()
    }

    public func dropIndex(_ index: String) throws {
        try database.run(["dropIndexes": .string(name), "index": .string(index)])
    }

    /// Drops the collection with its indexes; no error where there is none.
    public func drop() throws {
        do {
            try database.run(["drop": .string(name)])
        } catch let error as AtelierError where error.code == .namespaceNotFound {
            return
        }
    }
}
