import Analytics
import BSON
import DocumentStore
import Forecasting
import Ingest

extension Option {
    fileprivate static let by = Option(
        "by", value: "PERIOD", "day, week or month; otherwise day, or the file's own step")
    fileprivate static let measure = Option("measure", value: "MEASURE", "revenue, orders or units; otherwise revenue")
    fileprivate static let horizon = Option(
        "horizon", value: "N", "How many periods ahead; otherwise 28 days, 13 weeks or 6 months")
    fileprivate static let season = Option(
        "season", value: "N", "Periods in a season, 1 for none; otherwise 7 days, 52 weeks or 12 months")
    fileprivate static let model = Option(
        "model", value: "MODEL", "auto, or \(ForecastModel.allCases.map(\.rawValue).joined(separator: ", "))")
    fileprivate static let level = Option(
        "level", value: "P,P", "How probable the intervals are to hold the value; otherwise 0.8,0.95")
    fileprivate static let origins = Option(
        "origins", value: "N", "From how many earlier times models are tried; otherwise 8")
    fileprivate static let backtest = Option(
        "backtest", "Print how models did from earlier times, instead of forecasts")
    fileprivate static let series = Option(
        "series", value: "FILE", "Forecast a file instead: CSV, a date and a value a row, with a header")
    fileprivate static let from = Option(
        "from", value: "DATE", "Only what was on this day or later; 2010 and 2010-09 mean their first day")
    fileprivate static let to = Option(
        "to", value: "DATE", "Only what was before this day; 2010 and 2010-09 mean their first day")
}

extension Command {
    static let forecast = Command(
        name: "forecast", summary: "Forecast sales, and say what the forecast is worth",
        options: [
            .by, .measure, .horizon, .season, .model, .level, .origins, .backtest, .series, .from, .to, .store,
        ] + Option.output,
        details: [
            "Models are tried from earlier times, knowing only what came before. One is used only if it beats seasonal naive "
                + "(what was a season ago) also where it was not chosen by; otherwise the answer says so and is seasonal naive.",
            "Periods without sales count as 0, incomplete ones at the ends do not count. Definitions: docs/forecasts.md.",
        ],
        examples: [
            "atelier forecast --horizon 14",
            "atelier forecast --by month --measure orders --level 0.9 --format csv",
            "atelier forecast --backtest",
            "atelier forecast --series visitors.csv --season 7",
        ]
    ) { invocation in
        var options = ForecastOptions()
        if let name = invocation.value(.model), name != "auto" {
            options.model = try invocation.choice(.model, ForecastModel.self)
        }
        options.horizon = try invocation.integer(.horizon, in: ForecastOptions.horizonRange)
        options.season = try invocation.integer(.season, in: ForecastOptions.seasonRange)
        if let origins = try invocation.integer(.origins, in: ForecastOptions.originRange) { options.origins = origins }
        if let text = invocation.value(.level) {
            do {
                options.levels = try ForecastOptions.levels(text)
            } catch let error as AtelierError {
                throw UsageError("--level: \(error.message)", advice: error.advice)
            }
        }
        options.isBacktest = invocation.isSet(.backtest)
        let period = try invocation.choice(.by, Forecasting.Period.self)
        let measure = try invocation.choice(.measure, Measure.self)
        let from = try invocation.day(.from)
        let to = try invocation.day(.to)
        if let from, let to, from >= to {
            throw UsageError(
                "--to: expected a day after that of --from",
                advice: "The day of --from belongs to the period, that of --to does not.")
        }
        _ = try invocation.format()
        let progress = Progress("Forecasting", isQuiet: invocation.isQuiet)
        defer { progress.finish() }
        let answer: Answer
        if let path = invocation.value(.series) {
            for option in [Option.measure, .store] where invocation.isSet(option) {
                throw UsageError("--\(option.name) is for the store's orders, not for --series")
            }
            let series = try TimeSeries(
                rows: try invocation.dateRows(path), named: path, period: period, from: from, to: to)
            answer = try Forecaster(series, options).answer(path, unit: nil)
        } else {
            let measure = measure ?? .revenue
            let series = try invocation.withStore { store in
                try TimeSeries(of: measure, in: store.database, by: period ?? .day, from: from, to: to)
            }
            answer = try Forecaster(series, options).answer(measure.title, unit: measure.unit)
        }
        progress.finish()
        try invocation.print(answer)
    }
}

extension Invocation {
    /// A file's rows: its columns `date` and `value`, or the only two it has.
    fileprivate func dateRows(_ path: String) throws -> [(line: Int, date: String, value: String)] {
        let table = try CSVTable(path: path)
        let date = table.column("date") ?? (table.names.count == 2 ? 0 : nil)
        let value = table.column("value") ?? (table.names.count == 2 ? 1 : nil)
        guard let date, let value, date != value else {
            throw AtelierError(
                .failedToParse, "expected the columns date and value; it has \(table.names.joined(separator: ", "))",
                at: "\(path):1")
        }
        if TimeSeries.day(table.names[date]) != nil {
            throw AtelierError(
                .failedToParse, "the first row has to name the columns", at: "\(path):1",
                advice: "Put a line before it: date,value")
        }
        return table.rows.map { ($0.line, $0.fields[date], $0.fields[value]) }
    }
}
