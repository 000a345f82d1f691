import BSON
import Testing

/// Delivery and reviews of the Olist sample, against reference values that other programs computed.
@Suite(
    .serialized,
    .enabled(
        if: ReferenceData.isThere("olist-sample", "olist-sample.json"),
        "the Olist sample is not there: set ATELIER_TEST_DATA"))
struct OlistDeliveryTests {
    private let data: ReferenceData

    init() throws { data = try ReferenceData.olist.get() }

    private func reference(_ path: String...) throws -> Document {
        try path.reduce(data.values) { try #require($0[$1]?.documentValue) }
    }

    private func row(_ name: String, _ arguments: Document) throws -> Document {
        let rows = try data.shop.rows(name, arguments)
        #expect(rows.count == 1)
        return try #require(rows.first)
    }

    /// How a group of reviews scored: counts exactly, the rest to 1e-9.
    private func expect(_ row: Document, _ expected: Document, npsProxy: String = "nps_proxy") throws {
        #expect(row["reviews"]?.integerValue == expected["n"]?.integerValue)
        #expect(isClose(row["meanScore"], expected["mean"]))
        #expect(isClose(row["npsProxy"], expected[npsProxy]))
        for score in 1...5 {
            let count = expected["hist"]?.documentValue?["\(score)"]
            #expect(row["score\(score)"]?.integerValue == count?.integerValue)
        }
    }

    // MARK: Delivery

    @Test func deliveryDays() throws {
        let expected = try reference("delivery")
        let row = try row("delivery-days", ["per": "all"])
        #expect(row["orders"]?.integerValue == expected["n"]?.integerValue)
        #expect(isClose(row["meanDays"], expected["mean_days_exact"]))
        #expect(isClose(row["medianDays"], expected["median_days_exact"]))
        #expect(isClose(row["p90Days"], expected["p90_days_exact"]))
        #expect(isClose(row["processingDays"], expected["mean_processing_days_purchase_to_carrier"]))
        #expect(isClose(row["transitDays"], expected["mean_transit_days_carrier_to_customer"]))
        #expect(isClose(row["againstPromiseDays"], expected["mean_days_vs_estimate"]))
        #expect(
            row["outOfOrder"]?.integerValue == expected["carrier_before_purchase_or_after_delivery"]?.integerValue)
        let whole = try self.row("delivery-days", ["per": "all", "wholeDays": true])
        #expect(isClose(whole["meanDays"], expected["mean_days_floor"]))
    }

    @Test func monthsAndStatesAddUpToAll() throws {
        let orders = try reference("delivery")["n"]?.integerValue
        for per in ["month", "state", "country"] {
            let rows = try data.shop.rows("delivery-days", ["per": .string(per)])
            #expect(rows.reduce(0) { $0 + ($1["orders"]?.integerValue ?? 0) } == orders)
        }
        #expect(try data.shop.rows("delivery-days", ["per": "state"]).count == 27)
    }

    @Test(arguments: ["timestamp", "date"])
    func lateDeliveries(by: String) throws {
        let expected = try reference("delivery")
        let row = try row("late-deliveries", ["per": "all", "by": .string(by)])
        #expect(row["orders"]?.integerValue == expected["n"]?.integerValue)
        #expect(row["late"]?.integerValue == expected["late_\(by)"]?.integerValue)
        #expect(isClose(row["lateShare"], expected["late_share_\(by)"]))
    }

    // MARK: Reviews

    @Test(arguments: [("rows", false), ("per_order_latest", true)])
    func reviewScores(scope: String, latestPerOrder: Bool) throws {
        let expected = try reference("reviews", scope)
        let rows = try data.shop.rows("review-scores", ["latestPerOrder": .bool(latestPerOrder)])
        for row in rows {
            let score = row["score"]?.integerValue ?? 0
            #expect(row["reviews"]?.integerValue == expected["hist"]?.documentValue?["\(score)"]?.integerValue)
        }
        #expect(rows.reduce(0) { $0 + ($1["reviews"]?.integerValue ?? 0) } == expected["n"]?.integerValue)
        #expect(abs(rows.reduce(0) { $0 + ($1["share"]?.doubleValue ?? .nan) } - 1) < 1e-12)
    }

    @Test(
        arguments: [("rows", false), ("per_order_latest", true)],
        [("5-against-1-3", "nps_proxy"), ("4-5-against-1-2", "nps_proxy_B")])
    func npsProxy(scope: (name: String, latest: Bool), mapping: (name: String, key: String)) throws {
        let expected = try reference("reviews", scope.name)
        let row = try row("nps-proxy", ["latestPerOrder": .bool(scope.latest), "mapping": .string(mapping.name)])
        #expect(row["reviews"]?.integerValue == expected["n"]?.integerValue)
        #expect(isClose(row["npsProxy"], expected[mapping.key]))
        let parts = ["promoters", "passives", "detractors"].compactMap { row[$0]?.integerValue }
        #expect(parts.reduce(0, +) == row["reviews"]?.integerValue)
    }

