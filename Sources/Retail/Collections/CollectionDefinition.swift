import BSON
import Definitions

/// What a file in `collections/` says about one collection. The format is documented in `collections/README.md`.
public struct CollectionDefinition: Sendable {
    public let name: String
    public let purpose: String
    /// The collection's validator, for example `{$jsonSchema: …}`.
    public let validator: Document
    public let indexes: [IndexDefinition]
    /// The documents as tables; nil for collections that have no twin in SQL.
    public let relational: RelationalMapping?
    public let cluster: ClusterDefinition?
    /// What its documents are checked for besides.
    public let quality: QualityRules

    /// - Throws: `failedToParse` with the place in the definition that is wrong.
    public init(_ document: Document, file: String) throws {
        let reader = DefinitionReader(document, file: file, manual: "collections/README.md")
        try reader.allow(["name", "purpose", "validator", "indexes", "relational", "cluster", "quality"])
        name = try reader.string("name")
        purpose = try reader.string("purpose")
        validator = try reader.document("validator").document
        guard !validator.isEmpty else { throw reader.wrong("validator", "is empty") }
        indexes = try reader.documents("indexes").map(IndexDefinition.init)
        if let twice = firstRepeated(indexes.map(\.name)) { throw reader.wrong("indexes", "names \(twice) twice") }
        relational = try reader.optionalDocument("relational").map(RelationalMapping.init)
        cluster = try reader.optionalDocument("cluster").map(ClusterDefinition.init)
        quality = try reader.optionalDocument("quality").map(QualityRules.init) ?? .none
    }
}

/// An index and the question it serves.
public struct IndexDefinition: Sendable {
    public let name: String
    public let key: Document
    public let serves: String
    /// As `createIndexes` takes it: `key`, `name` and options.
    public let specification: Document

    init(_ reader: DefinitionReader) throws {
        name = try reader.string("name")
        key = try reader.document("key").document
        serves = try reader.string("serves")
        guard !key.isEmpty else { throw reader.wrong("key", "is empty") }
        let options = reader.document.elements.filter { !["name", "key", "serves"].contains($0.key) }
        specification = Document(
            [("key", .document(key)), ("name", .string(name))] + options.map { ($0.key, $0.value) })
    }
}

/// How a collection lies on a cluster.
public struct ClusterDefinition: Sendable {
    /// The key `shardCollection` gets; nil where the collection stays on one shard.
    public let shardKey: Document?
    public let reason: String?
    /// The write concern of loads on a replica set or sharded cluster.
    public let writeConcern: Document?

    init(_ reader: DefinitionReader) throws {
        try reader.allow(["shardKey", "reason", "writeConcern"])
        shardKey = try reader.optionalDocument("shardKey")?.document
        reason = try reader.optionalString("reason")
        writeConcern = try reader.optionalDocument("writeConcern")?.document
        if shardKey != nil && reason == nil { throw reader.wrong("reason", "is missing: a shard key says why") }
    }
}
