import Analytics
import BSON
import DocumentStore
import Glibc
import Retail

extension Command {
    static let quality = Command(
        name: "quality", summary: "Check the documents: what is missing, doubtful or wrong, and how often",
        operands: [
            Operand(
                "COLLECTION", "A collection; without, all that have a definition", isOptional: true, isRepeatable: true)
        ],
        options: [.passed, .asOf, .failOn, .store] + Option.output,
        details: [
            "Looks for optional fields without a value, documents that the validator refuses and why, dates in the future, "
                + "references that lead nowhere, the same thing twice, rows that importers rejected, and what the definitions in "
                + "collections/ call a fault.",
            "A finding names at most two documents, by their ids: the least and the greatest. The exit status is 0 whatever is "
                + "found, unless --fail-on says otherwise.",
        ],
        examples: [
            "atelier quality", "atelier quality orders reviews --format csv --out quality.csv",
            "atelier quality --fail-on error --quiet",
        ]
    ) { invocation in
        _ = try invocation.format()
        let limit = try invocation.failOn()
        let now = try invocation.asOf()
        let catalog = try CollectionCatalog.standard()
        try invocation.withStore { store in
            let progress = Progress("Checking", counting: "collections", isQuiet: invocation.isQuiet)
            defer { progress.finish() }
            let names = invocation.operands.isEmpty ? nil : invocation.operands
            let report = try UsageError.rethrowing([.namespaceNotFound]) {
                try QualityReport(of: names, in: store.database, catalog: catalog, now: now) {
                    progress.advance(to: $0, of: $1)
                }
            }
            progress.finish()
            let findings = invocation.isSet(.passed) ? report.findings : report.problems
            let rows = RowDescription(columns: columns, footnotes: [summary(of: report)])
            try invocation.printRows(rows) { write in
                for finding in findings { try finding.document.withView(write) }
            }
            let worst = report.problems.filter { finding in limit.map { finding.severity >= $0 } ?? false }
            if let limit, !worst.isEmpty {
                throw AtelierError(
                    .documentValidationFailure,
                    "\(worst.count) checks found faults of severity \(limit.rawValue)\(limit == .error ? "" : " or worse")"
                )
            }
        }
    }

    private static let columns = [
        Column(name: "severity", type: .string, title: "Severity"),
        Column(name: "collection", type: .string, title: "Collection"),
        Column(name: "check", type: .string, title: "Check"),
        Column(name: "field", type: .string, title: "Field"),
        Column(name: "count", type: .integer, title: "Count"),
        Column(name: "of", type: .integer, title: "Of"),
        Column(name: "share", type: .number, unit: .ratio, title: "Share"),
        Column(name: "examples", type: .array, title: "Examples"),
        Column(name: "says", type: .string, title: "What it means"),
    ]

    private static func summary(of report: QualityReport) -> String {
        let documents = report.documents.reduce(0) { $0 + $1.count }
        return "\(Progress.grouped(documents)) documents in \(report.documents.count) collections, "
            + "\(Progress.grouped(report.findings.count)) checks"
    }
}

extension Option {
    fileprivate static let passed = Option("passed", "Show the checks that found nothing, too")
    fileprivate static let asOf = Option(
        "as-of", value: "DATE", "Dates after it lie in the future; otherwise the present moment")
    fileprivate static let failOn = Option(
        "fail-on", value: "SEVERITY",
        "End with status 1 where something of this severity is found, or worse: info, warning, error")
}

extension Invocation {
    fileprivate func failOn() throws -> QualityFinding.Severity? {
        guard let name = value(.failOn) else { return nil }
        if let severity = QualityFinding.Severity(rawValue: name) { return severity }
        let names = QualityFinding.Severity.allCases.map(\.rawValue)
        let nearest = nearestName(to: name, among: names).map { "Did you mean \($0)? " } ?? ""
        throw UsageError(
            "--fail-on: there is no severity \(name)", advice: nearest + "There are \(names.joined(separator: ", ")).")
    }

    /// Milliseconds since 1970-01-01.
    fileprivate func asOf() throws -> Int64 {
        guard let text = value(.asOf) else {
            var time = timespec()
            clock_gettime(CLOCK_REALTIME, &time)
            return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
        }
        let date = Parameter(name: "as-of", type: .date, description: "")
        guard case .date(let milliseconds) = try UsageError.rethrowing({ try date.value(parsing: text) }) else {
            throw UsageError("--as-of: expected a date such as 2010-03-15")
        }
        return milliseconds
    }
}
