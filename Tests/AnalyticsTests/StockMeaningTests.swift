import Analytics
import BSON
import Testing

/// The formulas of stock and of the NPS proxy, on documents few enough to calculate by hand.
@Suite struct StockMeaningTests {
    private let shop: TestStore

    init() throws {
        shop = try TestStore()
    }

    private func insertStock(_ lines: [String]) throws {
        try shop.insert(
            "inventory",
            lines.map { line in
                // product location onHand reserved reorderPoint unitCost
                let parts = line.split(separator: " ")
                let cost = parts.count > 5 ? #","unitCost":{"$numberDecimal":"\#(parts[5])"}"# : ""
                return #"{"_id":"\#(parts[0])@\#(parts[1])","productId":"\#(parts[0])","location":"\#(parts[1])","#
                    + #""onHand":\#(parts[2]),"reserved":\#(parts[3]),"reorderPoint":\#(parts[4]),"reorderQuantity":10\#(cost)}"#
            })
    }

    /// Orders of a product: `id date product quantity`, and a status or `return` behind it.
    private func insertOrders(_ lines: [String]) throws {
        try shop.insert(
            "orders",
            lines.map { line in
                let parts = line.split(separator: " ")
                let status = parts.count > 4 ? parts[4] : "delivered"
                let kind = status == "return" ? "return" : "sale"
                return
                    #"{"_id":"\#(parts[0])","kind":"\#(kind)","status":"\#(status)","orderedAt":{"$date":"\#(parts[1])Z"},"#
                    + #""items":[{"line":1,"productId":"\#(parts[2])","quantity":\#(parts[3]),"unitPrice":{"$numberDecimal":"200"}}]}"#
            })
    }

    private func row(_ name: String, _ arguments: Document) throws -> Document {
        let rows = try shop.rows(name, arguments)
        #expect(rows.count == 1)
        return try #require(rows.first)
    }

    /// Goods for 480,000 sold in 365 days from a stock worth 80,000.
    @Test func turnoverIsCostOfGoodsSoldOverStockAtCost() throws {
        try insertStock(["coat Berlin 500 0 5 100", "coat Lyon 300 0 5 100"])
        try insertOrders([
            "1 2025-01-01T00:00:00 coat 4000", "2 2025-12-31T10:00:00 coat 800",
            // The day before the period, called off, and come back.
            "3 2024-12-31T23:59:59 coat 99", "4 2025-05-01T00:00:00 coat 99 canceled",
            "5 2025-05-01T00:00:00 coat -9 return",
        ])
        let row = try row("inventory-turnover", ["by": "all"])
        #expect(row["unitsSold"]?.integerValue == 4800)
        #expect(row["costOfGoodsSold"]?.doubleValue == 480_000)
        #expect(row["stockValue"]?.doubleValue == 80_000)
        #expect(row["turnover"] == .double(6))
        #expect(isClose(row["daysOfInventory"], .double(60.833333333333336)))
    }

    @Test func whatCannotBeDividedIsNull() throws {
        try insertStock(["sold Berlin 0 0 5 10", "idle Berlin 7 0 5 10", "free Berlin 7 0 5"])
        try insertOrders(["1 2025-06-30T12:00:00 sold 3"])
        let rows = try shop.rows("inventory-turnover", ["by": "product"])
        #expect(rows.map { $0["group"]?.stringValue } == ["idle", "sold"])
        #expect(rows[0]["turnover"] == .double(0) && rows[0]["daysOfInventory"]?.isNull == true)
        #expect(rows[1]["turnover"]?.isNull == true && rows[1]["daysOfInventory"] == .double(0))
        let supply = try shop.rows("days-of-supply")
        #expect(supply.map { $0["productId"]?.stringValue } == ["sold", "free", "idle"])
        #expect(supply[0]["daysOfSupply"] == .double(0))
        #expect(supply[1]["daysOfSupply"]?.isNull == true)
        let sellThrough = try shop.rows("sell-through", ["by": "product"])
        #expect(sellThrough.map { $0["sellThrough"]?.doubleValue } == [0, 0, 1])
    }

    /// 400 there at first, 600 received, 650 sold: 350 left.
    @Test func sellThroughIsSoldOverOpeningAndReceived() throws {
        try insertStock(["tie Berlin 350 20 5 10"])
        try insertOrders(["1 2025-10-03T00:00:00 tie 600", "2 2025-12-31T23:00:00 tie 50"])
        let row = try row("sell-through", ["by": "all"])
        #expect(row["available"]?.integerValue == 1000)
        #expect(row["sellThrough"] == .double(0.65))
        // Ninety days before the end of the last day began on 3 October.
        #expect(try self.row("sell-through", ["by": "all", "days": 89])["unitsSold"]?.integerValue == 50)
    }

