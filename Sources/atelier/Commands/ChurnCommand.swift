import Analytics
import BSON
import CustomerModels
import DocumentStore

extension Option {
    fileprivate static let cutoff = Option(
        "cutoff", value: "DATE", "Look as if it were that day; otherwise the day after the last order")
    fileprivate static let report = Option("report", "How well churn is predicted, instead of the customers")
    fileprivate static let activeDays = Option(
        "active-days", value: "N", "Leave out who did not order for longer: they are gone already; 365")
    fileprivate static let seed = Option("seed", value: "N", "Another number draws other samples; 1")
}

extension Command {
    static let churn = Command(
        name: "churn", summary: "Find the customers who are likely to stay away, and why",
        options: [.horizonDays, .cutoff, .activeDays, .limit, .report, .seed, .store] + Option.output,
        details: [
            "Churn is no order within --horizon-days (90) from the cut-off on. Boosted trees learn it one horizon earlier, from "
                + "what was known then: orders, gaps, baskets, returns, reviews, views, design sessions.",
            "--report judges the same on the last horizon of which all is known, against simpler guesses: ranking (AUC), "
                + "probabilities (Brier score, calibration), lift by tenths, and what drives it.",
        ],
        examples: ["atelier churn --limit 20", "atelier churn --horizon-days 60 --report"]
    ) { invocation in
        let options = ChurnOptions(
            horizon: try invocation.integer(.horizonDays, in: 1...3650) ?? 90,
            activeDays: try invocation.integer(.activeDays, in: 1...36_500) ?? 365,
            seed: UInt32(try invocation.integer(.seed, in: 0...Int(Int32.max)) ?? 1))
        let limit = try invocation.integer(.limit, in: 1...Int.max)
        let cutoff = try invocation.day(.cutoff)
        if invocation.isSet(.report) && limit != nil { throw UsageError("--limit is for customers, not for --report") }
        _ = try invocation.format()
        try invocation.withStore { store in
            try store.database.collection("orders").requireExistence()
            let progress = Progress("Reading", counting: "documents", isQuiet: invocation.isQuiet)
            defer { progress.finish() }
            let log = try ActivityLog(reading: store.database) { progress.advance(to: $0, of: $1) }
            if invocation.isSet(.report) {
                let report = try ChurnReport(log, before: cutoff, options)
                progress.finish()
                try ChurnReportText(report).print(invocation)
            } else {
                let found = try ChurnModel.risks(log, on: cutoff, options)
                progress.finish()
                try printRisks(found, options, limit, invocation)
            }
        }
    }

    private static func printRisks(
        _ found: (risks: [ChurnRisk], model: ChurnModel, day: Int), _ options: ChurnOptions, _ limit: Int?,
        _ invocation: Invocation
    ) throws {
        var rows = RowDescription(
            heading: "Who may not order in the \(options.horizon) days from \(dayText(found.day)) on",
            columns: [
                Column(name: "customerId", type: .string, title: "Customer"),
                Column(name: "probability", type: .number, unit: .ratio, title: "Churn"),
                Column(name: "lastOrder", type: .string, title: "Last order"),
                Column(name: "orders", type: .integer, title: "Orders"),
                Column(name: "revenue", type: .decimal, unit: .currency, title: "Revenue"),
                Column(name: "drivers", type: .string, title: "Because of"),
            ])
        rows.maximumTableRows = limit ?? 20
        rows.howToSeeMore = "--limit N shows more, --format csv or json prints all"
        rows.footnotes = [
            "\(Progress.grouped(found.risks.count)) customers ordered in the \(options.activeDays) days before. Learnt from "
                + "\(Progress.grouped(found.model.trainingCustomers)) customers as of \(dayText(found.model.trainingDay)), of "
                + "whom \(rounded(found.model.trainingRate * 100, 1)) % stayed away; seed \(options.seed).",
            "atelier churn --report says how far to trust this.",
        ]
        let format = try invocation.format()
        let isJSON = format == .json || format == .ndjson
        try invocation.printRows(rows) { write in
            for risk in found.risks.prefix(limit ?? Int.max) {
                var row = risk.document()
                if !isJSON { row = row.setting("drivers", .string(risk.driverText(3))) }
                try row.withView(write)
            }
        }
    }
}

extension ChurnRisk {
    /// The strongest drivers as text, such as `↑ days since the last order 212`.
    fileprivate func driverText(_ count: Int) -> String {
        drivers.prefix(count).filter { abs($0.contribution) >= 0.05 }.map { driver in
            let value = driver.value.isNaN ? "none" : rounded(driver.value, driver.value.magnitude < 10 ? 1 : 0)
            return "\(driver.contribution > 0 ? "↑" : "↓") \(driver.feature.title.loweringFirst) \(value)"
        }.joined(separator: ", ")
    }
}

extension String {
    fileprivate var loweringFirst: String { prefix(1).lowercased() + dropFirst() }
}

/// What `atelier churn --report` prints: tables for people, and rows that each name their section for programs.
private struct ChurnReportText {
    let report: ChurnReport

    init(_ report: ChurnReport) { self.report = report }

