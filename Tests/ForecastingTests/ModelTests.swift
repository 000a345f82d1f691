import Testing

@testable import Forecasting

@Suite struct ModelTests {
    @Test("Holt and Winters' rule, step by step")
    func holtWintersRule() {
        let values = (0..<40).map { Double($0 * 3 % 17) + Double($0) / 2 }
        let (a, b, g, m) = (0.2, 0.01, 0.2, 7)
        // The textbook's form, written out.
        var level = values[..<7].reduce(0, +) / 7
        var trend = (values[7..<14].reduce(0, +) / 7 - level) / 7
        var season = values[..<7].map { $0 - level }
        let initial = ExponentialSmoothing.State(level: level, trend: trend, season: season)
        for (index, value) in values.enumerated() {
            let before = level
            level = a * (value - season[index % m]) + (1 - a) * (level + trend)
            trend = b * (level - before) + (1 - b) * trend
            season[index % m] = g * (value - level) + (1 - g) * season[index % m]
        }
        let model = ExponentialSmoothing(
            .init(trend: .additive, season: .additive, length: m), .init(alpha: a, beta: b, gamma: g))
        let final = model.filter(values, from: initial).state
        for (step, value) in model.forecast(10, from: final).enumerated() {
            #expect(agree(value, level + trend * Double(step + 1) + season[(values.count + step) % m], 1e-12))
        }
    }

    /// Squared errors that statsmodels 0.15's ETSModel reached on the airline passengers, and its AICc where it counts
    /// parameters as we do.
    @Test(
        "No worse fits than statsmodels finds",
        arguments: [
            ("N", "N", 162513.92396452161), ("N", "A", 28894.173071252466), ("N", "M", 14875.910200055618),
            ("A", "N", 298195.7581818694), ("A", "A", 21567.292166162173), ("A", "M", 16015.96037442458),
            ("Ad", "N", 162199.05290716287), ("Ad", "A", 22760.526727187687), ("Ad", "M", 17336.522600097047),
        ])
    func fits(_ trend: String, _ season: String, _ squaredError: Double) throws {
        let form = ExponentialSmoothing.Form(
            trend: try #require(.init(rawValue: trend)), season: try #require(.init(rawValue: season)), length: 12)
        let fit = try #require(ExponentialSmoothing.fit(form, to: Reference.airline))
        #expect(fit.squaredError <= squaredError * 1.000001, "\(form.name)")
        // What is said is what the parameters give.
        #expect(fit.squaredError == fit.model.filter(Reference.airline, from: fit.initial).squaredError)
        if form.trend == .none && form.season == .none { #expect(agree(fit.aicc, 1426.959341669823, 1e-5)) }
    }

    @Test("Fitting never does worse than fixed parameters, whatever the initial states", arguments: UInt64(1)...6)
    func fittedIsNoWorseThanFixed(_ seed: UInt64) throws {
        var noise = Noise(seed)
        let values = (0..<70).map { 50 + 8 * Double($0 % 7) + Double($0) * noise.next() + 5 * noise.normal() }
        for (trend, season) in [
            (ExponentialSmoothing.Trend.additive, ExponentialSmoothing.Season.additive), (.none, .additive),
            (.additive, .none), (.none, .none),
        ] {
            let form = ExponentialSmoothing.Form(trend: trend, season: season, length: 7)
            let fit = try #require(ExponentialSmoothing.fit(form, to: values))
            for _ in 0..<20 {
                let model = ExponentialSmoothing(
                    form,
                    .init(
                        alpha: 0.01 + 0.98 * noise.next(), beta: trend == .none ? 0 : 0.01 + 0.98 * noise.next(),
                        gamma: season == .none ? 0 : 0.01 + 0.98 * noise.next()))
                let state = ExponentialSmoothing.State(
                    level: 40 + 40 * noise.next(), trend: trend == .none ? 0 : noise.next(),
                    season: season == .none ? [] : (0..<7).map { Double($0) * 8 - 24 })
                #expect(fit.squaredError <= model.filter(values, from: state).squaredError)
            }
        }
    }

    @Test("A series that follows a model is fitted without error")
    func exactSeries() throws {
        let values = (0..<42).map { 100 + 2 * Double($0) + [5.0, -3, 0, 1, 4, -8, 1][$0 % 7] }
        let form = ExponentialSmoothing.Form(trend: .additive, season: .additive, length: 7)
        let fit = try #require(ExponentialSmoothing.fit(form, to: values))
        #expect(fit.squaredError < 1e-9)
        for (step, value) in fit.model.forecast(14, from: fit.final).enumerated() {
            let index = 42 + step
            #expect(agree(value, 100 + 2 * Double(index) + [5.0, -3, 0, 1, 4, -8, 1][index % 7], 1e-6))
        }
    }

    @Test("Variances are those of simulated futures")
    func variances() throws {
        var noise = Noise(11)
        for form in [
            ExponentialSmoothing.Form(trend: .none, season: .none, length: 1),
            .init(trend: .additive, season: .additive, length: 3), .init(trend: .damped, season: .additive, length: 3),
        ] {
            let model = ExponentialSmoothing(
                form,
                .init(
                    alpha: 0.4, beta: form.trend == .none ? 0 : 0.3, gamma: form.season == .none ? 0 : 0.5,
                    phi: form.trend == .damped ? 0.9 : 1))
            let start = ExponentialSmoothing.State(
                level: 10, trend: form.trend == .none ? 0 : 1, season: form.season == .none ? [] : [1, -2, 1])
            let mean = model.forecast(8, from: start)
            var sums = [Double](repeating: 0, count: 8)
            let count = 4000
            for _ in 0..<count {
                var state = start
                for step in 0..<8 {
                    let value = model.forecast(1, from: state)[0] + noise.normal()
                    model.advance(&state, value)
                    sums[step] += (value - mean[step]) * (value - mean[step])
                }
            }
            let expected = try #require(model.variances(8))
            // A variance from 4,000 normal numbers is within 9 % in 99.99 of 100 cases.
            for step in 0..<8 {
                #expect(agree(sums[step] / Double(count), expected[step], 0.09), "\(form.name) \(step)")
            }
        }
    }

    @Test func shortOrUnfitSeriesHaveNoFit() {
        let form = ExponentialSmoothing.Form(trend: .none, season: .multiplicative, length: 3)
        #expect(ExponentialSmoothing.fit(form, to: [1, 2, 3, 1, 2, 3, 1, 2, 3, 0]) == nil)
        #expect(ExponentialSmoothing.fit(form, to: [1, 2, 3, 1, 2]) == nil)
        #expect(ForecastModel.seasonalNaive.fitted(to: [1, 2], season: 3) == nil)
        #expect(ForecastModel.seasonalNaive.fitted(to: [1, 2, 3], season: 3)?.forecast(4) == [1, 2, 3, 1])
    }

    @Test func plainModels() {
        let values: [Double] = [1, 2, 3, 3, 4, 8]
        #expect(ForecastModel.naive.fitted(to: values, season: 3)?.forecast(2) == [8, 8])
        #expect(ForecastModel.mean.fitted(to: values, season: 3)?.forecast(1) == [3.5])
        #expect(ForecastModel.seasonalMean.fitted(to: values, season: 3)?.forecast(4) == [2, 3, 5.5, 2])
        let drift = ForecastModel.drift.fitted(to: values, season: 3)?.forecast(2) ?? []
        #expect(agree(drift[0], 9.4, 1e-12) && agree(drift[1], 10.8, 1e-12))
    }
}
