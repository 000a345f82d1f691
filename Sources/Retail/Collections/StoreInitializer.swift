import BSON
import DocumentStore

/// Brings a database to what the collection definitions say: collections, validators, indexes, shard keys.
///
/// Idempotent: what is there already stays, what differs is changed, nothing else is touched.
public struct StoreInitializer {
    /// What was done, in words for people.
    public struct Report: Sendable, Equatable {
        public var createdCollections: [String] = []
        public var changedValidators: [String] = []
        /// `collection.index`.
        public var createdIndexes: [String] = []
        public var shardedCollections: [String] = []

        public var changed: Bool {
            !(createdCollections.isEmpty && changedValidators.isEmpty && createdIndexes.isEmpty
                && shardedCollections.isEmpty)
        }
    }

    public let catalog: CollectionCatalog
    public let database: Database

    public init(catalog: CollectionCatalog, database: Database) {
        self.catalog = catalog
        self.database = database
    }

    /// - Parameter names: the collections to bring up; nil for all.
    /// - Throws: what the deployment throws; `indexOptionsConflict` and the like where an index of the same name or key
    ///   is there with other options; `commandNotSupported` where a validator must change and the deployment cannot.
    @discardableResult
    public func run(only names: [String]? = nil) throws -> Report {
        var report = Report()
        var existing: [String: Document] = [:]
        for info in try database.listCollections() {
            if let name = info["name"]?.stringValue { existing[name] = info["options"]?.documentValue ?? [:] }
        }
        let isSharded = try database.run(["hello": 1])["msg"]?.stringValue == "isdbgrid"
        for definition in catalog.definitions where names?.contains(definition.name) ?? true {
            try bringUp(definition, existing[definition.name], &report)
            try createIndexes(definition, &report)
            if isSharded, let key = definition.cluster?.shardKey { try shard(definition.name, key, &report) }
        }
        return report
    }

    private func bringUp(_ definition: CollectionDefinition, _ options: Document?, _ report: inout Report) throws {
        guard let options else {
            do {
                try database.createCollection(definition.name, options: ["validator": .document(definition.validator)])
                report.createdCollections.append(definition.name)
                return
            } catch let error as AtelierError where error.code == .namespaceExists {
                // Somebody else was faster; whether the validators agree, the next branch sees.
                let info = try database.listCollections(["name": .string(definition.name)]).first
                return try bringUp(definition, info?["options"]?.documentValue ?? [:], &report)
            }
        }
        if options["validator"]?.documentValue == definition.validator { return }
        do {
            try database.run(["collMod": .string(definition.name), "validator": .document(definition.validator)])
        } catch let error as AtelierError where error.code == .commandNotFound || error.code == .commandNotSupported {
            throw AtelierError(
                .commandNotSupported, "the validator differs from its definition, and this deployment cannot change it",
                at: definition.name, advice: "Export the collection, drop it, run `atelier init` and import it again.")
        }
        report.changedValidators.append(definition.name)
    }

    private func createIndexes(_ definition: CollectionDefinition, _ report: inout Report) throws {
        guard !definition.indexes.isEmpty else { return }
        let collection = database.collection(definition.name)
        let before = Set(try collection.listIndexes().compactMap { $0["name"]?.stringValue })
        do {
            try collection.createIndexes(definition.indexes.map(\.specification))
        } catch var error as AtelierError {
            error.location = error.location ?? definition.name
            throw error
        }
        report.createdIndexes += definition.indexes.filter { !before.contains($0.name) }.map {
            "\(definition.name).\($0.name)"
        }
    }

    private func shard(_ name: String, _ key: Document, _ report: inout Report) throws {
        let namespace = "\(database.name).\(name)"
        let config = database.sibling("config").collection("collections")
        let isThere = try config.findOne(["_id": .string(namespace), "dropped": ["$ne": true]])
        if isThere?["key"]?.documentValue == key { return }
        // A collection that holds documents needs the key's index first.
        let index = key.elements.map { "\($0.key)_\($0.value.stringValue ?? "1")" }.joined(separator: "_")
        if key != ["_id": 1] {
            try database.collection(name).createIndexes([["key": .document(key), "name": .string(index)]])
        }
        let admin = database.sibling("admin")
        try admin.run(["enableSharding": .string(database.name)])
        try admin.run(["shardCollection": .string(namespace), "key": .document(key)])
        report.shardedCollections.append(name)
    }
}
