import BSON
import TestSupport
import Testing

@testable import Retail

@Suite struct CollectionCatalogTests {
    private func definition(_ text: String) throws -> CollectionDefinition {
        try CollectionDefinition(Document(json: text), file: "collections/things.json")
    }

    @Test func theProgramsOwnDefinitionsAreSound() throws {
        let catalog = try CollectionCatalog.standard()
        let names = Set(catalog.definitions.map(\.name))
        #expect(
            names.isSuperset(of: [
                "customers", "products", "inventory", "orders", "designSessions", "designers", "tailors",
                "appointments",
                "reviews", "productViews", "campaigns", "sellers", "suppliers", "rejects", "loads", "raw_online_retail",
            ]))
        #expect(catalog.definitions.allSatisfy { $0.validator["$jsonSchema"]?.documentValue?["bsonType"] == "object" })
        #expect(catalog["orders"]?.cluster?.shardKey == ["_id": "hashed"])
        #expect(
            catalog["inventory"]?.indexes.first?.specification
                == ["key": ["productId": 1, "location": 1], "name": "productId_1_location_1", "unique": true])
    }

    /// A field that the schema knows and the tables do not would be lost on the way to SQL.
    @Test func everyFieldOfTheSchemasHasAColumn() throws {
        let catalog = try CollectionCatalog.standard()
        for definition in catalog.definitions {
            guard let mapping = definition.relational else {
                #expect(definition.name.hasPrefix("raw_"), "\(definition.name) has no tables")
                continue
            }
            let covered = Set(mapping.tables.flatMap(\.columns).filter { $0.path.end == .value }.map(\.path.text))
            for field in leaves(definition.validator["$jsonSchema"]!.documentValue!, "")
            where field != "address.location.type" {
                #expect(
                    covered.contains(field) || field.hasSuffix("location.type"),
                    "\(definition.name).\(field) has no column")
            }
        }
    }

    /// The paths of a schema's values, as relational paths.
    private func leaves(_ schema: Document, _ path: String) -> [String] {
        if let properties = schema["properties"]?.documentValue {
            return properties.elements.flatMap {
                leaves($0.value.documentValue!, path.isEmpty ? $0.key : "\(path).\($0.key)")
            }
        }
        if path.hasSuffix("coordinates") { return [path + ".0", path + ".1"] }
        if let items = schema["items"]?.documentValue { return leaves(items, path + "[]") }
        if schema["bsonType"] == "object" { return [path + "{}"] }
        return [path]
    }

    /// The keys of indexes are paths of the schema, so that no index is built on a misspelt name.
    @Test func indexesAreOnFieldsOfTheSchema() throws {
        for definition in try CollectionCatalog.standard().definitions {
            let known = Set(
                leaves(definition.validator["$jsonSchema"]!.documentValue!, "").map { path in
                    String(decoding: path.utf8.filter { ![0x5B, 0x5D, 0x7B, 0x7D].contains($0) }, as: UTF8.self)
                })
            for index in definition.indexes {
                for key in index.key.keys { #expect(known.contains(key), "\(definition.name).\(index.name)") }
            }
        }
    }

    @Test(arguments: [
        (#"{"name": "things", "purpose": "p", "validator": {}, "indexes": []}"#, "validator is empty"),
        (#"{"purpose": "p"}"#, "name is missing"),
        (
            #"{"name": "things", "purpose": "p", "validator": {"a": 1}, "indexes": [], "indices": []}"#,
            "indices is not known"
        ),
        (
            #"{"name": "things", "purpose": "p", "validator": {"a": 1}, "indexes": [{"name": "a_1", "key": {"a": 1}}]}"#,
            "indexes[0].serves is missing"
        ),
        (
            #"{"name": "t", "purpose": "p", "validator": {"a": 1}, "indexes": [], "cluster": {"shardKey": {"_id": 1}}}"#,
            "cluster.reason is missing"
        ),
        (
            #"{"name": "t", "purpose": "p", "validator": {"a": 1}, "indexes": [], "relational": {"tables": [{"name": "t", "columns": [{"name": "a", "type": "STRING", "path": "a"}], "primaryKey": ["a"]}]}}"#,
            "relational.tables[0].columns[0].type is STRING"
        ),
        (
            #"{"name": "t", "purpose": "p", "validator": {"a": 1}, "indexes": [], "relational": {"tables": [{"name": "t", "columns": [{"name": "a", "type": "TEXT", "path": "a"}], "primaryKey": ["b"]}]}}"#,
            "relational.tables[0].primaryKey names b"
        ),
        (
            #"{"name": "t", "purpose": "p", "validator": {"a": 1}, "indexes": [], "relational": {"tables": [{"name": "t", "rows": "b[]", "columns": [{"name": "a", "type": "TEXT", "path": "a[].x"}], "primaryKey": ["a"]}]}}"#,
            "relational.tables[0].columns[0].path goes through arrays"
        ),
    ])
    func faultsAreNamedWithTheirPlace(_ text: String, _ reason: String) {
        do {
            _ = try definition(text)
            Issue.record("accepted")
        } catch let error as AtelierError {
            #expect(error.message.hasPrefix(reason))
            #expect(error.location == "collections/things.json")
        } catch {
            Issue.record("\(error)")
        }
    }

    @Test func filesAreNamedInErrors() throws {
        let file = TemporaryFile("{ \"name\": \"x\",, }", name: "x.json")
        let folder = String(file.path.dropLast("/x.json".count))
        do {
            _ = try CollectionCatalog.load(from: folder)
            Issue.record("accepted")
        } catch let error as AtelierError {
            #expect(error.location?.hasPrefix(file.path) == true)
        }
        file.write(Array(#"{"name": "y", "purpose": "p", "validator": {"a": 1}, "indexes": []}"#.utf8))
        #expect(throws: AtelierError.self) { try CollectionCatalog.load(from: folder) }
        #expect(throws: AtelierError.self) { try CollectionCatalog.load(from: folder + "/nowhere") }
    }
}
