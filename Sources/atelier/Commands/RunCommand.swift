import Analytics
import BSON
import Glibc
import Reports

extension Option {
    static let chart = Option("chart", "Draw the chart below the table, also where the output is no terminal")
    static let noChart = Option("no-chart", "The table only")
}

extension Command {
    static let run = Command(
        name: "run", summary: "Answer a saved aggregation",
        operands: [Operand("NAME", "An aggregation; `atelier list` lists them")],
        options: [.parameter, .chart, .noChart, .store, .aggregations] + Option.output,
        details: [
            "A table rounds money to two places and shows ratios in percent; csv, json and ndjson hold every digit.",
            "On a terminal the aggregation's chart stands below its table: lines and sparklines, bars, shaded grids, points.\n"
                + "They are made of ASCII characters where the locale (LC_ALL, LC_CTYPE, LANG) is not UTF-8, and have no colours\n"
                + "where NO_COLOR is set.",
        ],
        examples: [
            "atelier run revenue-by-month --param knownCustomersOnly=true",
            "atelier run top-products --param limit=3 --format csv --out top.csv",
            "atelier run revenue-by-country --chart > countries.txt",
        ]
    ) { invocation in
        let name = invocation.operands[0]
        let aggregation = try UsageError.rethrowing { try invocation.aggregationCatalog().aggregation(named: name) }
        let arguments = try invocation.arguments(of: aggregation)
        let hasChart = try invocation.wantsChart()
        try invocation.withStore { store in
            var rows = RowDescription(heading: aggregation.title, columns: aggregation.columns)
            var drawn: [Document] = []
            if hasChart {
                let style = ChartStyle.standard(invocation.value(.out) == nil ? STDOUT_FILENO : -1)
                rows.appendix = { width in
                    Figure(aggregation, rows: drawn).map { ChartText($0, style: style, width: width).lines() } ?? []
                }
            }
            let progress = Progress("Running \(name)", isQuiet: invocation.isQuiet)
            defer { progress.finish() }
            try invocation.printRows(rows) { write in
                let show: (DocumentView) throws -> Void = { row in
                    if hasChart && drawn.count < Report.Answer.maximumRows { drawn.append(Document(copying: row)) }
                    try write(row)
                }
                try aggregation.run(arguments, on: store.database).rows.forEachDocument(show)
                progress.finish()
            }
        }
    }
}

extension Invocation {
    /// Whether a chart is drawn: as asked, otherwise below a table on a terminal.
    fileprivate func wantsChart() throws -> Bool {
        let format = try format()
        if isSet(.chart) {
            if isSet(.noChart) { throw UsageError("--chart and --no-chart contradict each other") }
            guard format == .table else {
                throw UsageError(
                    "--chart is for tables", advice: "Leave out --format \(format.rawValue), or --chart.")
            }
            return true
        }
        return format == .table && !isSet(.noChart) && !isQuiet && value(.out) == nil
            && Terminal.isTerminal(STDOUT_FILENO)
    }
}