    @Test(arguments: [("rows", false), ("per_order_latest", true)])
    func monthsOfReviewsAddUp(scope: String, latestPerOrder: Bool) throws {
        let expected = try reference("reviews", scope)
        let rows = try data.shop.rows("review-scores-by-month", ["latestPerOrder": .bool(latestPerOrder)])
        #expect(rows.reduce(0) { $0 + ($1["reviews"]?.integerValue ?? 0) } == expected["n"]?.integerValue)
        for score in 1...5 {
            let sum = rows.reduce(0) { $0 + ($1["score\(score)"]?.integerValue ?? 0) }
            #expect(sum == expected["hist"]?.documentValue?["\(score)"]?.integerValue)
        }
        let sum = rows.reduce(0.0) { $0 + ($1["meanScore"]?.doubleValue ?? .nan) * ($1["reviews"]?.doubleValue ?? 0) }
        #expect(abs(sum / (expected["n"]?.doubleValue ?? .nan) - (expected["mean"]?.doubleValue ?? .nan)) < 1e-9)
    }

    // MARK: One against the other

    @Test(
        arguments: [
            ("rows_ontime", "rows_late", [:]),
            ("latest_ontime", "latest_late", ["latestPerOrder": true]),
            ("latest_ontime_by_date", "latest_late_by_date", ["latestPerOrder": true, "by": "date"]),
        ] as [(String, String, Document)])
    func deliveryAgainstReviews(onTime: String, late: String, arguments: Document) throws {
        let rows = try data.shop.rows("delivery-against-reviews", arguments)
        #expect(rows.map { $0["delivery"]?.stringValue } == ["on time", "late"])
        try expect(rows[0], reference("delivery_vs_reviews", onTime))
        try expect(rows[1], reference("delivery_vs_reviews", late))
        let lenient = Document(arguments.elements + [("mapping", "4-5-against-1-2")])
        for (row, key) in zip(try data.shop.rows("delivery-against-reviews", lenient), [onTime, late]) {
            try expect(row, reference("delivery_vs_reviews", key), npsProxy: "nps_proxy_B")
        }
    }

    /// The ranges include their later end.
    @Test func reviewsByDaysLate() throws {
        let rows = try data.shop.rows("delivery-against-reviews", ["detail": "days", "latestPerOrder": true])
        let expected = try reference("delivery_vs_reviews", "by_days_late").elements.map(\.value.documentValue)
        #expect(rows.count == expected.count && rows.count == 7)
        for (row, range) in zip(rows, expected) {
            #expect(row["reviews"]?.integerValue == range?["n"]?.integerValue)
            #expect(isClose(row["meanScore"], range?["mean"]))
        }
    }

    @Test func longWaitsAndBadReviewsGoTogether() throws {
        let row = try row("delivery-review-correlation", ["latestPerOrder": true])
        #expect(isClose(row["correlation"], data.values["delivery_vs_reviews"]?.documentValue?["pearson_days_score"]))
        #expect(isClose(row["meanDays"], try reference("delivery")["mean_days_exact"]))
        #expect(row["reviews"]?.integerValue == 5164)
    }

    /// Mean, deviation and number of both rows are enough for a test of the difference.
    @Test func theDifferenceCanBeTested() throws {
        let expected = try reference("delivery_vs_reviews", "welch_t_latest")
        let rows = try data.shop.rows("delivery-against-reviews", ["latestPerOrder": true])
        let parts = rows.map { row in
            let number = { row[$0]?.doubleValue ?? .nan }
            return (
                mean: number("meanScore"), error: number("deviation") * number("deviation") / number("reviews"),
                n: number("reviews")
            )
        }
        let error = parts[0].error + parts[1].error
        #expect(isClose(.double((parts[0].mean - parts[1].mean) / error.squareRoot()), expected["t"]))
        let below = parts.reduce(0) { $0 + $1.error * $1.error / ($1.n - 1) }
        #expect(isClose(.double(error * error / below), expected["df"]))
    }
}

/// Whether two numbers are equal to 1e-9 of the second.
func isClose(_ value: BSONValue?, _ expected: BSONValue?) -> Bool {
    guard let value = value?.doubleValue, let expected = expected?.doubleValue else { return false }
    return abs(value - expected) <= 1e-9 * max(abs(expected), 1e-300)
}
