import BSON
import Deployment

/// A database of a store: a name, its collections, and commands.
public struct Database: Sendable {
    public let name: String
    let deployment: any Deployment

    /// A collection by name. Nothing is created until something is written to it.
    public func collection(_ name: String) -> Collection { Collection(name: name, database: self) }

    /// Another database of the same deployment.
    public func sibling(_ name: String) -> Database { Database(name: name, deployment: deployment) }

    /// Runs a command as MongoDB documents it and returns the reply.
    ///
    /// - Throws: `AtelierError` where the reply says `ok: 0`. Single failed writes are in the reply's `writeErrors`.
    @discardableResult
    public func run(_ command: Document) throws -> Document { try deployment.run(command, in: name) }

    /// Runs a pipeline that starts from no collection (`$documents`, `$currentOp`, …).
    public func aggregate(_ pipeline: [Document], batchSize: Int? = nil) throws -> Cursor {
        let reply = try run(
            Document { writer in
                writer.append("aggregate", ValueView.int32(1))
                writer.append("pipeline", .array(BSONArray(documents: pipeline)))
                writer.document("cursor") { appendIfPresent("batchSize", batchSize, to: $0) }
            })
        return try Cursor(reply: reply, database: self, batchSize: batchSize)
    }

    /// One description a collection, as `listCollections` gives it: `name`, `type`, `options`, `info`.
    public func listCollections(_ filter: Document = [:]) throws -> [Document] {
        let reply = try run(["listCollections": 1, "filter": .document(filter), "cursor": [:]])
        return try Cursor(reply: reply, database: self, batchSize: nil).all()
    }

    /// The collections' names, sorted.
    public func collectionNames() throws -> [String] {
        try listCollections().compactMap { $0["name"]?.stringValue }.sorted()
    }

    /// Creates a collection explicitly, with options such as `validator`.
    /// - Throws: `namespaceExists` where it exists with other options.
    public func createCollection(_ name: String, options: Document = [:]) throws {
        try run(
            Document { writer in
                writer.append("create", .string(name))
                for (key, value) in options.elements { writer.append(key, value) }
            })
    }

    /// Drops the database with everything in it; no error where there is none.
    public func drop() throws { try run(["dropDatabase": 1]) }
}

func appendIfPresent(_ key: String, _ number: Int?, to writer: BSONWriter) {
    if let number { writer.append(key, ValueView.integer(Int64(number))) }
}

func appendIfPresent(_ key: String, _ document: Document?, to writer: BSONWriter) {
    if let document { writer.append(key, .document(document)) }
}
