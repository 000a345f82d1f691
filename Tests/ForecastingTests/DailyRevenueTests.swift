import BSON
import Definitions
import Testing

@testable import Forecasting

/// A year of an online shop's daily revenue, which does not trade on Saturdays, against errors computed elsewhere.
@Suite struct DailyRevenueTests {
    /// The rows of `Recorded/online-retail-daily.csv`: 307 days with sales of UCI's Online Retail II, 2009-2010.
    static let series = Result {
        let path = String(#filePath.dropLast("DailyRevenueTests.swift".count)) + "Recorded/online-retail-daily.csv"
        let lines = String(decoding: try Files.contents(of: path), as: UTF8.self).split(separator: "\n").dropFirst()
        let rows = lines.enumerated().map { index, line in
            let fields = line.split(separator: ",")
            return (line: index + 2, date: String(fields[0]), value: String(fields[1]))
        }
        return try TimeSeries(rows: rows, named: "daily", period: nil, from: nil, to: nil)
    }

    private func check(_ name: String, _ predicted: [Double], _ reference: Document, _ values: [Double]) throws {
        let expected = reference.document("models").document(name)
        let (train, actual) = (Array(values[..<346]), Array(values[346...]))
        #expect(agree(Accuracy.mae(actual, predicted), expected.double("MAE")), "\(name)")
        #expect(agree(Accuracy.rmse(actual, predicted), expected.double("RMSE")), "\(name)")
        #expect(agree(Accuracy.smape(actual, predicted), expected.double("sMAPE200")), "\(name)")
        #expect(agree(try #require(Accuracy.wape(actual, predicted)), expected.double("WAPE")), "\(name)")
        for season in [1, 7] {
            let mase = try #require(Accuracy.mase(actual, predicted, train: train, season: season))
            #expect(agree(mase, expected.double("MASE_m\(season)")), "\(name)")
        }
        for (value, first) in zip(predicted, expected.doubles("first3")) { #expect(agree(value, first), "\(name)") }
        #expect(expected.doubles("first3").count == 3)
    }

    @Test(
        .enabled(if: Reference.isThere(Reference.path), "the reference values are not there: set ATELIER_TEST_DATA"))
    func errorsOfEveryModel() throws {
        let reference = try Reference.values().document("forecast_or2_daily")
        let series = try DailyRevenueTests.series.get()
        let values = series.values
        #expect(values.count == 374 && series.period == .day && series.period.label(series.end - 1) == "2010-12-09")
        #expect(values.count { $0 == 0 } == Int(reference.double("zero_days")))
        #expect(values[346...].count { $0 == 0 } == Int(reference.double("zero_days_in_test")))
        #expect(series.notes == ["67 days without any observation count as 0."])
        let train = Array(values[..<346])
        #expect(agree(train.reduce(0, +), reference.double("train_sum")))
        #expect(agree(values[346...].reduce(0, +), reference.double("test_sum")))
        #expect(agree(try #require(Accuracy.scale(train, season: 7)), reference.double("insample_mae_m7")))
        #expect(agree(try #require(Accuracy.scale(train, season: 1)), reference.double("insample_mae_m1")))

        for (name, model) in [
            ("seasonal naive m=7", ForecastModel.seasonalNaive), ("naive (last value)", .naive), ("train mean", .mean),
            ("seasonal mean of last 4 weeks", .seasonalMean), ("drift", .drift),
        ] {
            try check(name, try #require(model.fitted(to: train, season: 7)).forecast(28), reference, values)
        }
        let simple = ExponentialSmoothing(.init(trend: .none, season: .none, length: 1), .init(alpha: 0.3))
        let level = simple.filter(Array(train[1...]), from: .init(level: train[0])).state
        try check("SES alpha=0.3 l0=y1", simple.forecast(28, from: level), reference, values)

        let form = ExponentialSmoothing.Form(trend: .additive, season: .additive, length: 7)
        let fixed = ExponentialSmoothing(form, .init(alpha: 0.2, beta: 0.01, gamma: 0.2))
        let mean = { (week: Int) in train[(week * 7)..<(week * 7 + 7)].reduce(0, +) / 7 }
        let initial = ExponentialSmoothing.State(
            level: mean(0), trend: (mean(1) - mean(0)) / 7, season: train[..<7].map { $0 - mean(0) })
        // The rule starts after the season that its first states come from.
        let state = fixed.filter(Array(train[7...]), from: initial).state
        let squaredError = fixed.filter(train, from: initial).squaredError
        try check(
            "Holt-Winters additive m=7 fixed alpha=.2 beta=.01 gamma=.2", fixed.forecast(28, from: state), reference,
            values)
        let fit = try #require(ExponentialSmoothing.fit(form, to: train))
        #expect(fit.squaredError <= squaredError)
    }

    /// Squared errors that statsmodels 0.15's ETSModel reached on the first 346 days.
    @Test(
        "No worse fits than statsmodels finds",
        arguments: [
            ("N", "N", 108728070312.47296), ("N", "A", 66896037675.16455), ("A", "A", 67452910125.97516),
            ("Ad", "A", 66675249960.74136),
        ])
    func fits(_ trend: String, _ season: String, _ squaredError: Double) throws {
        let form = ExponentialSmoothing.Form(
            trend: try #require(.init(rawValue: trend)), season: try #require(.init(rawValue: season)), length: 7)
        let train = Array(try DailyRevenueTests.series.get().values[..<346])
        let fit = try #require(ExponentialSmoothing.fit(form, to: train))
        #expect(fit.squaredError <= squaredError * 1.000001, "\(form.name)")
    }
}
