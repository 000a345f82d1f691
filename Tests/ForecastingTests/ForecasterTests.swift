import BSON
import Testing

@testable import Forecasting

/// Choosing a model, and what is claimed for it.
@Suite struct ForecasterTests {
    private func series(_ values: [Double], _ period: Period = .day) -> TimeSeries {
        TimeSeries(period: period, first: 18_000, values: values)
    }

    private func options(_ horizon: Int, season: Int? = nil, model: ForecastModel? = nil) -> ForecastOptions {
        var options = ForecastOptions()
        options.horizon = horizon
        options.season = season
        options.model = model
        return options
    }

    @Test("A model that is better is found, and used")
    func trend() throws {
        var noise = Noise(3)
        let values = (0..<120).map { 100 + 3 * Double($0) + 20 * Double($0 % 7) + noise.normal() }
        let forecaster = try Forecaster(series(values), options(14))
        let verdict = Verdict(try forecaster.backtest(), chosen: nil, season: 7)
        #expect(verdict.hasSkill)
        #expect(verdict.model == .holtWinters || verdict.model == .ets)
        #expect(try #require(verdict.skill) > 0.5)
        let answer = try forecaster.answer("Test", unit: nil)
        #expect(answer.rows.count == 14)
        for (step, row) in answer.rows.enumerated() {
            let index = 120 + step
            let truth = 100 + 3 * Double(index) + 20 * Double(index % 7)
            #expect(abs((row["forecast"]?.doubleValue ?? .nan) - truth) < 4)
            let bounds = ["lower95", "lower80", "forecast", "upper80", "upper95"].map { row[$0]?.doubleValue ?? .nan }
            #expect(zip(bounds, bounds.dropFirst()).allSatisfy { $0 < $1 })
        }
        #expect(answer.rows[0]["date"] == "2019-08-12")
        #expect(answer.rows[0]["hasSkill"] == true)
    }

    @Test("Where a season repeats itself and nothing else is to be known, seasonal naive it is")
    func perfectSeason() throws {
        let values = (0..<80).map { [3.0, 9, 4, 8, 1, 0, 5][$0 % 7] }
        let answer = try Forecaster(series(values), options(7)).answer("Test", unit: nil)
        #expect(answer.rows.map { $0["model"] } == [BSONValue](repeating: "seasonal-naive", count: 7))
        #expect(answer.rows[0]["hasSkill"] == false)
        #expect(answer.notes[0].hasPrefix("Nothing beats seasonal naive"))
        #expect(answer.rows.map { $0["forecast"]?.doubleValue } == values[73...].map { $0 })
    }

    @Test("A random walk is forecast with skill no more often than chance has it")
    func randomWalk() throws {
        // On a walk naive is best: whatever else is claimed is a mistake.
        var claims = 0
        for seed in 0..<30 {
            var noise = Noise(UInt64(seed) + 100)
            var level = 1000.0
            let values = (0..<60).map { _ in
                level += noise.normal()
                return level
            }
            let forecaster = try Forecaster(series(values), options(3, season: 1))
            if Verdict(try forecaster.backtest(), chosen: nil, season: 1).hasSkill { claims += 1 }
        }
        // Choosing by all origins and claiming by the same ones would make it nearly all.
        #expect(claims <= 9, "\(claims)")
    }

    @Test("The model asked for is given, and what it is worth said")
    func askedFor() throws {
        var noise = Noise(5)
        let values = (0..<90).map { 50 + 10 * Double($0 % 7) + noise.normal() }
        let answer = try Forecaster(series(values), options(7, model: .drift)).answer("Test", unit: nil)
        #expect(answer.rows[0]["model"] == "drift")
        #expect(answer.notes[0].hasPrefix("drift is not shown to beat seasonal naive"), "\(answer.notes[0])")
        let own = try Forecaster(series(values), options(7, model: .seasonalNaive)).answer("Test", unit: nil)
        #expect(own.notes[0].hasPrefix("seasonal-naive is the yardstick itself"))
    }

    @Test("Short series claim nothing and say so; shorter ones are refused")
    func shortSeries() throws {
        let short = try Forecaster(series([5, 6, 7, 8, 9, 10], .month), options(3)).answer("Test", unit: nil)
        #expect(short.rows[0]["model"] == "naive")
        #expect(short.rows[0]["forecast"] == 10.0)
        #expect(short.notes[0].hasPrefix("The series is too short to tell"))
        #expect(short.notes.contains { $0.hasPrefix("The series is too short for a season of 12 months") })
        #expect(throws: AtelierError.self) { try Forecaster(series([5]), options(3)) }
        #expect(throws: AtelierError.self) { try Forecaster(series([5, 6, 7, 8], .month), options(3, season: 12)) }
        #expect(throws: AtelierError.self) { try Forecaster(series([5, 6, 7, 8]), options(3, model: .holtWinters)) }
        let zeros = (0..<30).map { Double($0 % 7) }
        let error = #expect(throws: AtelierError.self) {
            try Forecaster(series(zeros), options(3, model: .holtWintersMultiplicative))
        }
        #expect(error?.message.contains("2019-04-14") == true)
        var tried = options(30)
        tried.isBacktest = true
        #expect(throws: AtelierError.self) { try Forecaster(series(zeros), tried).answer("Test", unit: nil) }
    }

    @Test("A constant series is its own forecast")
    func constant() throws {
        let answer = try Forecaster(series([Double](repeating: 4, count: 60)), options(5)).answer("Test", unit: nil)
        for row in answer.rows {
            for field in ["forecast", "lower80", "upper95"] { #expect(row[field] == 4.0) }
        }
        #expect(answer.notes.contains("All values of the series are equal: scaled errors are undefined."))
    }

    @Test("Intervals hold as many values as they say")
    func coverage() throws {
        var inside = [0, 0]
        var total = 0
        for seed in 0..<40 {
            var noise = Noise(UInt64(seed) + 500)
            let values = (0..<100).map { 200 + 10 * Double($0 % 4) + 6 * noise.normal() }
            let train = Array(values[..<96])
            let form = ExponentialSmoothing.Form(trend: .none, season: .additive, length: 4)
            let smoothing = try #require(ExponentialSmoothing.fit(form, to: train))
            let fitted = FittedModel(model: .ets, values: train, season: 4, smoothing: smoothing)
            let intervals = Intervals(fitted, forecast: fitted.forecast(4), levels: [0.8, 0.95])
            #expect(intervals.method.hasPrefix("analytic"))
            for step in 0..<4 {
                total += 1
                for level in 0..<2 {
                    let bound = try #require(intervals.bounds[level][step])
                    if bound.lower <= values[96 + step] && values[96 + step] <= bound.upper { inside[level] += 1 }
                }
            }
        }
        #expect((0.70...0.90).contains(Double(inside[0]) / Double(total)), "\(inside[0]) of \(total)")
        #expect((0.89...0.99).contains(Double(inside[1]) / Double(total)), "\(inside[1]) of \(total)")
    }

    @Test("Origins leave two seasons to learn from and do not overlap where there is room")
    func origins() {
        #expect(Backtest.origins(count: 374, horizon: 28, season: 7, wanted: 3) == [290, 318, 346])
        #expect(Backtest.origins(count: 22, horizon: 4, season: 7, wanted: 8) == [15, 16, 17, 18])
        #expect(Backtest.origins(count: 18, horizon: 4, season: 7, wanted: 8) == [])
    }
}
