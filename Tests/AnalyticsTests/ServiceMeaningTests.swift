import Analytics
import BSON
import Testing

/// What counts in delivery, sessions, visits, campaigns, views and sustainability, on documents few enough to count.
@Suite struct ServiceMeaningTests {
    private let shop: TestStore

    init() throws {
        shop = try TestStore()
    }

    /// A sale in JSON, of one product at 100 but for `more`.
    private func sale(
        _ id: String, _ date: String, customer: String = "ann", status: String = "delivered", promised: String? = nil,
        delivered: String? = nil, more: String = ""
    ) -> String {
        let moments = [("estimatedAt", promised), ("deliveredAt", delivered)].compactMap { name, date in
            date.map { #","\#(name)":{"$date":"\#($0)Z"}"# }
        }
        return
            #"{"_id":"\#(id)","kind":"sale","status":"\#(status)","customerId":"\#(customer)","orderedAt":{"$date":"\#(date)Z"},"#
            + #""items":[{"line":1,"productId":"coat","quantity":1,"unitPrice":{"$numberDecimal":"100"},"#
            + #""discount":{"$numberDecimal":"5"}}],"delivery":{"method":"ship"\#(moments.joined())}\#(more)}"#
    }

    private let day = "T00:00:00"

    @Test func onThePromisedDayIsLateByTimestampOnly() throws {
        try shop.insert(
            "orders",
            [
                sale("noon", "2025-01-01" + day, promised: "2025-01-10" + day, delivered: "2025-01-10T12:00:00"),
                sale("next", "2025-01-01" + day, promised: "2025-01-10" + day, delivered: "2025-01-11T06:00:00"),
                sale("early", "2025-01-01" + day, promised: "2025-01-10" + day, delivered: "2025-01-10" + day),
                sale(
                    "gone", "2025-01-01" + day, status: "shipped", promised: "2025-01-10" + day,
                    delivered: "2025-03-10" + day),
                sale("never", "2025-01-01" + day, promised: "2025-01-10" + day),
                sale("any", "2025-01-01" + day, delivered: "2025-01-10" + day),
            ])
        let byTimestamp = try shop.json("late-deliveries")
        #expect(
            byTimestamp == [
                #"{"group":"2025-01","orders":3,"late":2,"lateShare":0.6666666666666666,"meanDaysLate":0.875,"mostDaysLate":1.25}"#
            ])
        let byDate = try shop.rows("late-deliveries", ["by": "date", "per": "all"])
        #expect(byDate.map { $0["late"]?.integerValue } == [1])
        #expect(byDate[0]["meanDaysLate"]?.doubleValue == 1)
        // Without a promise an order has no punctuality, but it took its days.
        #expect(try shop.rows("delivery-days").map { $0["orders"]?.integerValue } == [4])
    }

