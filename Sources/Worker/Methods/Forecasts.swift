import Analytics
import BSON
import DocumentStore
import Forecasting

extension Method {
    static let forecastsRun = Method(
        "forecasts.run", "Forecasts of the sales or of a series, and what they are worth.",
        parameters: [
            .optional(
                "by", .choice(Forecasting.Period.allCases.map(\.rawValue)),
                "The periods; days, or the series' own step."),
            .optional(
                "measure", .choice(Measure.allCases.map(\.rawValue)), "What is counted of the sale orders; revenue."),
            .optional(
                "series",
                .array(
                    of: .object([
                        .required("date", .string, "`2010-12-09` or `2010-12`."),
                        .required("value", .number, "What was observed."),
                    ]), minimumCount: 1), "A series to forecast instead of the store's orders."),
            .optional("from", .string, "Only what was on this day or later."),
            .optional("to", .string, "Only what was before this day."),
            .optional("horizon", range(ForecastOptions.horizonRange), "How many periods ahead."),
            .optional("season", range(ForecastOptions.seasonRange), "Periods in a season, 1 for none."),
            .optional(
                "model", .choice(["auto"] + ForecastModel.allCases.map(\.rawValue)).defaulting(to: "auto"),
                "How to forecast; auto chooses by back-test."),
            .optional(
                "levels", .array(of: .number, minimumCount: 1).defaulting(to: [0.8, 0.95]),
                "How probable the intervals are to hold the value."),
            .optional(
                "origins", range(ForecastOptions.originRange).defaulting(to: 8),
                "From how many earlier times models are tried."),
            .optional("backtest", .boolean.defaulting(to: false), "Whether to return how models did instead."),
            .database, .maxTimeMS,
        ],
        result: .object(Property.answer)
    ) { call in
        var options = ForecastOptions()
        options.model = call.parameters.string("model").flatMap(ForecastModel.init(rawValue:))
        options.horizon = call.parameters.int("horizon")
        options.season = call.parameters.int("season")
        options.origins = call.parameters.int("origins") ?? 8
        options.isBacktest = call.parameters.bool("backtest") ?? false
        if let levels = call.parameters["levels"]?.arrayValue {
            options.levels = try call.refusing("levels") {
                try ForecastOptions.levels(levels.compactMap(\.doubleValue))
            }
        }
        let (from, to) = (try call.seriesDay("from"), try call.seriesDay("to"))
        if let from, let to, from >= to { throw call.parameters.invalid("to", "expected a day after `from`") }
        let period = call.parameters.string("by").flatMap(Forecasting.Period.init(rawValue:))
        let measure = call.parameters.string("measure").flatMap(Measure.init(rawValue:))
        let series: TimeSeries
        if call.parameters["series"] == nil {
            series = try TimeSeries(
                of: measure ?? .revenue, in: call.database, by: period ?? .day, from: from, to: to,
                maxTimeMS: call.parameters.int("maxTimeMS"))
        } else {
            if measure != nil {
                throw call.parameters.invalid("measure", "it is for the store's orders, not for `series`")
            }
            let rows = call.parameters.documents("series").enumerated().map { index, row in
                (
                    line: index, date: row["date"]?.stringValue ?? "",
                    value: row["value"]?.doubleValue.map { "\($0)" } ?? ""
                )
            }
            series = try call.refusing("series") {
                try TimeSeries(rows: rows, named: "element", period: period, from: from, to: to)
            }
        }
        let isGiven = call.parameters["series"] != nil
        let subject = isGiven ? "Series" : (measure ?? .revenue).title
        let unit = isGiven ? nil : (measure ?? .revenue).unit
        return try Forecaster(series, options).answer(subject, unit: unit, check: call.cancellation.check).document
    }
}

private func range(_ range: ClosedRange<Int>) -> Schema {
    .integer(Int64(range.lowerBound)...Int64(range.upperBound))
}

extension Call {
    fileprivate func seriesDay(_ name: String) throws -> Int? {
        guard let text = parameters.string(name) else { return nil }
        guard let day = TimeSeries.day(text.utf8.count == 4 ? text + "-01" : text) else {
            throw parameters.invalid(name, "expected a date such as 2010-09-30, 2010-09 or 2010")
        }
        return day
    }
}