    @Test func daysOfSupplyIsStockOverDailyDemand() throws {
        try insertStock(["tie Berlin 30 10 5 10", "tie Lyon 15 0 5 10", "hat Lyon 4 0 5 1"])
        try insertOrders([
            "1 2025-12-01T00:00:00 tie 20", "2 2025-12-31T23:00:00 tie 25", "3 2025-12-31T23:00:00 hat 9",
        ])
        let rows = try shop.rows("days-of-supply", ["days": 90])
        #expect(rows.map { $0["daysOfSupply"]?.doubleValue } == [40, 90])
        #expect(rows[1]["onHand"]?.integerValue == 45 && rows[1]["reserved"]?.integerValue == 10)
        #expect(rows[1]["dailyDemand"] == .double(0.5))
    }

    /// Fifty a day with a deviation of 12, seven days on the way with one of 2, at 95 %.
    @Test func theReorderPointCoversTheWayAndASafetyStock() throws {
        try insertStock(["tie Berlin 400 80 90 1", "tie Lyon 60 0 10 1", "idle Lyon 1 0 10 1"])
        try insertOrders([
            "1 2025-12-29T09:00:00 tie 60", "2 2025-12-29T10:00:00 tie 2", "3 2025-12-30T09:00:00 tie 38",
            "4 2025-12-31T09:00:00 tie 50", "5 2025-12-28T23:00:00 tie 999", "6 2025-12-31T10:00:00 unstocked 9",
        ])
        let row = try row("reorder-points", ["days": 3, "leadDays": 7, "leadDaysDeviation": 2])
        #expect(row["dailyDemand"] == .double(50) && row["deviation"] == .double(12))
        #expect(isClose(row["safetyStock"], .double(172.5764246433513)))
        #expect(isClose(row["reorderPoint"], .double(522.5764246433513)))
        #expect(row["statedReorderPoint"]?.integerValue == 100 && row["position"]?.integerValue == 380)
        let certain = try self.row("reorder-points", ["days": 3, "leadDays": 7, "leadDaysDeviation": 0])
        #expect(isClose(certain["safetyStock"], .double(52.22248368019446)))
        // A day without a sale is a day: 0, 0, …, 999, 62, 38, 50.
        let longer = try self.row("reorder-points", ["days": 8])
        #expect(longer["dailyDemand"] == .double(1149.0 / 8))
        #expect(isClose(longer["deviation"], .double(346.56763409181764)))
    }

