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

    private var totals: Document { get throws { try #require(data.values["totals"]?.documentValue) } }

    @Test func revenueByCategory() throws {
        let rows = try data.shop.rows("revenue-by-category")
        let categories = data.values["top10_categories_item_revenue_ALL"]?.arrayValue?.compactMap(\.arrayValue) ?? []
        #expect(categories.count == 10)
        for (row, category) in zip(rows, categories) {
            #expect(row["category"] == category[0])
            #expect(isExactly(row["revenue"], category[1]))
        }
        // What has no category is a row of its own; what has one without a translation keeps it.
        let nameless = try #require(rows.first { $0["category"]?.isNull == true })
        #expect(nameless["lines"]?.integerValue == data.values["items_without_category"]?.integerValue)
        for name in data.values["categories_without_translation"]?.arrayValue ?? [] {
            #expect(rows.contains { $0["category"] == name }, "\(name)")
        }
    }

    @Test func revenueByState() throws {
        let rows = try data.shop.rows("revenue-by-state")
        let states = data.values["top5_states_item_revenue_ALL"]?.arrayValue?.compactMap(\.arrayValue) ?? []
        #expect(states.count == 5)
        for (row, state) in zip(rows, states) {
            #expect(row["country"] == "Brazil")
            #expect(row["state"] == state[0])
            #expect(isExactly(row["revenue"], state[1]))
        }
    }

    /// Payments are summed by themselves: joined with lines, orders with several of each would count several times.
    @Test func paymentTypes() throws {
        let rows = try data.shop.rows("payment-types")
        let types = try #require(data.values["payment_types"]?.documentValue)
        #expect(rows.count == types.count)
        for row in rows {
            let type = try #require(types[row["type"]?.stringValue ?? ""]?.documentValue)
            #expect(row["payments"]?.integerValue == type["rows"]?.integerValue)
            #expect(isExactly(row["amount"], type["value"]))
        }
        let installments = try data.shop.rows("payment-installments")
        #expect(isExactly(sum(rows, "amount"), try totals["payments"]))
        #expect(isExactly(sum(installments, "amount"), try totals["payments"]))
        #expect(!isExactly(sum(rows, "amount"), try totals["trap_items_x_payments_join_revenue"]))
    }

    @Test(arguments: [("ALL", false), ("VALID", true)])
    func paymentsAgainstTotals(scope: String, excludeCancelled: Bool) throws {
        let rows = try data.shop.rows("payment-reconciliation", ["excludeCancelled": .bool(excludeCancelled)])
        let expected = try #require(data.values["scopes"]?.documentValue?[scope]?.documentValue)
        let withLines = rows.filter { $0["finding"]?.stringValue?.hasSuffix("without lines") == false }
        #expect(isExactly(sum(rows, "total"), expected["gmv"]))
        #expect(isExactly(sum(withLines, "paid"), expected["payments"]))
        let orders = withLines.reduce(0) { $0 + ($1["orders"]?.integerValue ?? 0) }
        #expect(orders == expected["orders"]?.integerValue)
        guard !excludeCancelled else { return }
        let without = try #require(rows.first { $0["finding"] == "paid without lines" })
        #expect(without["orders"]?.integerValue == (try totals["orders_without_items"]?.integerValue))
        #expect(isExactly(without["paid"], try totals["payments_of_orders_without_items"]))
        let differences = try data.shop.rows("payment-differences", ["limit": 10000, "tolerance": "0"])
        #expect(isExactly(sum(differences, "difference"), .double(163_050.07)))
    }

    @Test func ordersStopOnTheirWay() throws {
        let rows = try data.shop.rows("order-funnel")
        #expect(rows.map { $0["step"] } == ["ordered", "approved", "shipped", "delivered"])
        let orders = rows.map { $0["orders"]?.integerValue ?? 0 }
        // Six orders were canceled after they had been delivered.
        #expect(orders[0] == 8135 && orders[3] == 5172 + 6)
        #expect(rows[3]["canceled"]?.integerValue == 6)
        for step in 0..<3 {
            let stopped = (rows[step]["canceled"]?.integerValue ?? 0) + (rows[step]["waiting"]?.integerValue ?? 0)
            #expect(orders[step] - orders[step + 1] == stopped)
        }
        #expect(rows.reduce(0) { $0 + ($1["canceled"]?.integerValue ?? 0) } == 625 + 609)
        let months = try data.shop.rows("cancellations-by-month")
        #expect(months.reduce(0) { $0 + ($1["canceled"]?.integerValue ?? 0) } == 625)
        #expect(months.reduce(0) { $0 + ($1["unavailable"]?.integerValue ?? 0) } == 609)
    }

    @Test func customersAreThoseWhoBuyNotTheirOrders() throws {
        let rows = try data.shop.rows("repeat-purchase-by-days")
        // Counted over orders with lines only, so that fewer customers remain than the sample has.
        #expect(rows.reduce(0) { $0 + ($1["customers"]?.integerValue ?? 0) } < 8016)
        #expect(rows.dropLast().contains { ($0["customers"]?.integerValue ?? 0) > 0 })
    }
}
