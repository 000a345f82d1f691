import BSON
import DocumentStore
import Retail

/// Puts the documents of a store into a database of SQL as JSON, with views that unpack them.
public struct JSONLoader {
    private let schema: JSONSchema
    private let database: any SQLDatabase

    /// - Throws: `commandNotSupported` for MariaDB.
    public init(_ schema: RelationalSchema, into database: any SQLDatabase) throws {
        self.schema = try JSONSchema(schema, in: database.dialect)
        self.database = database
    }

    /// Creates the tables, fills them in one transaction, creates indexes and views, and gathers statistics.
    ///
    /// - Parameters: as of `RelationalLoader.load`.
    /// - Returns: how many documents each collection has.
    /// - Throws: `namespaceExists` where a table or view is there already. The database is then as it was.
    @discardableResult
    public func load(
        from store: Database, replacing: Bool = false, progress: (Int) -> Void = { _ in }
    ) throws -> [(collection: String, documents: Int)] {
        let there = try database.tables()
        let taken = (schema.tables + schema.views).filter(there.contains)
        if !replacing, let name = taken.first {
            throw AtelierError(
                .namespaceExists, "the database has a table or view \(name) already", at: database.location,
                advice: "Name another database, or replace what is there with --replace.")
        }
        let counts = try database.loading(schema.tables) {
            for view in schema.views where there.contains(view) {
                try database.execute("DROP VIEW \(SQLDialect.quoted(view))")
            }
            for table in schema.tables where there.contains(table) {
                try database.execute("DROP TABLE \(SQLDialect.quoted(table))")
            }
            for statement in schema.creation { try database.execute(statement) }
            var counts: [(collection: String, documents: Int)] = []
            for source in schema.schema.sources {
                let before = counts.reduce(0) { $0 + $1.documents }
                let count = try fill(source.collection.name, from: store) { progress(before + $0) }
                counts.append((source.collection.name, count))
            }
            for statement in schema.indexCreation + schema.viewCreation { try database.execute(statement) }
            return counts
        }
        try database.gatherStatistics()
        return counts
    }

    private func fill(_ collection: String, from store: Database, progress: (Int) -> Void) throws -> Int {
        let columns = [SQLColumn(name: "_id", type: .text), SQLColumn(name: "document", type: .text)]
        let insertion = try database.insertion(into: JSONSchema.table(of: collection), columns: columns)
        var json = PlainJSON(database.dialect)
        var count = 0
        let documents = try store.collection(collection).find()
        func add(_ document: DocumentView) throws {
            json.removeAll()
            json.append(.document(document))
            // The bytes are borrowed until `add` returns.
            try json.bytes.withUnsafeBytes { bytes in
                try insertion.add([document.find("_id"), .string(borrowing: bytes)])
            }
            count += 1
        }
        while try documents.withNext(add) != nil { progress(count) }
        try insertion.finish()
        return count
    }
}
