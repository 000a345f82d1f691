import Analytics
import BSON
import Testing

/// What counts and what does not, on orders few enough to add up by hand.
@Suite struct MeaningTests {
    private let shop: TestStore

    init() throws {
        shop = try TestStore()
        try shop.insert(
            "orders",
            [
                order("jan", "2020-01-01", customer: "ann", country: "France", lines: ["a 2 1.50", "b 1 0", "c -1 5"]),
                order("jan2", "2020-01-31T23:59:59", lines: ["post 1 0.005 service", "a 1 2"]),
                order("feb", "2020-02-03", customer: "ann", country: "Spain", lines: ["a 3 3"]),
                order("gift", "2020-02-04", customer: "bob", lines: ["a 5 0"]),
                order("gone", "2020-02-05", customer: "bob", status: "canceled", lines: ["b 1 100"]),
                order("empty", "2020-02-06", customer: "eve", lines: []),
                order("april", "2020-04-29", customer: "bob", country: "Spain", lines: ["b 10 1", "b 1 1"]),
                order("back", "2020-02-10", customer: "ann", kind: "return", lines: ["a -1 1.50", "a -1 0"]),
                order("debt", "2020-02-11", kind: "adjustment", lines: ["a 1 -500"]),
            ])
        try shop.insert("products", [#"{"_id": "a", "name": "Apron"}"#])
    }

    /// An order in JSON; a line is `product quantity price`, and `service` behind it for a service.
    private func order(
        _ id: String, _ date: String, customer: String? = nil, kind: String = "sale", status: String = "completed",
        country: String? = nil, lines: [String]
    ) -> String {
        let items = lines.enumerated().map { number, line in
            let parts = line.split(separator: " ")
            return #"{"line":\#(number + 1),"productId":"\#(parts[0])","quantity":\#(parts[1]),"#
                + #""unitPrice":{"$numberDecimal":"\#(parts[2])"}\#(parts.count > 3 ? #","service":true"# : "")}"#
        }
        let time = date.contains("T") ? date : date + "T12:00:00"
        return #"{"_id":"\#(id)","kind":"\#(kind)","status":"\#(status)","orderedAt":{"$date":"\#(time)Z"},"#
            + (customer.map { #""customerId":"\#($0)","# } ?? "") + (country.map { #""country":"\#($0)","# } ?? "")
            + #""items":[\#(items.joined(separator: ","))]}"#
    }

    @Test func revenueCountsLinesSoldAndOrdersThatHaveOne() throws {
        let rows = try shop.json("revenue-by-month")
        #expect(rows.count == 3)
        #expect(
            rows[0]
                == #"{"month":"2020-01","orders":2,"units":4,"revenue":{"$numberDecimal":"5.005"},"growth":null,"complete":true}"#
        )
        let february = try #require(try shop.rows("revenue-by-month").dropFirst().first)
        #expect(february["revenue"]?.doubleValue == 109)
        #expect(february["complete"] == .bool(true))
        #expect(abs((february["growth"]?.doubleValue ?? 0) - (109 / 5.005 - 1)) < 1e-12)
        // March has no orders, and April's last order is before its last day.
        #expect(rows[2].hasSuffix(#""growth":null,"complete":false}"#))
    }

    @Test func scopesLeaveOutWhatTheySay() throws {
        func total(_ arguments: Document) throws -> String {
            try shop.rows("revenue-by-month", arguments).reduce(Decimal128.zero) { total, row in
                guard case .decimal(let revenue)? = row["revenue"] else { return .nan }
                return total + revenue
            }.description
        }
        #expect(try total([:]) == "125.005")
        #expect(try total(["knownCustomersOnly": true]) == "123.00")
        #expect(try total(["productsOnly": true]) == "125.00")
        #expect(try total(["excludeCancelled": true]) == "25.005")
        #expect(try total(["from": "2020-02-01"]) == "120")
        #expect(try total(["from": "2020-01-31", "to": "2020-02-04"]) == "11.005")
        #expect(try shop.rows("revenue-by-month", ["from": "2021"]).isEmpty)
    }

    /// A period that begins or ends inside a month makes that month incomplete.
    @Test func aMonthIsCompleteWhereTheDataReachItsEnds() throws {
        func complete(_ arguments: Document) throws -> [Bool] {
            try shop.rows("revenue-by-month", arguments).map { $0["complete"]?.boolValue ?? false }
        }
        #expect(try complete(["to": "2020-02-01"]) == [true])
        #expect(try complete(["from": "2020-01-02", "to": "2020-02-01"]) == [false])
        #expect(try complete(["to": "2020-01-02"]) == [false])
    }

    @Test func returnsLowerTheMonthTheyCameBackIn() throws {
        let rows = try shop.rows("net-revenue-by-month")
        #expect(rows.map { $0["month"]?.stringValue } == ["2020-01", "2020-02", "2020-04"])
        #expect(rows.map { $0["gross"]?.doubleValue } == [5.005, 109, 11])
        #expect(rows.map { $0["returns"]?.doubleValue } == [0, -1.5, 0])
        #expect(rows.map { $0["net"]?.doubleValue } == [5.005, 107.5, 11])
        #expect(rows.allSatisfy { $0.elements.dropFirst().allSatisfy { $0.value.type == .decimal } })
    }

    @Test func anAverageOrderIsRevenueOverOrders() throws {
        let row = try #require(try shop.rows("average-order-value", ["from": "2020-04-01"]).first)
        #expect(row["orders"] == .int32(1))
        #expect(row["averageOrderValue"]?.doubleValue == 11)
        #expect(row["linesPerOrder"]?.doubleValue == 2)
        #expect(try shop.rows("average-order-value", ["from": "2021"]).isEmpty)
    }

    @Test func ordersWithoutACountryAreARowOfTheirOwn() throws {
        let rows = try shop.rows("revenue-by-country")
        #expect(rows.map { $0["country"]?.stringValue } == [nil, "Spain", "France"])
        #expect(rows[0]["country"]?.isNull == true)
        #expect(rows.map { $0["orders"] } == [.int32(2), .int32(2), .int32(1)])
        #expect(abs(rows.reduce(0) { $0 + ($1["share"]?.doubleValue ?? 0) } - 1) < 1e-12)
    }

    @Test func productsAreRankedByWhatIsAskedFor() throws {
        let byRevenue = try shop.rows("top-products")
        #expect(byRevenue.map { $0["productId"]?.stringValue } == ["b", "a", "post"])
        #expect(byRevenue.map { $0["name"]?.stringValue } == [nil, "Apron", nil])
        let byUnits = try shop.rows("top-products", ["by": "units", "limit": 2, "excludeCancelled": true])
        #expect(byUnits.map { $0["units"] } == [.int32(11), .int32(6)])
        #expect(try shop.rows("top-products", ["productsOnly": true]).count == 2)
    }

    @Test func customersAreRankedAndCountedOnce() throws {
        let rows = try shop.rows("top-customers", ["limit": 5])
        #expect(rows.map { $0["customerId"]?.stringValue } == ["bob", "ann"])
        #expect(rows.map { $0["orders"] } == [.int32(2), .int32(2)])
        let repeats = try shop.json("repeat-purchase-rate", ["excludeCancelled": true])
        #expect(repeats == [#"{"customers":2,"repeatCustomers":1,"rate":0.5}"#])
    }

    @Test func everyOrderHasAStatus() throws {
        let rows = try shop.json("orders-by-status")
        #expect(rows.map { $0.contains(#""status":"completed","orders":6"#) } == [true, false])
        #expect(rows[1].hasPrefix(#"{"status":"canceled","orders":1,"share":0.14285714285714285"#))
        #expect(try shop.rows("orders-by-status", ["kind": "return"]).count == 1)
    }
}
