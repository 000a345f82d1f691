import BSON
import Testing

/// The shipped aggregations on a data set with statuses, against reference values that other programs computed.
@Suite(
    .serialized,
    .enabled(
        if: ReferenceData.isThere("olist-sample", "olist-sample.json"),
        "the Olist sample is not there: set ATELIER_TEST_DATA"))
struct OlistTests {
    private let data: ReferenceData

    init() throws { data = try ReferenceData.olist.get() }

    @Test(arguments: [("monthly_ALL", false), ("monthly_VALID", true)])
    func revenueByMonth(reference: String, excludeCancelled: Bool) throws {
        let rows = try data.shop.rows("revenue-by-month", ["excludeCancelled": .bool(excludeCancelled)])
        let months = data.values.documents(reference)
        #expect(rows.count == months.count && !months.isEmpty)
        for (row, month) in zip(rows, months) {
            #expect(row["month"] == month["month"])
            #expect(row["orders"]?.integerValue == month["orders"]?.integerValue)
            #expect(isExactly(row["revenue"], month["item_revenue"]), "\(row) \(month)")
        }
    }

    @Test(arguments: [("ALL", false), ("VALID", true)])
    func averageOrderValue(scope: String, excludeCancelled: Bool) throws {
        let row = try #require(
            try data.shop.rows("average-order-value", ["excludeCancelled": .bool(excludeCancelled)]).first)
        let totals = try #require(data.values["scopes"]?.documentValue?[scope]?.documentValue)
        #expect(row["orders"]?.integerValue == totals["orders"]?.integerValue)
        #expect(isExactly(row["revenue"], totals["item_revenue"]))
        #expect(abs((row["averageOrderValue"]?.doubleValue ?? .nan) - (totals["AOV_items"]?.doubleValue ?? 0)) < 1e-9)
        #expect(abs((row["linesPerOrder"]?.doubleValue ?? .nan) - (totals["items_per_order"]?.doubleValue ?? 0)) < 1e-9)
    }

    @Test func ordersByStatus() throws {
        let rows = try data.shop.rows("orders-by-status")
        let statuses = try #require(data.values["totals"]?.documentValue?["status"]?.documentValue)
        #expect(rows.count == statuses.count)
        for row in rows {
            #expect(row["orders"]?.integerValue == statuses[row["status"]?.stringValue ?? ""]?.integerValue)
        }
    }
}
