import BSON
import Testing

/// The shipped aggregations against reference values that other programs computed from the same file.
@Suite(
    .serialized,
    .enabled(
        if: ReferenceData.isThere("online-retail-ii-2009-2010.csv.gz", "online-retail-ii-2009-2010.json"),
        "the Online Retail data are not there: set ATELIER_TEST_DATA"))
struct OnlineRetailTests {
    private let data: ReferenceData

    init() throws { data = try ReferenceData.onlineRetail.get() }

    private var months: [Document] { data.values.documents("monthly") }

    @Test(arguments: [("gross", "invoices_G", false), ("known", "invoices_K", true)])
    func revenueByMonth(revenue: String, orders: String, knownCustomersOnly: Bool) throws {
        let rows = try data.shop.rows("revenue-by-month", ["knownCustomersOnly": .bool(knownCustomersOnly)])
        #expect(rows.count == 13)
        for (row, month) in zip(rows, months) {
            #expect(row["month"] == month["month"])
            #expect(row["orders"]?.integerValue == month[orders]?.integerValue)
            #expect(isExactly(row["revenue"], month[revenue]), "\(row) \(month)")
            #expect(row["complete"]?.boolValue == month["complete"]?.boolValue)
            guard !knownCustomersOnly else { continue }
            #expect(row["units"]?.integerValue == month["units_G"]?.integerValue)
            guard let growth = month["growth_gross"]?.doubleValue else {
                #expect(row["growth"]?.isNull == true)
                continue
            }
            #expect(abs((row["growth"]?.doubleValue ?? .nan) - growth) < 1e-9)
        }
    }

    @Test func netRevenueByMonth() throws {
        let rows = try data.shop.rows("net-revenue-by-month")
        #expect(rows.count == months.count)
        for (row, month) in zip(rows, months) {
            #expect(row["month"] == month["month"])
            #expect(isExactly(row["gross"], month["gross"]))
            #expect(isExactly(row["returns"], month["cancel"]))
            #expect(isExactly(row["net"], month["net"]))
        }
    }

    @Test(
        arguments: [
            ("G", [:]), ("K", ["knownCustomersOnly": true]), ("P", ["productsOnly": true]),
        ] as [(String, Document)])
    func averageOrderValue(scope: String, arguments: Document) throws {
        let row = try #require(try data.shop.rows("average-order-value", arguments).first)
        let totals = try #require(data.values["totals"]?.documentValue?[scope]?.documentValue)
        #expect(row["orders"]?.integerValue == totals["invoices"]?.integerValue)
        #expect(isExactly(row["revenue"], totals["revenue"]))
        #expect(abs((row["averageOrderValue"]?.doubleValue ?? .nan) - (totals["AOV"]?.doubleValue ?? 0)) < 1e-9)
        let lines = (row["linesPerOrder"]?.doubleValue ?? .nan) * (row["orders"]?.doubleValue ?? 0)
        #expect(abs(lines - (totals["rows"]?.doubleValue ?? 0)) < 1e-6)
    }

    @Test func revenueByCountry() throws {
        let rows = try data.shop.rows("revenue-by-country")
        #expect(rows.count == 40)
        for (row, country) in zip(
            rows, data.values.documents("top_countries_G"))
        {
            #expect(row["country"] == country["country"])
            #expect(isExactly(row["revenue"], country["revenue"]))
        }
        #expect(abs(rows.reduce(0) { $0 + ($1["share"]?.doubleValue ?? .nan) } - 1) < 1e-12)
    }

    @Test func topProductsByRevenue() throws {
        let rows = try data.shop.rows("top-products", ["productsOnly": true])
        let products = data.values.documents("top10_products_by_revenue_P")
        #expect(products.count == rows.count)
        for (row, product) in zip(rows, products) {
            #expect(row["productId"] == product["stock"])
            #expect(isExactly(row["revenue"], product["revenue"]))
            #expect(row["units"]?.integerValue == product["units"]?.integerValue)
        }
    }

    @Test func topProductsByUnits() throws {
        let rows = try data.shop.rows("top-products", ["productsOnly": true, "by": "units"])
        let products = data.values["top10_products_by_units_P"]?.arrayValue?.compactMap(\.arrayValue) ?? []
        #expect(products.count == rows.count)
        for (row, product) in zip(rows, products) {
            #expect(row["productId"] == product[0])
            #expect(row["units"]?.integerValue == product[1].integerValue)
        }
    }

    @Test func topCustomers() throws {
        let rows = try data.shop.rows("top-customers", ["limit": 5])
        let customers = data.values["variants"]?.documentValue?["top5_customers_K"]?.arrayValue?.compactMap(
            \.documentValue)
        for (row, customer) in zip(rows, try #require(customers)) {
            #expect(row["customerId"]?.stringValue == customer["cust"]?.integerValue.map(String.init))
            #expect(row["orders"]?.integerValue == customer["invoices"]?.integerValue)
            #expect(row["units"]?.integerValue == customer["units"]?.integerValue)
            #expect(isExactly(row["revenue"], customer["revenue"]))
        }
    }

    @Test func repeatPurchaseRate() throws {
        let row = try #require(try data.shop.rows("repeat-purchase-rate").first)
        let expected = try #require(data.values["repeat"]?.documentValue)
        #expect(row["customers"]?.integerValue == expected["customers"]?.integerValue)
        #expect(row["repeatCustomers"]?.integerValue == expected["repeat_customers_invoices"]?.integerValue)
        #expect(row["rate"]?.doubleValue == expected["repeat_rate_invoices"]?.doubleValue)
    }
}
