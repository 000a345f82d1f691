import BSON
import Testing

@testable import Retail

@Suite struct RelationalTests {
    private func rows(_ collection: String, _ table: String, _ document: Document) throws -> [[BSONValue?]] {
        let mapping = try #require(try CollectionCatalog.standard()[collection]?.relational)
        let table = try #require(mapping.tables.first { $0.name == table })
        var rows: [[BSONValue?]] = []
        document.withView { view in
            table.forEachRow(of: view) { rows.append($0.map { $0.isMissing ? nil : BSONValue(copying: $0) }) }
        }
        return rows
    }

    @Test func oneRowADocument() throws {
        let designer: Document = [
            "_id": "D1", "name": "Ada", "location": ["type": "Point", "coordinates": [13.4, 52.5]], "hiredAt": .null,
        ]
        #expect(try rows("designers", "designers", designer) == [["D1", "Ada", 13.4, 52.5, nil]])
    }

    @Test func oneRowAnElementWithDefaults() throws {
        let order: Document = [
            "_id": "O1",
            "items": [
                ["line": 1, "productId": "A", "quantity": 2, "unitPrice": .decimal(Decimal128("1.50")!)],
                [
                    "line": 2, "productId": "POST", "quantity": 1, "unitPrice": .decimal(Decimal128("3")!),
                    "service": true,
                ],
            ],
        ]
        #expect(
            try rows("orders", "order_items", order) == [
                ["O1", 1, "A", nil, 2, .decimal(Decimal128("1.50")!), nil, nil, false],
                ["O1", 2, "POST", nil, 1, .decimal(Decimal128("3")!), nil, nil, true],
            ])
        #expect(try rows("orders", "order_items", ["_id": "O2"]).isEmpty)
        #expect(try rows("orders", "order_items", ["_id": "O2", "items": []]).isEmpty)
        #expect(try rows("orders", "order_items", ["_id": "O2", "items": "x"]).isEmpty)
    }

    @Test func positionsKeysAndNestedIterations() throws {
        let customer: Document = [
            "_id": "C1", "preferredStyles": ["boho", "modern"],
            "measurements": [
                ["takenAt": .date(5), "by": "self", "values": ["chest": 98.5, "waist": 80]],
                ["takenAt": .date(6), "by": "tailor", "values": [:]],
                ["takenAt": .date(7), "by": "tailor", "values": ["chest": 99]],
            ],
        ]
        #expect(try rows("customers", "customer_styles", customer) == [["C1", 1, "boho"], ["C1", 2, "modern"]])
        #expect(
            try rows("customers", "customer_measurements", customer) == [
                ["C1", 1, .date(5), "self", "chest", 98.5], ["C1", 1, .date(5), "self", "waist", 80],
                ["C1", 3, .date(7), "tailor", "chest", 99],
            ])
    }

    @Test(arguments: [
        ("VARCHAR(64)", RelationalType.varchar(64)), ("NUMERIC(18,4)", .numeric(precision: 18, scale: 4)),
        ("TEXT", .text),
        ("DOUBLE PRECISION", .double), ("CHAR(3)", .char(3)),
    ])
    func readsTypes(_ text: String, _ type: RelationalType) { #expect(RelationalType(text) == type) }

    @Test(arguments: [
        "", "VARCHAR", "VARCHAR()", "VARCHAR(0)", "NUMERIC(4,18)", "NUMERIC(18)", "TEXT(5)", "varchar(5)", "VARCHAR(5",
    ])
    func refusesTypes(_ text: String) { #expect(RelationalType(text) == nil) }
}
