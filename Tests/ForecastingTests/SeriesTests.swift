import BSON
import DocumentStore
import TestSupport
import Testing

@testable import Forecasting

@Suite struct SeriesTests {
    private func rows(_ pairs: [(String, String)]) -> [(line: Int, date: String, value: String)] {
        pairs.enumerated().map { ($0 + 2, $1.0, $1.1) }
    }

    private func read(_ pairs: [(String, String)], _ period: Period? = nil) throws -> TimeSeries {
        try TimeSeries(rows: rows(pairs), named: "file", period: period, from: nil, to: nil)
    }

    @Test func gapsAreZerosAndSaid() throws {
        let series = try read([("2020-02-27", "1"), ("2020-03-01", "2.5"), ("2020-02-29", "-3e1")])
        #expect(series.values == [1, 0, -30, 2.5])
        #expect(series.notes == ["1 day without any observation counts as 0."])
        #expect(series.period.label(series.first) == "2020-02-27")
    }

    @Test func incompletePeriodsAreLeftOut() throws {
        // 2020-01-06 was a Monday.
        let days = (3...22).map { ("2020-01-" + ($0 < 10 ? "0\($0)" : "\($0)"), "\($0)") }
        let weeks = try read(days, .week)
        #expect(weeks.values == [63, 112] && weeks.period.label(weeks.first) == "2020-01-06")
        #expect(weeks.notes == ["Incomplete weeks at the ends are left out (6 days with data)."])
        #expect(throws: AtelierError.self) { try read(days, .month) }
    }

    @Test func theDatesTellTheirSteps() throws {
        let months = try read([("2019-11", "1"), ("2019-12", "2"), ("2020-02-01", "4")])
        #expect(months.period == .month && months.values == [1, 2, 0, 4])
        let weeks = try read([("2020-01-06", "1"), ("2020-01-20", "4")])
        #expect(weeks.period == .week && weeks.values == [1, 0, 4])
        #expect(throws: AtelierError.self) { try read([("2019-11", "1"), ("2019-12", "2")], .day) }
    }

    @Test(
        "What cannot be read is named with its line",
        arguments: [
            ("2020-01-02", "NaN"), ("2020-01-02", "inf"), ("2020-01-02", ""), ("2020-01-02", "1,5"),
            ("2020-02-30", "1"), ("2020-13", "1"), ("soon", "1"), ("2020-01-02T10:00:00Z", "1"), ("2020-01-01", "2"),
        ])
    func badRows(_ date: String, _ value: String) {
        let error = #expect(throws: AtelierError.self) { try read([("2020-01-01", "1"), (date, value)]) }
        #expect(error?.location == "file:3")
    }

    @Test func periodsOfTheCalendar() {
        for period in Period.allCases {
            for day in -800...800 {
                let index = period.index(ofDay: day)
                #expect(period.firstDay(of: index) <= day && day < period.firstDay(of: index + 1))
            }
        }
        #expect(Period.month.label(-1) == "1969-12")
        #expect(Period.week.label(0) == "1969-12-29")
    }

    @Test func theStoresOrders() throws {
        let store = try Store(TemporaryFile.folder() + "/test.store")
        defer { store.close() }
        func order(_ id: Int, _ date: String, _ kind: String, _ lines: [(Int, String)]) throws -> Document {
            [
                "_id": .integer(id), "kind": .string(kind),
                "orderedAt": .date(try #require(UTCDate.milliseconds(iso8601: date))),
                "items": .array(
                    BSONArray(
                        documents: try lines.map { quantity, price in
                            [
                                "quantity": .integer(quantity),
                                "unitPrice": .decimal(try #require(Decimal128(price))),
                            ]
                        })),
            ]
        }
        try store.database.collection("orders").insert([
            try order(1, "2020-01-01T00:00:00Z", "sale", [(2, "1.10"), (1, "0.05")]),
            try order(2, "2020-01-01T23:59:59Z", "sale", [(-1, "5"), (3, "0")]),
            try order(3, "2020-01-02T10:00:00Z", "return", [(1, "9")]),
            try order(4, "2020-01-03T10:00:00Z", "sale", [(3, "2.00"), (-1, "1.00")]),
            try order(5, "2020-01-03T11:00:00Z", "sale", [(1, "1.00")]),
        ]).orThrow()
        let revenue = try TimeSeries(of: .revenue, in: store.database, by: .day)
        #expect(revenue.values == [2.25, 0, 7] && revenue.period.label(revenue.first) == "2020-01-01")
        #expect(try TimeSeries(of: .orders, in: store.database, by: .day).values == [1, 0, 2])
        #expect(try TimeSeries(of: .units, in: store.database, by: .day).values == [3, 0, 4])
        let from = try #require(TimeSeries.day("2020-01-02"))
        // The orders of the third show that the second is known to be empty.
        #expect(try TimeSeries(of: .units, in: store.database, by: .day, from: from, to: from + 1).values == [0])
        #expect(throws: AtelierError.self) {
            try TimeSeries(of: .units, in: store.database, by: .day, from: from + 2)
        }
        #expect(throws: AtelierError.self) { try TimeSeries(of: .units, in: store.database, by: .week) }
    }
}
