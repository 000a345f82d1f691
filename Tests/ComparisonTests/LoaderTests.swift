import BSON
import Comparison
import DocumentStore
import Retail
import Testing

/// Nothing that the documents hold is lost on the way into tables without an error.
@Suite struct LoaderTests {
    /// Loads documents into an empty SQLite database, and shows it.
    private func load(
        _ documents: [(collection: String, json: String)], into tables: SQLiteDatabase? = nil, replacing: Bool = false,
        _ body: (SQLiteDatabase) throws -> Void = { _ in }
    ) throws {
        let (folder, store) = try Shop.emptyStore()
        defer {
            store.close()
            Shop.remove(folder)
        }
        for (collection, json) in documents {
            try store.database.collection(collection).insert([try Document(json: json)]).orThrow()
        }
        let tables = try tables ?? SQLiteDatabase(":memory:")
        try RelationalLoader(RelationalSchema(Shop.catalog.get()), into: tables).load(
            from: store.database, replacing: replacing)
        try body(tables)
    }

    private let product = """
        {"_id": "P", "kind": "product", "name": "Coat", "active": true, "price": {"$numberDecimal": "99.90"},
         "attributes": {"colour": "navy", "sizes": [1, 2], "lined": true, "care": {"wash": 30}}}
        """

    @Test func whatGoesInComesOut() throws {
        try load([("products", product)]) { tables in
            let products = try tables.rows("SELECT product_id, price, active, category FROM products")
            #expect(products == [["P", 99.9, 1, .null]])
            let attributes = try tables.rows("SELECT name, value FROM product_attributes ORDER BY name")
            #expect(
                attributes == [
                    ["care", "{\"wash\":30}"], ["colour", "navy"], ["lined", "true"], ["sizes", "[1,2]"],
                ])
        }
    }

    @Test func momentsAreTextsInUTC() throws {
        let campaign = """
            {"_id": "K", "name": "Spring", "channel": "email", "startsAt": {"$date": "2025-03-15T09:30:00.007Z"},
             "endsAt": {"$date": "2025-04-01T00:00:00Z"}, "spend": {"$numberDecimal": "10"}}
            """
        try load([("campaigns", campaign)]) { tables in
            let rows = try tables.rows("SELECT starts_at, ends_at FROM campaigns")
            #expect(rows == [["2025-03-15 09:30:00.007", "2025-04-01 00:00:00.000"]])
        }
    }

    @Test(arguments: [
        (#"{"_id": "P", "kind": "product", "name": "Coat", "active": true, "fabric": "wool"}"#, "fabric"),
        (#"{"_id": "P", "kind": "product", "name": {"en": "Coat"}, "active": true}"#, "name"),
        (
            #"{"_id": "P", "kind": "product", "name": "Coat", "active": true, "price": {"$numberDecimal": "1.00001"}}"#,
            "price"
        ),
        (#"{"_id": "P", "kind": "product", "name": "Coat", "active": true, "price": 9.5}"#, "price"),
        (#"{"_id": "P", "kind": "product", "name": "Coat", "active": true, "currency": "Euro"}"#, "currency"),
        (#"{"_id": "P", "kind": "product", "active": true}"#, "name"),
    ])
    func aValueThatNoColumnHoldsIsAnError(json: String, field: String) throws {
        let tables = try SQLiteDatabase(":memory:")
        let error = try #require(throws: AtelierError.self) { try load([("products", json)], into: tables) }
        #expect(error.code == .illegalOperation)
        #expect("\(error)".contains(field), "\(error)")
        #expect(try tables.hasTable("products") == false)
    }

    @Test func aFieldThatCanHaveOneValueOnlyNeedsNoColumn() throws {
        let tailor = """
            {"_id": "T", "name": "Ada", "location": {"type": "Point", "coordinates": [4.8, 45.7]}, "regions": ["Rhône"],
             "capacityPerDay": 3}
            """
        try load([("tailors", tailor)]) { tables in
            let rows = try tables.rows("SELECT longitude, latitude FROM tailors")
            #expect(rows == [[4.8, 45.7]])
        }
        let higher = tailor.replacing("45.7]", with: "45.7, 200]")
        let error = try #require(throws: AtelierError.self) { try load([("tailors", higher)]) }
        #expect(error.message.contains("location.coordinates.2"))
    }

    @Test func aReferenceThatLeadsNowhereIsAnError() throws {
        let stock = """
            {"_id": "P/Lyon", "productId": "P", "location": "Lyon", "onHand": 1, "reserved": 0, "reorderPoint": 0,
             "reorderQuantity": 0}
            """
        let error = try #require(throws: AtelierError.self) { try load([("inventory", stock)]) }
        #expect(error.message.contains("1 rows of inventory refer to products"))
        try load([("products", product), ("inventory", stock)])
    }

    @Test func tablesThatAreThereAreNotOverwrittenUnasked() throws {
        let tables = try SQLiteDatabase(":memory:")
        try load([("products", product)], into: tables)
        let error = try #require(throws: AtelierError.self) { try load([], into: tables) }
        #expect(error.code == .namespaceExists)
        #expect(try tables.rows("SELECT COUNT(*) FROM products") == [[1]])
        try load([], into: tables, replacing: true)
        #expect(try tables.rows("SELECT COUNT(*) FROM products") == [[0]])
    }

    @Test func foreignKeysAndIndexesAreThere() throws {
        let schema = try RelationalSchema(Shop.catalog.get())
        let names = schema.tables.map(\.name)
        for table in schema.tables {
            for key in table.foreignKeys {
                let target = try #require(names.firstIndex(of: key.table))
                #expect(target <= names.firstIndex(of: table.name)!, "\(table.name) is filled before \(key.table)")
            }
        }
        try load([]) { tables in
            for table in schema.tables {
                let keys = try tables.rows("SELECT DISTINCT id FROM pragma_foreign_key_list('\(table.name)')")
                #expect(keys.count == table.foreignKeys.count, "\(table.name)")
                let indexes = try tables.rows(
                    "SELECT name FROM pragma_index_list('\(table.name)') WHERE origin = 'c' ORDER BY name")
                #expect(indexes == table.indexes.map(\.name).sorted().map { [.string($0)] }, "\(table.name)")
            }
        }
    }
}