    func print(_ invocation: Invocation) throws {
        let format = try invocation.format()
        let output = try invocation.output()
        if format == .table || format == .markdown {
            for (place, section) in sections.enumerated() {
                if place > 0 { try output.write("\n") }
                let columns = section.columns
                var rows = RowDescription(heading: section.title, columns: columns)
                if place == 0 { rows.footnotes = verdict }
                let writer = format.writer(to: output, rows, isQuiet: invocation.isQuiet)
                for row in section.rows { try Document(row).withView(writer.write) }
                try writer.finish()
            }
        } else {
            var columns = [Column(name: "section", type: .string)]
            for column in sections.flatMap(\.columns) where !columns.contains(where: { $0.name == column.name }) {
                columns.append(column)
            }
            let writer = format.writer(to: output, RowDescription(columns: columns), isQuiet: invocation.isQuiet)
            for section in sections {
                for row in section.rows {
                    try Document([("section", .string(section.name))] + row).withView(writer.write)
                }
            }
            try writer.finish()
        }
        try output.finish()
    }

    private struct Section {
        let name: String
        let title: String
        let columns: [Column]
        let rows: [[(String, BSONValue)]]
    }

    private var verdict: [String] {
        let interval =
            "\(rounded(report.advantageInterval.lowerBound, 3)) to \(rounded(report.advantageInterval.upperBound, 3))"
        let difference = "AUC \(rounded(report.advantage, 3)) more than the better of the two, 95 % \(interval)"
        return [
            "Learnt from \(Progress.grouped(report.trainingCustomers)) customers as of \(dayText(report.trainingDay)) with "
                + "\(report.rounds) trees; judged on \(Progress.grouped(report.judgedCustomers)) as of "
                + "\(dayText(report.judgingDay)), of whom \(rounded(report.rate * 100, 1)) % stayed away for "
                + "\(report.horizon) days.",
            report.beatsBaselines
                ? "The model ranks better than both simple guesses (\(difference))."
                : "The model does not rank better than the simple guesses, beyond chance (\(difference)).",
        ]
    }

    private var sections: [Section] { [quality, calibration, lift, drivers] }

    private var quality: Section {
        func row(_ name: String, _ quality: ScoreQuality) -> [(String, BSONValue)] {
            [
                ("predictor", .string(name)), ("auc", .double(quality.auc)),
                ("aucLow", .double(quality.aucInterval.lowerBound)),
                ("aucHigh", .double(quality.aucInterval.upperBound)), ("brier", .double(quality.brier)),
                ("logLoss", .double(quality.logLoss)),
            ]
        }
        var rows = [row("boosted trees", report.model), row("days since the last order", report.recency)]
        if let purchases = report.purchases { rows.append(row("BG/NBD", purchases)) }
        return Section(
            name: "quality", title: "How well churn is predicted",
            columns: [
                Column(name: "predictor", type: .string, title: "Predictor"),
                Column(name: "auc", type: .number, title: "AUC"),
                Column(name: "aucLow", type: .number, title: "from (95 %)"),
                Column(name: "aucHigh", type: .number, title: "to"),
                Column(name: "brier", type: .number, title: "Brier"),
                Column(name: "logLoss", type: .number, title: "Log loss"),
            ], rows: rows)
    }

    private var calibration: Section {
        Section(
            name: "calibration", title: "Predicted and actual churn",
            columns: [
                Column(name: "probability", type: .string, title: "Probability"),
                Column(name: "customers", type: .integer, title: "Customers"),
                Column(name: "predicted", type: .number, unit: .ratio, title: "Predicted"),
                Column(name: "actual", type: .number, unit: .ratio, title: "Actual"),
            ],
            rows: report.bins.map { bin in
                [
                    ("probability", .string("\(rounded(bin.range.lowerBound, 1))–\(rounded(bin.range.upperBound, 1))")),
                    ("customers", .integer(bin.customers)), ("predicted", .double(bin.predicted)),
                    ("actual", .double(bin.actual)),
                ]
            })
    }

    private var lift: Section {
        Section(
            name: "lift", title: "Churn by tenths of the customers, the likeliest first",
            columns: [
                Column(name: "decile", type: .integer, title: "Tenth"),
                Column(name: "customers", type: .integer, title: "Customers"),
                Column(name: "churned", type: .integer, title: "Churned"),
                Column(name: "lift", type: .number, title: "Lift"),
                Column(name: "captured", type: .number, unit: .ratio, title: "Of all churn so far"),
            ],
            rows: report.deciles.map { decile in
                [
                    ("decile", .integer(decile.number)), ("customers", .integer(decile.customers)),
                    ("churned", .integer(decile.churned)), ("lift", .double(decile.lift)),
                    ("captured", .double(decile.captured)),
                ]
            })
    }

    private var drivers: Section {
        Section(
            name: "drivers", title: "What drives it",
            columns: [
                Column(name: "feature", type: .string, title: "Feature"),
                Column(name: "gain", type: .number, unit: .ratio, title: "Gain"),
                Column(name: "meanContribution", type: .number, title: "Mean |SHAP|"),
                Column(name: "direction", type: .number, title: "Direction"),
            ],
            rows: report.importance.map { importance in
                [
                    ("feature", .string(importance.feature.title)), ("gain", .double(importance.gain)),
                    ("meanContribution", .double(importance.meanContribution)),
                    ("direction", .double(importance.direction)),
                ]
            })
    }
}
