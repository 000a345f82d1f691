import BSON
import DocumentStore
import Testing

@testable import Worker

/// `aggregations.refresh` over both deployments, with the aggregations in `Aggregations`.
@Suite struct RefreshMethodTests {
    @Test("Gold collections are refreshed by name, with parameters", arguments: StorePlace.allCases)
    func refresh(_ place: StorePlace) throws {
        try place.withStore { store in
            let orders = (0..<6).map { number -> Document in
                [
                    "_id": .integer(number), "customerId": .string("c\(number % 3)"), "kind": "sale",
                    "orderedAt": .date(Int64(number)), "total": .decimal(Decimal128(number)),
                ]
            }
            try store.database.collection("orders").insert(orders).orThrow()
            let worker = try RunningWorker(store, aggregations: [packageFolder("Tests/WorkerTests/Aggregations")])
            func refreshed(_ params: String) throws -> Document? {
                let result = try worker.call("aggregations.refresh", params)["result"]?.documentValue
                return result?["refreshed"]?.arrayValue?.first?.documentValue
            }
            let named = #"{"names":["revenue-by-customer"],"parameters":{"limit":2}}"#
            let first = try #require(try refreshed(named))
            #expect(first["gold"] == "gold_revenue_by_customer" && first["how"] == "full")
            #expect(first["rows"] == 2 && first["computed"] == 2 && first["reason"] == "first time")
            #expect(try refreshed(named)?["how"] == "unchanged")
            let gold = try store.database.collection("gold_revenue_by_customer").find(sort: ["_id": 1]).all()
            #expect(gold.map { $0["customerId"] } == ["c2", "c1"])

            // A parameter that must be given leaves it out where none is named.
            #expect(try refreshed("{}")?["how"] == "skipped")
            let error = try worker.call("aggregations.refresh", #"{"parameters":{"limit":2}}"#)["error"]?.documentValue
            #expect(error?["code"] == -32602)
            let unknown = try worker.call("aggregations.refresh", #"{"names":["revenue"]}"#)["error"]?.documentValue
            #expect(unknown?["code"] == -32602)
            #expect(try worker.finish().isEmpty)
        }
    }
}
