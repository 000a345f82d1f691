import BSON
import Testing

/// What the shipped aggregations say of sales and of products sold, against reference values that other programs computed.
@Suite(
    .serialized,
    .enabled(
        if: ReferenceData.isThere("online-retail-ii-2009-2010.csv.gz", "online-retail-ii-2009-2010.json"),
        "the Online Retail data are not there: set ATELIER_TEST_DATA"))
struct OnlineRetailSalesTests {
    private let data: ReferenceData

    init() throws { data = try ReferenceData.onlineRetail.get() }

    private var months: [Document] { data.values.documents("monthly") }

    private func totals(_ scope: String) throws -> Document {
        try #require(data.values["totals"]?.documentValue?[scope]?.documentValue)
    }

    @Test func aPeriodOfAMonthIsAMonth() throws {
        let rows = try data.shop.rows("revenue-by-period")
        #expect(rows.count == months.count)
        for (row, month) in zip(rows, months) {
            #expect(row["period"] == month["month"])
            #expect(row["orders"]?.integerValue == month["invoices_G"]?.integerValue)
            #expect(isExactly(row["revenue"], month["gross"]))
            #expect(isNear(row["averageOrderValue"], month["AOV_G"]))
            #expect(row["complete"] == month["complete"])
            if let growth = month["growth_gross"], !growth.isNull {
                #expect(isNear(row["growth"], growth))
            } else {
                #expect(row["growth"]?.isNull == true)
            }
        }
        for (row, month) in zip(try data.shop.rows("net-revenue-by-period"), months) {
            #expect(isExactly(row["gross"], month["gross"]))
            #expect(isExactly(row["returns"], month["cancel"]))
            #expect(isExactly(row["net"], month["net"]))
        }
    }

    @Test(arguments: [("day", 307, 307), ("week", 53, 51), ("month", 13, 12), ("quarter", 5, 3), ("year", 2, 0)])
    func everyPeriodAddsUp(by: String, count: Int, complete: Int) throws {
        let rows = try data.shop.rows("revenue-by-period", ["by": .string(by)])
        #expect(rows.count == count)
        #expect(rows.count { $0["complete"] == .bool(true) } == complete)
        #expect(isExactly(sum(rows, "revenue"), try totals("G")["revenue"]))
        let starts = rows.compactMap { $0["start"]?.dateValue }
        #expect(starts == starts.sorted() && starts.count == count)
        // Growth is told of neighbours only: where nothing was sold the day before, there is none.
        let growths = rows.count { $0["growth"]?.isNull == false }
        #expect(growths == ["day": 252, "week": 49, "month": 11, "quarter": 2, "year": 0][by])
        let net = try data.shop.rows("net-revenue-by-period", ["by": .string(by)])
        #expect(isExactly(sum(net, "net"), data.values["totals"]?.documentValue?["net_revenue_G_plus_C"]))
    }

    @Test func theWeekOfTheNewYearIsOfTheOldOne() throws {
        let rows = try data.shop.rows(
            "revenue-by-period", ["by": "week", "from": "2009-12-21", "to": "2010-01-11"])
        #expect(rows.map { $0["period"] } == ["2009-W52", "2010-W01"])
        #expect(rows.map { $0["start"] } == [.date(1_261_353_600_000), .date(1_262_563_200_000)])
        // Between them, 2009-W53 has no sales, so that the next week has nothing to have grown from.
        #expect(rows[1]["growth"]?.isNull == true)
    }