    @Test func lowIsAPositionAtOrBelowTheReorderPoint() throws {
        try insertStock([
            "a Berlin 9 4 5 2.50", "a Lyon 10 4 5 2.50", "b Berlin 1 3 5", "c Berlin 0 0 0 1", "old Berlin 0 0 9 1",
        ])
        try shop.insert(
            "products",
            [#"{"_id":"old","name":"Old","active":false}"#, #"{"_id":"a","name":"Apron","active":true}"#])
        let rows = try shop.rows("low-stock")
        #expect(rows.map { $0["productId"]?.stringValue } == ["b", "a", "c"])
        #expect(rows.map { $0["position"]?.integerValue } == [-2, 5, 0])
        #expect(rows.map { $0["shortfall"]?.integerValue } == [7, 0, 0])
        #expect(rows.map { $0["name"]?.stringValue } == [nil, "Apron", nil])
        #expect(rows[0]["reorderCost"]?.isNull == true && rows[1]["reorderCost"]?.doubleValue == 25)
        #expect(try shop.rows("low-stock", ["activeOnly": false]).count == 4)
        #expect(try shop.rows("low-stock", ["location": "Lyon"]).isEmpty)
    }

    /// Stock does not wait for a first order.
    @Test func withoutOrdersThereIsNoDemand() throws {
        try insertStock(["tie Berlin 30 10 5 10"])
        #expect(try row("days-of-supply", [:])["daysOfSupply"]?.isNull == true)
        #expect(try row("sell-through", ["by": "all"])["sellThrough"] == .double(0))
        #expect(try row("inventory-turnover", ["by": "all"])["turnover"] == .double(0))
    }

    private func insertReviews(_ histogram: [Int]) throws {
        var reviews: [String] = []
        for (index, count) in histogram.enumerated() {
            for number in 0..<count {
                reviews.append(
                    #"{"_id":"\#(index)-\#(number)","orderId":"\#(index)-\#(number)","score":\#(index + 1),"#
                        + #""createdAt":{"$date":"2025-01-02T00:00:00Z"}}"#)
            }
        }
        try shop.insert("reviews", reviews)
    }

    @Test func bothProxiesOfAHundredReviews() throws {
        try insertReviews([5, 3, 12, 30, 50])
        let strict = try row("nps-proxy", [:])
        #expect(strict["npsProxy"] == .double(30))
        #expect(["promoters", "passives", "detractors"].map { strict[$0]?.integerValue } == [50, 30, 20])
        let lenient = try row("nps-proxy", ["mapping": "4-5-against-1-2"])
        #expect(lenient["npsProxy"] == .double(72))
        #expect(["promoters", "passives", "detractors"].map { lenient[$0]?.integerValue } == [80, 12, 8])
        #expect(try shop.rows("nps-proxy", ["from": "2026"]).isEmpty)
    }

    @Test func theLatestReviewIsTheOneAnsweredLast() throws {
        try shop.insert(
            "reviews",
            [
                #"{"_id":"a","orderId":"1","score":1,"createdAt":{"$date":"2025-01-01T00:00:00Z"},"answeredAt":{"$date":"2025-01-09T00:00:00Z"}}"#,
                #"{"_id":"b","orderId":"1","score":2,"createdAt":{"$date":"2025-01-05T00:00:00Z"},"answeredAt":{"$date":"2025-01-06T00:00:00Z"}}"#,
                #"{"_id":"c","orderId":"2","score":3,"createdAt":{"$date":"2025-01-05T00:00:00Z"}}"#,
                #"{"_id":"d","orderId":"2","score":4,"createdAt":{"$date":"2025-01-05T00:00:00Z"}}"#,
            ])
        let scores = try shop.rows("review-scores", ["latestPerOrder": true]).map { $0["score"]?.integerValue }
        #expect(scores == [1, 4])
        let wait = try row("review-answer-time", [:])
        #expect(wait["reviews"]?.integerValue == 4 && wait["answered"]?.integerValue == 2)
        #expect(wait["meanHours"] == .double(108) && wait["medianHours"] == .double(108))
        #expect(isClose(wait["p90Hours"], .double(24 + 0.9 * 168)))
        let third = try row("review-answer-time", ["from": "2025-01-05", "maxScore": 4])
        #expect(isClose(third["answeredShare"], .double(1.0 / 3)))
    }

    /// A review of two goods speaks of both; what nobody reviewed has a row of its own.
    @Test func stockIsPutTogetherByWhatCustomersSay() throws {
        try insertStock(["good Berlin 3 0 1 10", "poor Berlin 5 5 1 10", "new Lyon 1 0 1 10"])
        try shop.insert(
            "reviews",
            [
                #"{"_id":"a","orderId":"1","productIds":["good","poor"],"score":3,"createdAt":{"$date":"2025-01-01T00:00:00Z"}}"#,
                #"{"_id":"b","orderId":"2","productIds":["good"],"score":5,"createdAt":{"$date":"2025-02-01T00:00:00Z"}}"#,
                #"{"_id":"c","orderId":"3","productIds":["poor"],"score":1,"createdAt":{"$date":"2025-02-01T00:00:00Z"}}"#,
            ])
        let rows = try shop.rows("stock-against-reviews")
        #expect(rows.map { $0["score"]?.stringValue } == ["not reviewed", "below 3", "4 to 4.5"])
        #expect(rows.map { $0["reviews"]?.integerValue } == [0, 2, 2])
        #expect(rows.map { $0["meanScore"]?.doubleValue } == [nil, 2, 4])
        #expect(rows.map { $0["outOfStock"]?.integerValue } == [0, 1, 0])
        let shares: [Double?] = [1.0 / 9, 5.0 / 9, 3.0 / 9]
        #expect(rows.map { $0["stockShare"]?.doubleValue } == shares)
        let january = try shop.rows("stock-against-reviews", ["to": "2025-02-01"])
        #expect(january.map { $0["score"]?.stringValue } == ["not reviewed", "3 to 3.5"])
        #expect(january.map { $0["products"]?.integerValue } == [1, 2])
        #expect(try shop.rows("stock-against-reviews", ["from": "2025-03"]).map { $0["products"]?.integerValue } == [3])
    }
}
