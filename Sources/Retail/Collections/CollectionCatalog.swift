import BSON
import Definitions

/// All collections the program knows, by name.
public struct CollectionCatalog: Sendable {
    /// Sorted by name.
    public let definitions: [CollectionDefinition]

    public subscript(_ name: String) -> CollectionDefinition? { definitions.first { $0.name == name } }

    /// The program's own collections.
    public static func standard() throws -> CollectionCatalog {
        try load(from: ResourceLocator.current.folder("collections"))
    }

    /// Reads every `NAME.json` of a folder.
    ///
    /// - Throws: `fileOpenFailed`; `failedToParse` with the file and what is wrong in it.
    public static func load(from folder: String) throws -> CollectionCatalog {
        let definitions = try Files.names(in: folder, ending: ".json").map { name in
            let path = folder + "/" + name
            let definition = try CollectionDefinition(Files.document(at: path), file: path)
            guard definition.name + ".json" == name else {
                throw AtelierError(
                    .failedToParse, "the name is \(definition.name); the file must be called after it", at: path)
            }
            return definition
        }
        guard !definitions.isEmpty else {
            throw AtelierError(.noSuchKey, "the folder holds no collection definitions", at: folder)
        }
        let catalog = CollectionCatalog(definitions: definitions)
        try catalog.checkForeignKeys(folder: folder)
        return catalog
    }

    /// Tables are named once, and foreign keys lead to columns that exist.
    private func checkForeignKeys(folder: String) throws {
        let tables = definitions.flatMap { $0.relational?.tables ?? [] }
        if let twice = firstRepeated(tables.map(\.name)) {
            throw AtelierError(.failedToParse, "two collections define the table \(twice)", at: folder)
        }
        for definition in definitions {
            for table in definition.relational?.tables ?? [] {
                for key in table.foreignKeys {
                    let target = tables.first { $0.name == key.table }
                    guard let target, key.references.allSatisfy({ name in target.columns.contains { $0.name == name } })
                    else {
                        throw AtelierError(
                            .failedToParse,
                            "table \(table.name) refers to \(key.table)(\(key.references.joined(separator: ", "))), which is not there",
                            at: folder + "/" + definition.name + ".json")
                    }
                }
            }
        }
    }
}
