import BSON
import Testing

/// What the shipped aggregations say of customers, against reference values that other programs computed.
@Suite(
    .serialized,
    .enabled(
        if: ReferenceData.isThere("online-retail-ii-2009-2010.csv.gz", "online-retail-ii-2009-2010.json"),
        "the Online Retail data are not there: set ATELIER_TEST_DATA"))
struct OnlineRetailCustomersTests {
    private let data: ReferenceData

    init() throws { data = try ReferenceData.onlineRetail.get() }

    private func reference(_ path: String...) throws -> Document {
        try path.reduce(data.values) { try #require($0[$1]?.documentValue) }
    }

    @Test(
        arguments: [
            ("counts_B_11", [:]), ("counts_B_10", ["segments": 10]), ("counts_A_11", ["scores": "quantile"]),
            ("counts_A_10", ["scores": "quantile", "segments": 10]),
        ] as [(String, Document)])
    func segmentsHaveTheReferencesSizes(name: String, arguments: Document) throws {
        let expected = try reference("rfm", name)
        let rows = try data.shop.rows("rfm-segments", arguments)
        #expect(rows.count == expected.count)
        for row in rows {
            let segment = try #require(row["segment"]?.stringValue)
            #expect(row["customers"]?.integerValue == expected[segment]?.integerValue, "\(segment)")
        }
    }

    @Test func segmentsHaveTheReferencesMeans() throws {
        let expected = try reference("rfm", "means_A_10")
        for row in try data.shop.rows("rfm-segments", ["scores": "quantile", "segments": 10]) {
            let segment = try #require(expected[row["segment"]?.stringValue ?? ""]?.documentValue)
            #expect(isNear(row["meanRecencyDays"], segment["R"]))
            #expect(isNear(row["meanOrders"], segment["F"]))
            let customers = Double(row["customers"]?.integerValue ?? 0)
            #expect(isNear(.double((row["revenue"]?.doubleValue ?? .nan) / customers), segment["M"]))
        }
    }

    /// Ties at a quantile go to one side together; by number they are cut.
    @Test(arguments: [("ntile", "B"), ("quantile", "A")])
    func customersHaveTheReferencesScores(scores: String, rule: String) throws {
        let rows = try data.shop.rows("rfm-scores", ["scores": .string(scores), "limit": 10000])
        #expect(rows.count == 4312)
        let sizes = scores == "quantile" ? try reference("rfm", "score_counts_A") : [:]
        for measure in ["r", "f", "m"] {
            for score in 1...5 {
                let count = rows.count { $0[measure]?.integerValue == Int64(score) }
                let expected = sizes[measure]?.documentValue?[String(score)]?.integerValue
                #expect(Int64(count) == expected ?? (score <= 2 ? 863 : 862), "\(measure) \(score)")
            }
        }
        let samples = try reference("rfm").documents("sample_customers")
        #expect(samples.count == 6)
        for customer in samples {
            let id = customer["cust"]?.integerValue.map(String.init)
            let row = try #require(rows.first { $0["customerId"]?.stringValue == id })
            #expect(row["recencyDays"]?.integerValue == customer["R"]?.integerValue)
            #expect(row["orders"]?.integerValue == customer["F"]?.integerValue)
            #expect(isExactly(row["revenue"], customer["M"]))
            let score = ["r", "f", "m"].map { String(row[$0]?.integerValue ?? 0) }.joined()
            #expect(score == customer[rule]?.stringValue)
            #expect(row["segment"] == customer["seg"])
        }
    }

    @Test func recencyIsCountedFromTheMomentAskedFor() throws {
        let rows = try data.shop.rows("rfm-segments")
        #expect(try data.shop.rows("rfm-segments", ["asOf": "2010-12-11"]) == rows)
        let earlier = try data.shop.rows("rfm-segments", ["asOf": "2010-12-10"])
        for (row, before) in zip(rows, earlier) {
            #expect(row["segment"] == before["segment"])
            #expect(row["customers"] == before["customers"])
            let days = (row["meanRecencyDays"]?.doubleValue ?? .nan) - (before["meanRecencyDays"]?.doubleValue ?? .nan)
            #expect(abs(days - 1) < 1e-9)
        }
        // Orders after that moment are not known yet: the customers of December 2009 only.
        let spring = try data.shop.rows("rfm-segments", ["asOf": "2010-01-01"])
        #expect(spring.reduce(0) { $0 + ($1["customers"]?.integerValue ?? 0) } == 955)
    }

    @Test func churnByInactivity() throws {
        let windows = try reference("churn", "by_window")
        let rows = try data.shop.rows("churn-by-inactivity")
        var compared = 0
        for row in rows {
            #expect(row["customers"]?.integerValue == 4312)
            #expect(row["asOf"] == .date(1_291_939_200_000))
            let window = windows[String(row["days"]?.integerValue ?? 0)]?.documentValue
            guard let window else { continue }
            compared += 1
            #expect(row["churned"]?.integerValue == window["churned"]?.integerValue)
            #expect(isNear(row["rate"], window["rate"]))
        }
        #expect(compared == windows.count)
        #expect(try data.shop.rows("churn-by-inactivity", ["asOf": "2010-12-10"]) == rows)
    }

    @Test func churnFromQuarterToQuarter() throws {
        let rows = try data.shop.rows("churn-by-cohort")
        let expected = try reference("churn").documents("quarterly_cohort")
        #expect(rows.count == expected.count)
        for (row, quarter) in zip(rows, expected) {
            #expect(row["period"]?.stringValue?.filter { $0 != "-" } == quarter["from"]?.stringValue)
            #expect(row["next"]?.stringValue?.filter { $0 != "-" } == quarter["to"]?.stringValue)
            #expect(row["active"]?.integerValue == quarter["active"]?.integerValue)
            #expect(row["retained"]?.integerValue == quarter["retained"]?.integerValue)
            #expect(isNear(row["rate"], quarter["churn_rate"]))
        }
        // 2009Q4 is December only, and 2010Q4 ends on 9 December.
        #expect(rows.map { $0["complete"] } == [.bool(false), .bool(true), .bool(true), .bool(false)])
        let months = try data.shop.rows("churn-by-cohort", ["by": "month"])
        #expect(months.map { $0["complete"]?.boolValue } == Array(repeating: true, count: 11) + [false])
        let years = try data.shop.rows("churn-by-cohort", ["by": "year"])
        #expect(years.map { $0["period"] } == ["2009"])
        #expect(years[0]["retained"]?.integerValue == 842)
    }

    @Test func cohortsComeBackAsTheReferenceSays() throws {
        let matrix = try reference("cohort", "matrix")
        let rows = try data.shop.rows("cohort-retention")
        var expected: [(String, Int64, Int64)] = []
        for (cohort, cells) in matrix.elements {
            for (age, customers) in (cells.arrayValue ?? []).enumerated() {
                expected.append((cohort, Int64(age), customers.integerValue ?? -1))
            }
        }
        #expect(rows.count == 91 && expected.count == 91)
        var sizes: [Int64: Int64] = [:]
        var returned: [Int64: Int64] = [:]
        for (row, (cohort, age, customers)) in zip(rows, expected) {
            #expect(row["cohort"]?.stringValue == cohort)
            #expect(row["age"]?.integerValue == age)
            #expect(row["customers"]?.integerValue == customers)
            #expect(row["complete"]?.boolValue == (row["month"] != "2010-12"))
            sizes[age, default: 0] += row["size"]?.integerValue ?? 0
            returned[age, default: 0] += customers
        }
        for (age, rate) in try reference("cohort", "weighted_retention_by_age").elements {
            let age = try #require(Int64(age))
            #expect(isNear(.double(Double(returned[age] ?? 0) / Double(sizes[age] ?? 0)), rate))
        }
        let newcomers = data.values.documents("monthly").map { $0["new_customers_K"]?.integerValue }
        #expect(rows.filter { $0["age"]?.integerValue == 0 }.map { $0["size"]?.integerValue } == newcomers)
    }

    @Test func lifetimeValueBeforeAndAfterReturns() throws {
        let expected = try reference("clv_historic")
        let gross = try #require(try data.shop.rows("customer-lifetime-value").first)
        #expect(gross["customers"]?.integerValue == 4312)
        #expect(isNear(gross["mean"], expected["mean_gross"]))
        #expect(isExactly(gross["median"], expected["median_gross"]))
        #expect(isExactly(gross["maximum"], expected["max_gross"]?.arrayValue?[1]))
        #expect(gross["notPositive"]?.integerValue == 0)
        // 69 customers have returned something and bought nothing.
        let net = try #require(try data.shop.rows("customer-lifetime-value", ["net": true]).first)
        #expect(net["customers"]?.integerValue == expected["n_net"]?.integerValue)
        #expect(net["notPositive"]?.integerValue == expected["customers_net_le0"]?.integerValue)
        #expect(isNear(net["mean"], expected["mean_net"]))
        let cohorts = try data.shop.rows("customer-lifetime-value", ["net": true, "by": "cohort"])
        #expect(cohorts[0]["group"]?.isNull == true)
        #expect(cohorts[0]["customers"]?.integerValue == 69)
        #expect(cohorts.reduce(0) { $0 + ($1["customers"]?.integerValue ?? 0) } == 4381)
    }

    @Test func fewCustomersBringMostOfTheRevenue() throws {
        let expected = try reference("clv_historic")
        let rows = try data.shop.rows("customer-pareto", ["limit": 1000])
        #expect(isNear(rows[9]["cumulativeShare"], expected["top10_share_gross"]))
        // A fifth of 4,312 customers is 862.4, rounded up.
        #expect(isNear(rows[862]["cumulativeShare"], expected["top20pct_share_gross"]))
        #expect(isNear(rows[862]["rankShare"], .double(863.0 / 4312)))
    }

    @Test(
        arguments: [
            ("orders", "repeat_customers_invoices", "repeat_rate_invoices"),
            ("days", "repeat_customers_days", "repeat_rate_days"),
        ])
    func repeatPurchasesByOrdersAndByDays(count: String, customers: String, rate: String) throws {
        let expected = try reference("repeat")
        let rows = try data.shop.rows("repeat-purchase-by-days", ["count": .string(count)])
        #expect(rows.count == 9)
        #expect(rows.last?["days"] == "never")
        let came = rows.dropLast().reduce(0) { $0 + ($1["customers"]?.integerValue ?? 0) }
        #expect(came == expected[customers]?.integerValue)
        #expect(rows.reduce(0) { $0 + ($1["customers"]?.integerValue ?? 0) } == expected["customers"]?.integerValue)
        #expect(isNear(rows[rows.count - 2]["cumulativeShare"], expected[rate]))
        #expect((rows[0]["customers"]?.integerValue == 0) == (count == "days"))
    }
}
