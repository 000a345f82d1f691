import BSON
import DocumentStore
import Retail
import TestSupport
import Testing

@testable import Ingest

private let onlineRetail = sharedData("data/online-retail-ii-2009-2010.csv.gz")
private let olist = sharedData("data/olist-sample")

/// The real files, loaded into the engine, against figures computed by other programs.
@Suite struct ReferenceTests {
    private func reference(_ name: String) throws -> Document {
        try Document(json: contents(#require(sharedData("reference/\(name)"))))
    }

    private func number(_ document: Document, _ path: String...) throws -> Int {
        let value = path.reduce(BSONValue.document(document)) { $0.documentValue?[$1] ?? .null }
        return Int(try #require(value.integerValue))
    }

    @Test(.enabled(if: onlineRetail != nil, "needs shared/data/online-retail-ii-2009-2010.csv.gz"))
    func onlineRetailCountsAreTheReferences() throws {
        let store = try TestStore()
        let reference = try reference("online-retail-ii-2009-2010.json")
        let report = try OnlineRetailImporter(database: store.database, catalog: store.catalog).load(onlineRetail!)
        #expect(try report.rows == number(reference, "raw", "rows"))
        #expect(report.rejects.isEmpty)
        let orders = store.collection("orders")
        #expect(try orders.count() == number(reference, "raw", "invoices"))
        #expect(try orders.count(["kind": "sale"]) == number(reference, "raw", "invoices_N"))
        #expect(try orders.count(["kind": "return"]) == number(reference, "raw", "invoices_C"))
        #expect(try store.collection("customers").count() == number(reference, "raw", "customers_nonnull"))
        #expect(try store.collection("raw_online_retail").count() == number(reference, "raw", "rows"))
        let lines = try orders.aggregate([
            ["$unwind": "$items"],
            [
                "$match": [
                    "kind": "sale", "items.quantity": ["$gt": 0], "items.unitPrice": ["$gt": 0],
                    "items.service": ["$ne": true],
                ]
            ],
            [
                "$group": [
                    "_id": .null, "rows": ["$sum": 1], "units": ["$sum": "$items.quantity"],
                    "revenue": ["$sum": ["$multiply": ["$items.quantity", "$items.unitPrice"]]],
                ]
            ],
        ]).next()
        #expect(try Int(lines?["rows"]?.integerValue ?? 0) == number(reference, "totals", "P", "rows"))
        #expect(try Int(lines?["units"]?.integerValue ?? 0) == number(reference, "totals", "P", "units"))
        let revenue = try #require(lines?["revenue"])
        #expect(
            revenue.withValue { a in BSONValue.decimal(Decimal128("9837960.79")!).withValue { a.compare($0) } } == 0)
        let all = try #require(
            try orders.aggregate([["$group": ["_id": .null, "total": ["$sum": "$total"]]]]).next()?["total"])
        #expect(all.withValue { a in BSONValue.decimal(Decimal128("9539484.634")!).withValue { a.compare($0) } } == 0)
        #expect(
            try OnlineRetailImporter(database: store.database, catalog: store.catalog).load(onlineRetail!)
                .wasLoadedBefore)
    }

    @Test(.enabled(if: olist != nil, "needs shared/data/olist-sample"))
    func olistCountsAreTheReferences() throws {
        let store = try TestStore()
        let reference = try reference("olist-sample.json")
        let importer = OlistImporter(database: store.database, catalog: store.catalog)
        let report = try importer.load(olist!)
        #expect(report.rejects.isEmpty)
        for file in report.files { #expect(try file.rows == number(reference, "files", file.name, "rows")) }
        let orders = store.collection("orders")
        #expect(try orders.count() == number(reference, "totals", "orders"))
        #expect(try orders.count(["items": []]) == number(reference, "totals", "orders_without_items"))
        for (status, count) in reference["totals"]!.documentValue!["status"]!.documentValue!.elements {
            #expect(try orders.count(["status": .string(status)]) == Int(count.integerValue!), "\(status)")
        }
        #expect(try store.collection("products").count() == number(reference, "totals", "products"))
        #expect(try store.collection("sellers").count() == number(reference, "totals", "sellers"))
        #expect(try store.collection("customers").count() == number(reference, "totals", "customers_unique"))
        #expect(try store.collection("reviews").count() == number(reference, "reviews", "rows", "n"))
        let sums = try #require(
            try orders.aggregate([
                [
                    "$group": [
                        "_id": .null, "gmv": ["$sum": "$total"], "paid": ["$sum": ["$sum": "$payments.amount"]],
                        "items": ["$sum": ["$sum": "$items.unitPrice"]],
                    ]
                ]
            ]).next())
        for (field, expected) in [("gmv", "1265552.74"), ("paid", "1428602.81"), ("items", "1093264.35")] {
            let compared = sums[field]?.withValue { a in
                BSONValue.decimal(Decimal128(expected)!).withValue { a.compare($0) }
            }
            #expect(compared == 0, "\(field)")
        }
        #expect(try importer.load(olist!).wasLoadedBefore)
        #expect(try !importer.load(olist!, options: LoadOptions(again: true)).changed)
    }
}
