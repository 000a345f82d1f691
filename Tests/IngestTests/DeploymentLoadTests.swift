import BSON
import DocumentStore
import Retail
import TestSupport
import Testing

@testable import Ingest

/// Loads into real deployments, with validators and indexes in place.
@Suite struct DeploymentLoadTests {
    @Test(arguments: TestDeployment.allCases)
    func initializingTwiceChangesNothing(_ deployment: TestDeployment) throws {
        let store = try TestStore(deployment)
        #expect(try !StoreInitializer(catalog: store.catalog, database: store.database).run().changed)
        let names = try store.collection("orders").listIndexes().compactMap { $0["name"]?.stringValue }
        #expect(Set(names) == Set(["_id_"] + store.catalog["orders"]!.indexes.map(\.name)))
    }

    @Test(arguments: TestDeployment.allCases)
    func generatedDataPassesTheValidatorsAndLoadsOnce(_ deployment: TestDeployment) throws {
        let store = try TestStore(deployment)
        let loader = GeneratedDataLoader(database: store.database, catalog: store.catalog)
        let generator = Generator(try GeneratorOptions(orders: 400, seed: 3))
        let report = try loader.load(generator)
        #expect(report.written.allSatisfy { $0.modified == 0 && $0.unchanged == 0 && $0.inserted > 0 })
        #expect(try store.collection("orders").count(["kind": "sale"]) == 400)
        #expect(try loader.load(generator).wasLoadedBefore)
        let again = try loader.load(generator, options: LoadOptions(again: true))
        #expect(!again.changed)
        #expect(again.written.map(\.unchanged) == report.written.map(\.inserted))
        // Another shop would not go with this one.
        #expect(throws: AtelierError.self) { try loader.load(Generator(GeneratorOptions(orders: 400, seed: 4))) }
    }

    @Test(arguments: TestDeployment.allCases)
    func onlineRetailLoadsOnceAndAgainWithoutChange(_ deployment: TestDeployment) throws {
        let store = try TestStore(deployment)
        let file = TemporaryFile(
            """
            InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country
            536365,85123A,WHITE HOLDER,6,12/1/2010 8:26,2.55,17850,United Kingdom
            536365,POST,POSTAGE,1,12/1/2010 8:26,18,17850,United Kingdom
            C536366,85123A,WHITE HOLDER,-1,12/13/2010 8:26,2.55,,France
            536367,85123A,WHITE HOLDER,x,12/13/2010 8:26,2.55,,France
            """)
        let importer = OnlineRetailImporter(database: store.database, catalog: store.catalog)
        let report = try importer.load(file.path)
        #expect(report.rejects == [.init(reason: "badQuantity", rows: 1)])
        #expect(try !importer.load(file.path, options: LoadOptions(again: true)).changed)
        #expect(try store.collection("raw_online_retail").count() == 4)
        #expect(try store.collection("rejects").count() == 1)
        #expect(
            try store.collection("orders").distinct("kind").compactMap(\.stringValue).sorted() == [
                "return", "sale",
            ])
        #expect(try store.collection("loads").findOne()?["status"] == "done")
    }

    @Test(arguments: TestDeployment.allCases)
    func documentsThatTheValidatorRefusesBecomeRejects(_ deployment: TestDeployment) throws {
        let store = try TestStore(deployment)
        let file = TemporaryFile(
            """
            {"_id": "M1", "name": "Spring", "channel": "email", "startsAt": {"$date": "2020-01-01T00:00:00Z"}, "endsAt": {"$date": "2020-02-01T00:00:00Z"}, "spend": {"$numberDecimal": "10.50"}}
            {"_id": "M2", "name": "No dates", "channel": "email", "spend": 10.5}
            """, name: "campaigns.ndjson")
        let report = try NDJSONImporter(database: store.database, catalog: store.catalog, collection: "campaigns").load(
            file.path)
        #expect(report.rejects == [.init(reason: "invalid", rows: 1)])
        #expect(try store.collection("campaigns").count() == 1)
    }
}
