import BSON
import Retail

/// The normalised tables that the collections would be in SQL: keys, foreign keys, decimal money, and indexes like theirs.
public struct RelationalSchema: Sendable {
    /// A collection and the tables its documents fill.
    public struct Source: Sendable {
        public let collection: CollectionDefinition
        public let tables: [RelationalTable]
    }

    /// In an order in which they can be filled: what a foreign key leads to comes first.
    public let sources: [Source]

    /// - Throws: `illegalOperation` where collections refer to one another in a circle.
    public init(_ catalog: CollectionCatalog) throws {
        var waiting = catalog.definitions.compactMap { definition in
            definition.relational.map { Source(collection: definition, tables: $0.tables) }
        }
        var sources: [Source] = []
        var filled: Set<String> = []
        while !waiting.isEmpty {
            let ready = waiting.firstIndex { source in
                let own = Set(source.tables.map(\.name))
                let needed = source.tables.flatMap(\.foreignKeys).map(\.table)
                return needed.allSatisfy { own.contains($0) || filled.contains($0) }
            }
            guard let ready else {
                let names = waiting.map(\.collection.name).joined(separator: ", ")
                throw AtelierError(
                    .illegalOperation, "the foreign keys of \(names) lead in a circle: none can be filled first",
                    at: "collections/",
                    advice: "Remove one of the foreign keys from the relational mapping.")
            }
            let source = waiting.remove(at: ready)
            filled.formUnion(source.tables.map(\.name))
            sources.append(source)
        }
        self.sources = sources
    }

    public var tables: [RelationalTable] { sources.flatMap(\.tables) }

    /// The statements that create the tables, before any row is there.
    public func creation(in dialect: SQLDialect) -> [String] { tables.map { $0.creation(in: dialect) } }

    /// The statements that create the indexes. Databases are quicker where the rows are there already.
    public var indexCreation: [String] { tables.flatMap(\.indexCreation) }

    /// The statements that add the foreign keys where they are not created with the tables, because servers check a key
    /// quicker over all rows than row by row.
    public func foreignKeyCreation(in dialect: SQLDialect) -> [String] {
        dialect.addsForeignKeysLater ? tables.flatMap(\.foreignKeyCreation) : []
    }
}

extension RelationalTable {
    func creation(in dialect: SQLDialect) -> String {
        var parts = columns.map { column in
            "\(SQLDialect.quoted(column.name)) \(dialect.name(of: column.type))\(dialect.collation(of: column.type))"
                + (column.isRequired ? " NOT NULL" : "")
        }
        parts.append("PRIMARY KEY (\(SQLDialect.quoted(primaryKey)))")
        if !dialect.addsForeignKeysLater { parts += foreignKeys.map(\.clause) }
        return "CREATE TABLE \(SQLDialect.quoted(name)) (\n    \(parts.joined(separator: ",\n    "))\n)"
            + dialect.tableOptions
    }

    var foreignKeyCreation: [String] {
        foreignKeys.map { "ALTER TABLE \(SQLDialect.quoted(name)) ADD \($0.clause)" }
    }

    var indexCreation: [String] {
        indexes.map { index in
            "CREATE INDEX \(SQLDialect.quoted(index.name)) ON \(SQLDialect.quoted(name)) (\(SQLDialect.quoted(index.columns)))"
        }
    }

    /// The statement that adds a row, with one `?` a column.
    var insertion: String {
        let places = Array(repeating: "?", count: columns.count).joined(separator: ", ")
        return
            "INSERT INTO \(SQLDialect.quoted(name)) (\(SQLDialect.quoted(columns.map(\.name)))) VALUES (\(places))"
    }
}

extension RelationalTable.ForeignKey {
    fileprivate var clause: String {
        "FOREIGN KEY (\(SQLDialect.quoted(columns))) REFERENCES \(SQLDialect.quoted(table)) "
            + "(\(SQLDialect.quoted(references)))"
    }
}
