import Analytics
import BSON
import Definitions
import DocumentStore
import Glibc
import Reports
import Retail

extension Option {
    static let title = Option("title", value: "TEXT", "The report's heading; otherwise \"What the data say\"")
    static let topic = Option(
        "topic", value: "TOPIC", "Only what is about this: sales, customers, products …, graph or recommendations")
    static let at = Option(
        "at", value: "MOMENT", "The moment of computation that the report names, such as 2011-12-10; otherwise now")
    static let reportFile = Option("out", value: "FILE", "The HTML file, written whole or not at all")
}

extension Command {
    static let report = Command(
        name: "report", summary: "Write every answer into one HTML file: key figures, charts, tables, definitions",
        options: [.reportFile, .title, .topic, .parameter, .at, .aggregations, .store, .quiet],
        details: [
            "The file needs no network and no other file. It prints, and follows the reader's light or dark colours.",
            "A --param goes to every aggregation that has such a parameter. Aggregations without rows are listed at the end.",
            "The graph and the recommendations rest on all the data, whatever the parameters. The graph's drawing is\n"
                + "Graphviz's; without its program dot there is a table.",
            "Charts are drawn by Chart.js, which is put into the file: of the program's folder javascript/, or of Debian's\n"
                + "package libjs-chart.js. The same store gives the same bytes where --at is the same.",
        ],
        examples: [
            "atelier report --out report.html",
            "atelier report --out 2011.html --topic sales --param from=2011 --param to=2012 --title \"Sales in 2011\"",
        ]
    ) { invocation in
        guard let path = invocation.value(.out) else {
            throw UsageError("--out is missing: the HTML file", advice: "For example: atelier report --out report.html")
        }
        let computedAt = try moment(invocation)
        let aggregations = try ListedAggregations.readable(invocation.aggregationCatalog(), for: "report")
        if let topic = invocation.value(.topic) {
            try ListedAggregations.check(topic, of: aggregations, and: LinkSection.topics)
        }
        let options = ReportOptions(
            title: invocation.value(.title) ?? "What the data say", topic: invocation.value(.topic),
            parameters: try invocation.parameterTexts(), computedAt: computedAt)
        let library = try ChartLibrary.standard().text()
        try invocation.withStore { store in
            // The file's place is tried before the work.
            let output = try Output(file: path)
            let progress = Progress("Writing the report", counting: "questions", isQuiet: invocation.isQuiet)
            defer { progress.finish() }
            var count = 0
            let report = try UsageError.rethrowing([.badValue, .typeMismatch]) {
                try ReportBuilder(database: store.database, options: options).build(aggregations) { name in
                    progress.advance(to: count, of: name)
                    count += 1
                }
            }
            try output.write(ReportPage(report, chartLibrary: library).html)
            try output.finish()
            progress.finish()
            guard !invocation.isQuiet else { return }
            let answers = report.topics.reduce(0) { $0 + $1.answers.count }
            var parts = report.links.map { section in
                let count = section.exhibits.count
                return
                    "\(section.topic): \(count == 0 ? "nothing to show" : count == 1 ? "1 exhibit" : "\(count) exhibits")"
            }
            let left = report.omissions.isEmpty ? "" : ", \(report.omissions.count) without (listed at its end)"
            if answers > 0 || parts.isEmpty { parts.insert("\(answers) questions with answers\(left)", at: 0) }
            Messages.say("Wrote \(path): \(parts.joined(separator: "; "))")
        }
    }

    private static func moment(_ invocation: Invocation) throws -> Int64 {
        guard let text = invocation.value(.at) else {
            var time = timespec()
            clock_gettime(CLOCK_REALTIME, &time)
            return Int64(time.tv_sec) * 1000
        }
        let parameter = Parameter(name: "at", type: .date, description: "The moment of computation")
        return try UsageError.rethrowing { try parameter.value(parsing: text).dateValue ?? 0 }
    }
}

/// Where Chart.js is: one script that the report takes into itself.
struct ChartLibrary {
    /// The places it may be at, the first that exists counts.
    let paths: [String]

    /// The program's own folder `javascript/` and Debian's package.
    static func standard() -> ChartLibrary {
        let own = (try? ResourceLocator.current.folder("javascript")).map { $0 + "/chart.min.js" }
        return ChartLibrary(paths: [own].compactMap(\.self) + ["/usr/share/javascript/chart.js/chart.min.js"])
    }

    /// - Throws: `fileOpenFailed` with the package to install where it is at none of them.
    func text() throws -> String {
        guard let path = paths.first(where: { access($0, R_OK) == 0 }) else {
            throw AtelierError(
                .fileOpenFailed,
                "the chart library Chart.js was not found; looked at: \(paths.joined(separator: ", "))",
                advice: "Install it: apt-get install libjs-chart.js")
        }
        return String(decoding: try Files.contents(of: path), as: UTF8.self)
    }
}