    @Test func weekdaysAndHoursAreAllThere() throws {
        let days = try data.shop.rows("revenue-by-weekday")
        #expect(
            days.map { $0["weekday"]?.stringValue?.prefix(3) } == ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"])
        let hours = try data.shop.rows("revenue-by-hour")
        #expect(hours.map { $0["hour"]?.integerValue } == (0..<24).map { $0 })
        let both = try data.shop.rows("revenue-by-weekday-and-hour")
        #expect(both.count == 168)
        for rows in [days, hours, both] {
            #expect(isExactly(sum(rows, "revenue"), try totals("G")["revenue"]))
            #expect(
                rows.reduce(0) { $0 + ($1["orders"]?.integerValue ?? 0) } == (try totals("G")["invoices"]?.integerValue)
            )
        }
        // An hour further east, everything is an hour later.
        let east = try data.shop.rows("revenue-by-hour", ["timezone": "+01:00"])
        #expect(east.map { $0["orders"] }.dropFirst() == hours.map { $0["orders"] }.dropLast())
    }

    @Test func itemsPerOrder() throws {
        let baskets = try #require(data.values["baskets"]?.documentValue)
        let rows = try data.shop.rows("items-per-order", ["of": "products", "productsOnly": true, "upTo": 1000])
        #expect(rows.first?["orders"]?.integerValue == baskets["size1"]?.integerValue)
        #expect(rows.last?["items"]?.stringValue == baskets["max_size"]?.integerValue.map(String.init))
        let orders = rows.reduce(0) { $0 + ($1["orders"]?.integerValue ?? 0) }
        let items = rows.reduce(0) { $0 + ($1["totalItems"]?.integerValue ?? 0) }
        #expect(orders == baskets["n_baskets"]?.integerValue)
        #expect(items == baskets["occurrences"]?.integerValue)
        #expect(isNear(.double(Double(items) / Double(orders)), baskets["mean_size"]))
        #expect(rows.last?["cumulativeShare"] == .double(1))
        let units = try data.shop.rows("items-per-order", ["of": "units", "upTo": 1])
        #expect(units.map { $0["items"] } == ["1", "2 or more"])
        #expect(
            units.reduce(0) { $0 + ($1["totalItems"]?.integerValue ?? 0) } == (try totals("G")["units"]?.integerValue))
    }

    @Test func fewProductsBringMostOfTheRevenue() throws {
        let pareto = try #require(data.values["pareto_P"]?.documentValue)
        let rows = try data.shop.rows("product-pareto", ["productsOnly": true, "limit": 1000])
        let products = try #require(pareto["n_products"]?.doubleValue)
        #expect(isNear(rows.last?["rankShare"], .double(1000 / products)))
        let important = rows.count { $0["class"] == "A" }
        #expect(Int64(important) == pareto["products_for_80pct_revenue"]?.integerValue)
        #expect(rows.prefix(important).allSatisfy { $0["class"] == "A" })
        #expect((rows[important - 1]["cumulativeShare"]?.doubleValue ?? 0) >= 0.8)
        #expect((rows[important - 2]["cumulativeShare"]?.doubleValue ?? 1) < 0.8)
    }

    @Test func pairsAreThoseOfTheReference() throws {
        let pairs = try #require(data.values["baskets"]?.documentValue).documents("top20_pairs")
        let least = try #require(pairs.last?["count"]?.integerValue)
        let rows = try data.shop.rows("product-pairs", ["productsOnly": true, "minOrders": .int64(least)])
        #expect(rows.count == pairs.count)
        for (row, pair) in zip(rows, pairs) {
            #expect(row["productA"] == pair["a"])
            #expect(row["productB"] == pair["b"])
            #expect(row["orders"]?.integerValue == pair["count"]?.integerValue)
            #expect(isNear(row["lift"], pair["lift"]))
        }
    }

    @Test func returnsOfAllMonths() throws {
        let rows = try data.shop.rows("returns-by-month")
        for (row, month) in zip(rows, months) {
            #expect(isExactly(row["revenue"], month["gross"]))
            #expect(isExactly(row["amount"], month["cancel"]))
        }
        let totals = try #require(data.values["totals"]?.documentValue)
        let returns = rows.reduce(0) { $0 + ($1["returns"]?.integerValue ?? 0) }
        let orders = rows.reduce(0) { $0 + ($1["orders"]?.integerValue ?? 0) }
        #expect(returns == totals["cancellations"]?.documentValue?["invoices"]?.integerValue)
        #expect(isNear(.double(Double(returns) / Double(returns + orders)), totals["cancel_rate_invoices"]))
        let value = (sum(rows, "amount").doubleValue ?? .nan) / (sum(rows, "revenue").doubleValue ?? .nan)
        #expect(isNear(.double(-value), totals["cancelled_value_share"]))
    }
}
