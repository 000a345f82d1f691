import BSON
import Testing

/// What counts as discounted, dearer, returned and bought together, on orders few enough to add up by hand.
@Suite struct ProductMeaningTests {
    private let shop: TestStore

    init() throws {
        shop = try TestStore()
        try shop.insert(
            "orders",
            [
                order("1", "01-06T09", "ann", "sale", ["a 2 10", "b 1 5"]),
                order("2", "01-06T10", "ann", "sale", ["a 4 10 8", "b 1 5"]),
                order("3", "01-08T10", nil, "sale", ["a 1 10", "a 1 10"], status: "canceled"),
                order("4", "01-20T10", "bob", "sale", ["c 1 3", "b 1 0"]),
                order("5", "02-01T10", "ann", "return", ["a -3 10"]),
            ])
    }

    /// An order in JSON; a line is `product quantity price`, and the line's discount behind it.
    private func order(
        _ id: String, _ time: String, _ customer: String?, _ kind: String, _ lines: [String],
        status: String = "completed"
    ) -> String {
        let items = lines.enumerated().map { number, line in
            let parts = line.split(separator: " ")
            return #"{"line":\#(number + 1),"productId":"\#(parts[0])","quantity":\#(parts[1]),"#
                + #""unitPrice":{"$numberDecimal":"\#(parts[2])"}"#
                + (parts.count > 3 ? #","discount":{"$numberDecimal":"\#(parts[3])"}"# : "") + "}"
        }
        return #"{"_id":"\#(id)","kind":"\#(kind)","status":"\#(status)","channel":"online","#
            + (customer.map { #""customerId":"\#($0)","# } ?? "")
            + #""orderedAt":{"$date":"2020-\#(time):00:00Z"},"total":{"$numberDecimal":"0"},"items":[\#(items.joined(separator: ","))]}"#
    }

    @Test func aDiscountIsOfTheWholeOrder() throws {
        let rows = try shop.rows("discount-effect")
        // 8 of 45 is 17.8 %.
        #expect(rows.map { $0["discount"]?.stringValue } == ["none", "15–20 %"])
        #expect(rows.map { $0["orders"]?.integerValue } == [3, 1])
        #expect(rows.map { $0["averageOrderValue"]?.doubleValue } == [16, 45])
        #expect(rows.map { $0["averagePaid"]?.doubleValue } == [16, 37])
    }

    @Test func aPriceIsComparedWithTheUsualOneOfItsProduct() throws {
        let rows = try shop.rows("price-effect", ["minLines": 2])
        // a cost 10, 8, 10 and 10: 9.50 usually; 2 units a line. b has one price and says nothing.
        #expect(rows.map { $0["price"]?.stringValue } == ["80–95 %", "105–120 %"])
        #expect(rows.map { $0["units"]?.integerValue } == [4, 4])
        #expect(rows[0]["againstUsual"]?.doubleValue == 1)
        #expect(abs((rows[1]["againstUsual"]?.doubleValue ?? 0) + 1.0 / 3) < 1e-12)
    }

    @Test func returnsAreComparedWithWhatWasSold() throws {
        let rows = try shop.rows("return-rate-by-product", ["minUnits": 1])
        #expect(rows.map { $0["productId"]?.stringValue } == ["a", "b", "c"])
        #expect(rows.map { $0["unitsSold"]?.integerValue } == [8, 2, 1])
        #expect(rows.map { $0["returnRate"]?.doubleValue } == [0.375, 0, 0])
        let months = try shop.rows("returns-by-month")
        #expect(months.map { $0["returns"]?.integerValue } == [0, 1])
        #expect(months[1]["valueRate"]?.isNull == true, "there is no revenue to compare with")
    }

    @Test func aPairIsAnOrderThatHoldsBoth() throws {
        let rows = try shop.rows("product-pairs", ["minOrders": 1])
        // Neither a product that an order lists twice nor one that was given away makes a pair.
        #expect(rows.count == 1)
        #expect(rows[0]["productA"] == "a" && rows[0]["productB"] == "b")
        #expect(rows[0]["orders"]?.integerValue == 2)
        #expect(rows[0]["lift"]?.doubleValue == 2.0 * 4 / (3 * 2))
        #expect(try shop.rows("product-pairs", ["minOrders": 1, "excludeCancelled": true])[0]["lift"] == .double(1.5))
        #expect(try shop.rows("product-pairs").isEmpty)
    }

    @Test func itemsAreLinesProductsOrUnits() throws {
        func items(_ of: String) throws -> [String?] {
            try shop.rows("items-per-order", ["of": .string(of)]).map { $0["items"]?.stringValue }
        }
        #expect(try items("lines") == ["1", "2"])
        #expect(try items("products") == ["1", "2"])
        #expect(try items("units") == ["1", "2", "3", "5"])
        let products = try shop.rows("items-per-order", ["of": "products"])
        #expect(products.map { $0["orders"]?.integerValue } == [2, 2])
    }

    @Test func growthIsToldOfNeighboursOnly() throws {
        let days = try shop.rows("revenue-by-period", ["by": "day"])
        #expect(days.map { $0["period"]?.stringValue } == ["2020-01-06", "2020-01-08", "2020-01-20"])
        #expect(days.allSatisfy { $0["growth"]?.isNull == true && $0["complete"] == .bool(true) })
        let weeks = try shop.rows("revenue-by-period", ["by": "week"])
        #expect(weeks.map { $0["period"]?.stringValue } == ["2020-W02", "2020-W04"])
        #expect(weeks.map { $0["complete"] } == [.bool(true), .bool(false)])
    }

    @Test func whoIsGoneDependsOnTheMomentAsked() throws {
        func churned(_ asOf: String) throws -> Int64? {
            try shop.rows("churn-by-inactivity", ["asOf": .string(asOf)]).first?["churned"]?.integerValue
        }
        // Ann's last order is of 10 o'clock, 6 January: thirty days later to the hour she is still there.
        #expect(try churned("2020-02-05T10:00:00Z") == 0)
        #expect(try churned("2020-02-05T10:00:01Z") == 1)
        let gaps = try shop.rows("repeat-purchase-by-days")
        #expect(gaps.map { $0["customers"]?.integerValue } == [1, 0, 0, 0, 0, 0, 0, 0, 1])
        let days = try shop.rows("repeat-purchase-by-days", ["count": "days"])
        #expect(days.map { $0["customers"]?.integerValue } == [0, 0, 0, 0, 0, 0, 0, 0, 2])
    }
}
