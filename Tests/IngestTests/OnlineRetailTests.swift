import BSON
import DocumentStore
import Retail
import TestSupport
import Testing

@testable import Ingest

@Suite struct OnlineRetailTests {
    private static let header = "Invoice,StockCode,Description,Quantity,InvoiceDate,Price,Customer ID,Country\n"

    private func importer(_ deployment: MemoryDeployment) throws -> OnlineRetailImporter {
        OnlineRetailImporter(database: Store(deployment: deployment).database, catalog: try .standard())
    }

    @discardableResult
    private func load(_ text: String, into deployment: MemoryDeployment, options: LoadOptions = LoadOptions()) throws
        -> LoadReport
    {
        try importer(deployment).load(TemporaryFile(text).path, options: options)
    }

    private func document(_ deployment: MemoryDeployment, _ collection: String, _ id: String) -> Document? {
        deployment.documents(collection).first { $0["_id"] == .string(id) }
    }

    private let small = """
        489434,85048,15CM CHRISTMAS GLASS BALL 20 LIGHTS,12,2009-12-01 07:45:00,6.95,13085,United Kingdom
        489434,79323p, PINK CHERRY LIGHTS ,12,2009-12-01 07:46:00,6.750,13085,United Kingdom
        489435,POST,POSTAGE,1,2009-12-02 09:00:00,18,,France
        C489436,85048,15CM CHRISTMAS GLASS BALL 20 LIGHTS,-3,2009-12-03 09:00:00,6.95,13085,EIRE
        489434,85048,"BALL, GLASS",2,2009-12-01 07:45:00,0,13085,United Kingdom
        A489437,B,Adjust bad debt,1,2009-12-04 10:00:00,-100.5,,United Kingdom

        """