    /// Only who had the whole time to come back counts, and only what was ordered after the delivery.
    @Test func comingBackIsAfterTheFirstDelivery() throws {
        let promised = "2025-01-10" + day
        try shop.insert(
            "orders",
            [
                // Back on the last day of thirty.
                sale("a1", "2025-01-01" + day, customer: "ann", promised: promised, delivered: "2025-01-09" + day),
                sale("a2", "2025-02-08" + day, customer: "ann", status: "shipped"),
                // Ordered again before the first came, and too late after.
                sale("b1", "2025-01-01" + day, customer: "bob", promised: promised, delivered: "2025-01-12" + day),
                sale("b2", "2025-01-05" + day, customer: "bob"), sale("b3", "2025-02-12" + day, customer: "bob"),
                // Back, but it was called off.
                sale("c1", "2025-01-01" + day, customer: "cem", promised: promised, delivered: "2025-01-10" + day),
                sale("c2", "2025-01-20" + day, customer: "cem", status: "canceled"),
                // Not yet thirty days.
                sale("d1", "2025-02-01" + day, customer: "dag", promised: promised, delivered: "2025-02-09" + day),
            ])
        let rows = try shop.json("delivery-against-repeat-purchase", ["within": 30])
        #expect(
            rows == [
                #"{"firstDelivery":"on time","customers":2,"repeatCustomers":1,"rate":0.5,"meanDays":30.0}"#,
                #"{"firstDelivery":"late","customers":1,"repeatCustomers":0,"rate":0.0,"meanDays":null}"#,
            ])
    }

    private func session(_ id: String, _ date: String, _ status: String, minutes: Int = 60, score: Int? = nil) -> String
    {
        #"{"_id":"\#(id)","customerId":"ann","designerId":"D1","mode":"virtual","status":"\#(status)","scheduledAt":{"$date":"\#(date)Z"},"#
            + #""minutes":\#(minutes)\#(score.map { #","feedback":{"score":\#($0)}"# } ?? "")}"#
    }

    private func insertDesigners() throws {
        try shop.insert(
            "designers",
            [
                // Mondays from nine to eleven, Sundays half an hour.
                #"{"_id":"D1","name":"Ada","availability":[{"weekday":1,"from":"09:00","to":"11:00"},{"weekday":7,"from":"09:15","to":"09:45"}]}"#,
                #"{"_id":"D2","name":"Bea","availability":[{"weekday":1,"from":"09:00","to":"10:00"}],"hiredAt":{"$date":"2025-06-09T00:00:00Z"}}"#,
                #"{"_id":"D3","name":"Cem"}"#,
            ])
    }

    @Test func aDesignersResult() throws {
        try insertDesigners()
        try shop.insert(
            "designSessions",
            [
                session("s1", "2025-06-02T09:00:00", "completed", score: 5),
                session("s2", "2025-06-02T10:00:00", "completed", score: 4),
                session("s3", "2025-06-03T09:00:00", "completed"), session("s4", "2025-06-04T09:00:00", "noShow"),
                session("s5", "2025-06-05T09:00:00", "cancelled"), session("s6", "2025-07-01T09:00:00", "booked"),
            ])
        try shop.insert(
            "orders",
            [
                sale("1", "2025-06-10" + day, more: #","sessionId":"s1""#),
                sale("2", "2025-06-11" + day, more: #","sessionId":"s1""#),
                sale("3", "2025-06-11" + day, status: "canceled", more: #","sessionId":"s2""#),
            ])
        let rows = try shop.json("designer-performance")
        #expect(
            rows == [
                #"{"designerId":"D1","name":"Ada","sessions":5,"completed":3,"cancelled":1,"noShows":1,"noShowRate":0.25,"feedback":2,"#
                    + #""meanFeedback":4.5,"orders":2,"conversion":0.3333333333333333,"revenue":{"$numberDecimal":"200"},"#
                    + #""revenuePerSession":{"$numberDecimal":"66.66666666666666666666666666666667"}}"#
            ])
        #expect(try shop.rows("designer-performance", ["mode": "inHome"]).isEmpty)
    }

    /// June 2025 begins on a Sunday: five Sundays and five Mondays.
    @Test func loadIsBookedOverAvailable() throws {
        try insertDesigners()
        try shop.insert(
            "designSessions",
            [
                session("s1", "2025-06-02T09:00:00", "completed", minutes: 90),
                session("s2", "2025-06-09T09:00:00", "noShow", minutes: 30),
                session("s3", "2025-06-16T09:00:00", "cancelled"),
                session("s4", "2025-06-23T09:00:00", "booked", minutes: 45),
                session("s5", "2025-07-07T09:00:00", "booked"),
            ])
        let rows = try shop.rows("designer-load", ["from": "2025-06-01", "to": "2025-07-01"])
        #expect(rows.map { $0["designerId"]?.stringValue } == ["D1", "D2", "D3"])
        #expect(rows.map { $0["availableMinutes"]?.integerValue } == [750, 240, 0])
        #expect(rows.map { $0["bookedMinutes"]?.integerValue } == [165, 0, 0])
        #expect(rows.map { $0["noShowMinutes"]?.integerValue } == [30, 0, 0])
        #expect(rows.map { $0["load"]?.doubleValue } == [0.22, 0, nil])
        // From the first session's day, a Monday, to the last's, a Monday: six of them, and five Sundays between.
        #expect(try shop.rows("designer-load").first?["availableMinutes"]?.integerValue == 870)
    }

    @Test func demandMeetsCapacityByRegion() throws {
        try shop.insert(
            "tailors",
            [
                #"{"_id":"T1","regions":["Wien","Graz"],"capacityPerDay":2}"#,
                #"{"_id":"T2","regions":["Wien"],"capacityPerDay":1}"#,
                #"{"_id":"T3","regions":["Linz"],"capacityPerDay":4}"#,
            ])
        func visit(_ id: String, _ date: String, _ region: String, _ status: String = "completed") -> String {
            #"{"_id":"\#(id)","at":{"$date":"\#(date)Z"},"status":"\#(status)","address":{"state":"\#(region)"}}"#
        }
        try shop.insert(
            "appointments",
            [
                visit("1", "2025-06-01T09:00:00", "Wien"), visit("2", "2025-06-01T10:00:00", "Wien"),
                visit("3", "2025-06-01T11:00:00", "Wien", "noShow"),
                visit("4", "2025-06-05T11:00:00", "Wien", "booked"),
                visit("5", "2025-06-02T11:00:00", "Wien", "cancelled"),
                visit("6", "2025-06-02T11:00:00", "Graz"), visit("7", "2025-06-02T11:00:00", "Bregenz"),
            ])
        let rows = try shop.rows("tailor-demand")
        #expect(rows.map { $0["region"]?.stringValue } == ["Bregenz", "Wien", "Graz", "Linz"])
        #expect(rows.map { $0["tailors"]?.integerValue } == [0, 2, 1, 1])
        #expect(rows.map { $0["capacityPerDay"]?.doubleValue } == [0, 2, 1, 4])
        #expect(rows.map { $0["visits"]?.integerValue } == [1, 4, 1, 0])
        #expect(rows.map { $0["busiestDay"]?.integerValue } == [1, 3, 1, 0])
        #expect(rows.map { $0["daysOverCapacity"]?.integerValue } == [1, 1, 0, 0])
        #expect(rows.map { $0["utilisation"]?.doubleValue } == [nil, 0.4, 0.2, 0])
        for arguments in [["from": "2025-06-01"], ["to": "2025-06-06"], ["from": "2025-06-01", "to": "2025-06-06"]]
            as [Document]
        {
            #expect(try shop.rows("tailor-demand", arguments) == rows)
        }
        #expect(
            try shop.rows("tailor-demand", ["from": "2025-05-28", "to": "2025-06-07"])[1]["utilisation"]?.doubleValue
                == 0.2)
    }

    @Test func campaignsAndInfluencersAreMeasuredByWhatWasSpent() throws {
        func campaign(_ id: String, _ spend: String, _ influencer: String? = nil) -> String {
            #"{"_id":"\#(id)","name":"\#(id)","channel":"social","startsAt":{"$date":"2025-06-01T00:00:00Z"},"spend":{"$numberDecimal":"\#(spend)"}"#
                + (influencer.map { #","influencer":"\#($0)"}"# } ?? "}")
        }
        try shop.insert(
            "campaigns",
            [
                campaign("good", "38", "@a"), campaign("none", "12", "@a"), campaign("free", "0"),
                campaign("idle", "50", "@b"),
            ])
        try shop.insert(
            "orders",
            [
                sale("1", "2025-06-10" + day, more: #","campaignId":"good""#),
                sale("2", "2025-06-11" + day, more: #","campaignId":"good""#),
                sale("3", "2025-06-11" + day, status: "canceled", more: #","campaignId":"none""#),
                sale("4", "2025-06-11" + day, more: #","campaignId":"free""#),
            ])
        let rows = try shop.rows("campaign-return")
        #expect(rows.map { $0["campaignId"]?.stringValue } == ["good", "idle", "none", "free"])
        #expect(rows.map { $0["returnOnSpend"]?.doubleValue } == [5, 0, 0, nil])
        #expect(rows.map { $0["spendPerOrder"]?.doubleValue } == [19, nil, nil, 0])
        #expect(rows[0]["revenue"]?.doubleValue == 200 && rows[0]["discounts"]?.doubleValue == 10)
        let influencers = try shop.rows("influencer-return")
        #expect(influencers.map { $0["influencer"]?.stringValue } == ["@a", "@b"])
        #expect(influencers.map { $0["campaigns"]?.integerValue } == [2, 1])
        #expect(influencers.map { $0["returnOnSpend"]?.doubleValue } == [3.8, 0])
    }

    @Test func aViewEndsInAnOrderOfTheSameProductByTheSameCustomerInTime() throws {
        func view(_ id: String, _ time: String, _ source: String, product: String = "coat", customer: String? = "ann")
            -> String
        {
            #"{"_id":"\#(id)","productId":"\#(product)","at":{"$date":"2025-06-\#(time)Z"},"source":"\#(source)""#
                + (customer.map { #","customerId":"\#($0)"}"# } ?? "}")
        }
        try shop.insert(
            "productViews",
            [
                view("1", "10T12:00:00", "email"), view("2", "11T12:00:00", "email"),
                view("3", "11T13:00:00", "search"),
                view("4", "09T11:59:59", "search"), view("5", "10T12:00:00", "search", product: "hat"),
                view("6", "10T12:00:00", "search", customer: "bob"), view("7", "10T12:00:00", "social", customer: nil),
            ])
        try shop.insert(
            "orders",
            [sale("1", "2025-06-11T12:00:00"), sale("2", "2025-06-11T12:00:00", customer: "bob", status: "canceled")])
        let rows = try shop.json("views-to-orders")
        #expect(
            rows == [
                #"{"group":"search","name":"search","views":4,"knownViews":4,"ordered":0,"conversion":0.0}"#,
                #"{"group":"email","name":"email","views":2,"knownViews":2,"ordered":2,"conversion":1.0}"#,
                #"{"group":"social","name":"social","views":1,"knownViews":0,"ordered":0,"conversion":null}"#,
            ])
        let longer = try shop.rows("views-to-orders", ["by": "product", "hours": 49])
        #expect(longer.map { $0["group"]?.stringValue } == ["coat", "hat"])
        #expect(longer.map { $0["ordered"]?.integerValue } == [3, 0])
    }

    /// 300 of a score of 40 and 100 of 80 are 50, however many products they are; what has no score is not 0.
    @Test func sustainabilityIsWeightedBySales() throws {
        func line(_ product: String, _ quantity: Int) -> String {
            #"{"line":1,"productId":"\#(product)","quantity":\#(quantity),"unitPrice":{"$numberDecimal":"100"}}"#
        }
        func order(_ id: String, _ date: String, _ lines: String..., status: String = "delivered") -> String {
            #"{"_id":"\#(id)","kind":"sale","status":"\#(status)","orderedAt":{"$date":"\#(date)T00:00:00Z"},"items":[\#(lines.joined(separator: ","))]}"#
        }
        try shop.insert(
            "orders",
            [
                order("1", "2025-01-01", line("low", 3), line("high", 1)),
                order("2", "2025-02-01", line("high", 1), line("new", 1)),
                order("3", "2025-02-01", line("low", 50), status: "canceled"),
            ])
        try shop.insert(
            "products",
            [
                #"{"_id":"low","supplierId":"u","sustainabilityScore":40,"category":"coats"}"#,
                #"{"_id":"high","supplierId":"u","sustainabilityScore":80,"category":"coats"}"#,
                #"{"_id":"new","name":"New"}"#,
            ])
        try shop.insert(
            "suppliers", [#"{"_id":"u","name":"Mill","practices":{"certification":"GOTS","livingWage":false}}"#])
        let months = try shop.rows("sustainability-of-sales")
        #expect(months.map { $0["group"]?.stringValue } == ["2025-01", "2025-02"])
        #expect(months.map { $0["sustainability"]?.doubleValue } == [50, 80])
        #expect(months.map { $0["scoredShare"]?.doubleValue } == [1, 0.5])
        #expect(months.map { $0["certifiedShare"]?.doubleValue } == [1, 0.5])
        #expect(months.map { $0["livingWageShare"]?.doubleValue } == [0, 0])
        let suppliers = try shop.rows("supplier-sustainability")
        #expect(suppliers.map { $0["name"]?.stringValue } == ["Mill", nil])
        #expect(suppliers.map { $0["sustainability"]?.doubleValue } == [56, nil])
        #expect(suppliers.map { $0["meanOfProducts"]?.doubleValue } == [60, nil])
        #expect(suppliers.map { $0["livingWage"]?.boolValue } == [false, nil])
    }
}