    @Test func invoicesBecomeOrders() throws {
        let deployment = MemoryDeployment()
        let report = try load(OnlineRetailTests.header + small, into: deployment)
        #expect(report.rows == 6)
        #expect(report.rejectedRows == 0)
        #expect(
            document(deployment, "orders", "489434") == [
                "_id": "489434", "customerId": "13085", "kind": "sale", "status": "completed",
                "orderedAt": .date(1_259_653_500_000),
                "channel": "online", "country": "United Kingdom",
                "items": [
                    ["line": 1, "productId": "85048", "quantity": 12, "unitPrice": .decimal(Decimal128("6.95")!)],
                    ["line": 2, "productId": "79323P", "quantity": 12, "unitPrice": .decimal(Decimal128("6.750")!)],
                    ["line": 3, "productId": "85048", "quantity": 2, "unitPrice": .decimal(Decimal128("0")!)],
                ],
                "total": .decimal(Decimal128("164.400")!),
            ])
        #expect(
            document(deployment, "orders", "489435") == [
                "_id": "489435", "kind": "sale", "status": "completed", "orderedAt": .date(1_259_744_400_000),
                "channel": "online",
                "country": "France",
                "items": [
                    [
                        "line": 1, "productId": "POST", "quantity": 1, "unitPrice": .decimal(Decimal128("18")!),
                        "service": true,
                    ]
                ],
                "total": .decimal(Decimal128("18")!),
            ])
        #expect(document(deployment, "orders", "C489436")?["kind"] == "return")
        #expect(document(deployment, "orders", "C489436")?["total"] == .decimal(Decimal128("-20.85")!))
        #expect(document(deployment, "orders", "A489437")?["kind"] == "adjustment")
        #expect(document(deployment, "orders", "A489437")?["status"] == "adjusted")
        #expect(report.notes.contains { $0.contains("1 invoices have rows with different times") })
    }

    @Test func productsAndCustomersAreGathered() throws {
        let deployment = MemoryDeployment()
        try load(OnlineRetailTests.header + small, into: deployment)
        #expect(
            document(deployment, "products", "85048") == [
                "_id": "85048", "kind": "product", "name": "15CM CHRISTMAS GLASS BALL 20 LIGHTS",
                "price": .decimal(Decimal128("6.95")!), "currency": "GBP", "active": true,
                "createdAt": .date(1_259_653_500_000),
            ])
        #expect(document(deployment, "products", "79323P")?["name"] == "PINK CHERRY LIGHTS")
        #expect(document(deployment, "products", "POST")?["kind"] == "service")
        #expect(document(deployment, "products", "B")?["price"] == nil)
        #expect(
            deployment.documents("customers") == [
                ["_id": "13085", "address": ["country": "EIRE"], "createdAt": .date(1_259_653_500_000)]
            ])
    }

    @Test func rowsAreKeptAsTheyCame() throws {
        let deployment = MemoryDeployment()
        let report = try load(OnlineRetailTests.header + small, into: deployment)
        let rows = deployment.documents("raw_online_retail")
        #expect(rows.count == 6)
        #expect(
            rows[1] == [
                "_id": .string(report.id + ":000000003"), "load": .string(report.id), "file": "data.csv", "line": 3,
                "row": [
                    "Invoice": "489434", "StockCode": "79323p", "Description": " PINK CHERRY LIGHTS ", "Quantity": "12",
                    "InvoiceDate": "2009-12-01 07:46:00", "Price": "6.750", "Customer ID": "13085",
                    "Country": "United Kingdom",
                ],
            ])
    }

    /// The columns, dates and encoding of the older data set.
    @Test func theOtherDialectGivesTheSame() throws {
        let deployment = MemoryDeployment()
        let rows = "536365,85123a,WHITE HOLDER,6,12/1/2010 8:26,2.55,17850.0,United Kingdom\r\n536366,22423,CAF"
        let text =
            Array(("InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\r\n" + rows).utf8)
            + [0xC9] + Array(" SET,1,12/13/2010 8:26,1.25,,EIRE\r\n".utf8)
        let report = try importer(deployment).load(TemporaryFile(gzipped(text), name: "data.csv.gz").path)
        #expect(report.rejects.isEmpty)
        #expect(document(deployment, "orders", "536365")?["customerId"] == "17850")
        #expect(document(deployment, "orders", "536365")?["orderedAt"] == .date(1_291_191_960_000))
        #expect(document(deployment, "products", "85123A") != nil)
        #expect(document(deployment, "products", "22423")?["name"] == "CAFÉ SET")
        #expect(report.assumptions.contains { $0.contains("Windows-1252") })
        #expect(report.assumptions.contains { $0.contains("month first") })
    }

    @Test func rowsThatCannotBeReadAreKeptWithTheirReason() throws {
        let deployment = MemoryDeployment()
        let report = try load(
            OnlineRetailTests.header + """
                1,22423,A,1,2009-12-01 07:45:00,1,5,UK
                ,22423,A,1,2009-12-01 07:45:00,1,5,UK
                2, ,A,1,2009-12-01 07:45:00,1,5,UK
                3,22423,A,many,2009-12-01 07:45:00,1,5,UK
                4,22423,A,1,soon,1,5,UK
                5,22423,"A
                B",1,2009-12-01 07:45:00,cheap,5,UK
                6,22423,A,1,2009-12-01 07:45:00,1,5
                7,22423,A,1,2009-12-01 07:45:00,1,5,UK,more
                8,22423,A,99999999999,2009-12-01 07:45:00,1,5,UK
                """, into: deployment)
        #expect(report.rows == 9)
        #expect(report.rejectedRows == 8)
        #expect(
            report.rejects == [
                .init(reason: "badQuantity", rows: 2), .init(reason: "fieldCount", rows: 2),
                .init(reason: "badDate", rows: 1),
                .init(reason: "badPrice", rows: 1), .init(reason: "missingInvoice", rows: 1),
                .init(reason: "missingStockCode", rows: 1),
            ])
        #expect(deployment.documents("orders").map { $0["_id"] } == ["1"])
        let rejects = deployment.documents("rejects")
        #expect(rejects.map { $0["line"] } == [3, 4, 5, 6, 7, 9, 10, 11])
        #expect(rejects[4]["row"]?.documentValue?["Description"] == "A\nB")
        #expect(rejects[6]["row"]?.documentValue?["column9"] == "more")
        #expect(rejects.allSatisfy { $0["file"] == "data.csv" && $0["source"] == "raw_online_retail" })
        #expect(deployment.documents("raw_online_retail").count == 9)
    }

    @Test func loadingTwiceChangesNothing() throws {
        let deployment = MemoryDeployment()
        let first = try load(OnlineRetailTests.header + small, into: deployment)
        #expect(first.changed)
        func everything() -> [[Document]] { deployment.collectionNames.map { deployment.documents($0) } }
        let before = everything()
        let second = try load(OnlineRetailTests.header + small, into: deployment)
        #expect(second.wasLoadedBefore)
        #expect(!second.changed)
        #expect(second.id == first.id)
        #expect(second.rows == first.rows)
        #expect(second.written.map(\.unchanged) == first.written.map(\.inserted))
        #expect(everything() == before)
        // Asked to do it again, it does, and still changes nothing but the record's times.
        let third = try load(OnlineRetailTests.header + small, into: deployment, options: LoadOptions(again: true))
        #expect(!third.changed && !third.wasLoadedBefore)
        #expect(
            deployment.collectionNames.filter { $0 != "loads" }.map { deployment.documents($0) }
                == zip(deployment.collectionNames, before).filter { $0.0 != "loads" }.map(\.1))
    }

    /// The store fails at every collection in turn; the next run completes the load.
    @Test(arguments: ["raw_online_retail", "rejects", "products", "customers", "orders"])
    func aLoadThatBrokeOffIsCompleted(at collection: String) throws {
        let text = OnlineRetailTests.header + small + "9,,,,,,,\n"
        let reference = MemoryDeployment()
        try load(text, into: reference)
        let deployment = MemoryDeployment()
        deployment.fail("insert", on: collection, with: AtelierError(.outOfDiskSpace, "the disk is full"))
        #expect(throws: AtelierError.self) { try load(text, into: deployment) }
        #expect(deployment.documents("loads")[0]["status"] == "failed")
        deployment.fail("insert", on: nil, with: AtelierError(.outOfDiskSpace, ""))
        #expect(try !load(text, into: deployment).wasLoadedBefore)
        for name in reference.collectionNames where name != "loads" {
            #expect(deployment.documents(name) == reference.documents(name))
        }
        #expect(deployment.documents("loads")[0]["status"] == "done")
    }

    @Test func aBrokenFileStoresNothing() throws {
        let deployment = MemoryDeployment()
        #expect(throws: AtelierError.self) { try load(OnlineRetailTests.header + small + "1,\"open", into: deployment) }
        #expect(deployment.collectionNames.isEmpty)
    }

    @Test func aSecondFileKeepsTheEarliestSightingAndTheLatestName() throws {
        let deployment = MemoryDeployment()
        try load(OnlineRetailTests.header + small, into: deployment)
        let report = try load(
            OnlineRetailTests.header + """
                489433,85048,GLASS BALL,1,2009-11-30 07:45:00,7.25,13085,France
                489434,85048,GLASS BALL,12,2009-12-01 07:45:00,6.95,13085,United Kingdom
                """, into: deployment)
        let product = try #require(document(deployment, "products", "85048"))
        #expect(product["name"] == "GLASS BALL")
        #expect(product["createdAt"] == .date(1_259_567_100_000))
        #expect(document(deployment, "customers", "13085")?["createdAt"] == .date(1_259_567_100_000))
        #expect(document(deployment, "orders", "489434")?["items"]?.arrayValue?.count == 1)
        #expect(report.notes.contains { $0.contains("1 orders were there with other content") })
    }

    @Test(arguments: [
        (["2,55", "1"], "5.10", "Fractions follow decimal commas."),
        (["2.55", "1"], "5.10", nil),
        (
            ["2.55", "1,5", "3.5"], "5.10",
            "Fractions follow decimal points; 1 prices with the other sign were rejected."
        ),
    ])
    func pricesTellTheSignBeforeTheirFractions(prices: [String], total: String, assumption: String?) throws {
        let deployment = MemoryDeployment()
        let rows = prices.enumerated().map { "\($0 + 1);22423;X;2;01.12.2010 08:26;\($1);7;DE\n" }
        let report = try load(
            "Invoice;StockCode;Description;Quantity;InvoiceDate;Price;Customer ID;Country\n" + rows.joined(),
            into: deployment)
        #expect(report.rejects.count == (assumption?.contains("rejected") == true ? 1 : 0))
        #expect(report.assumptions.first { $0.hasPrefix("Fractions") } == assumption)
        #expect(document(deployment, "orders", "1")?["total"] == .decimal(Decimal128(total)!))
    }

    @Test func progressReachesTheEnd() throws {
        let deployment = MemoryDeployment()
        let text =
            OnlineRetailTests.header
            + (0..<40_000).map { "\($0 / 10),22423,X,1,2010-12-01 08:26:00,1.25,7,UK\n" }.joined()
        let seen = Seen()
        try load(text, into: deployment, options: LoadOptions(progress: { seen.append($0) }))
        #expect(seen.all.filter { $0.subject == "data.csv" }.map(\.rows) == [16_384, 32_768, 40_000])
        #expect(seen.all.last.map { [$0.rows, $0.totalRows] } == [4000, 4000])
    }
}
