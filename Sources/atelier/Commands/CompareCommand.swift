import Analytics
import BSON
import Comparison

extension Option {
    static let runs = Option("runs", value: "N", "Warm runs of each question, 1 to 1000; 7")
    static let comparisonSeed = Option(
        "seed", value: "N", "Another number asks in other orders, and generates another shop; 1")
    static let plans = Option("plans", "Show too how each side finds its answer; for JSON")
}

extension Command {
    static let compare = Command(
        name: "compare", summary: "Ask the same of documents and of tables in SQL, and compare answers and times",
        operands: [
            Operand("NAME", "A saved aggregation; without, all of them", isOptional: true, isRepeatable: true)
        ],
        options: [
            .compared, .sizes, .sql, .models, .documents, .replace, .runs, .comparisonSeed, .timeout, .plans,
            .comparisonReport, .store, .aggregations,
        ] + Option.output,
        details: [
            "Puts the store's documents into normalised tables, by the relational mappings in collections/, with their keys, "
                + "foreign keys and indexes, and asks every saved aggregation of the documents and its SQL twin of the tables. "
                + "Rows are compared one by one; only a question with equal answers is timed, otherwise the exit status is 1.",
            "cold is the first run after the files were opened and dropped from the system's cache, warm are the runs after "
                + "that, in an order shuffled for every round. Questions where documents lose the most come first.",
            "A field that no column holds is an error: tables would lose it.",
            "json keeps the documents in SQLite and PostgreSQL, with views over them that are like the tables; the same statements "
                + "ask these. A server keeps what it was given, in the schema or database atelier_comparison unless its "
                + "address says otherwise; exit status 3 says that one does not answer.",
            "--of workloads measures loading, reads and writes by key, and changes of the schema, on copies that go afterwards.",
            "--orders compares generated shops in temporary files instead of the store; given more than once, how times grow.",
        ],
        examples: [
            "atelier compare", "atelier compare top-products revenue-by-month --runs 20",
            "atelier compare --of workloads", "atelier compare --of all --report comparison.html",
            "atelier compare top-products --orders 100 --orders 1000 --report growth.html",
            "atelier compare --sql sqlite=shop.sqlite --replace --format json --out comparison.json",
            "atelier compare --sql sqlite --sql postgresql=postgresql://me@localhost/test --models tables --plans --format json",
        ]
    ) { invocation in
        let format = try invocation.format()
        let isNested = format == .json || format == .ndjson
        let run = try ComparisonRun(invocation)
        try run.parts.check(format)
        if run.hasPlans, !isNested {
            throw UsageError("--plans is for --format json and ndjson", advice: "A page of --report shows plans too.")
        }
        let sizes = try invocation.comparedSizes()
        // The file's place is tried before the work.
        let page = try invocation.value(.comparisonReport).map { try ComparisonFile($0) }
        let progress = Progress("Comparing", counting: "rows", isQuiet: invocation.isQuiet)
        defer { progress.finish() }
        let results =
            sizes.isEmpty
            ? [try run.compare(invocation.storeLocation, progress: progress)]
            : try sizes.map { try run.compare(orders: $0, isFirst: $0 == sizes[0], progress: progress) }
        guard let last = results.last else { return }
        let growth = sizes.count > 1 ? Growth.all(results.map(\.size)) : []
        if let page {
            var report = last.report
            report.growth = growth
            try page.write(report)
        }
        progress.finish()
        if let page, !invocation.isQuiet { Messages.say("Wrote \(page.path)") }
        try invocation.print(results, growth, run, isNested: isNested)
        if let error = results.lazy.compactMap(\.inequality).first { throw error }
    }

    /// What a question took on each side.
    static func questions(_ results: [ComparisonResult], _ run: ComparisonRun, isNested: Bool) -> PrintedRows {
        PrintedRows(
            RowDescription(
                columns: isNested ? nil : comparisonColumns,
                footnotes: [
                    "\(Progress.grouped(results.last?.loaded ?? 0)) rows and documents loaded; \(run.runs) warm runs in orders of "
                        + "seed \(run.seed); times in ms; cold where no server keeps what it has read."
                ] + (results.last?.notes ?? [])),
            results.flatMap { result in
                result.size.measurements.joined().map { row($0, orders: result.orders, run, isNested: isNested) }
            })
    }

    private static let comparisonColumns = [
        Column(name: "question", type: .string, title: "Question"),
        Column(name: "database", type: .string, title: "Database"),
        Column(name: "model", type: .string, title: "Model"),
        Column(name: "rows", type: .integer, title: "Rows"),
        Column(name: "equal", type: .boolean, title: "Equal"),
        Column(name: "coldMs", type: .number, title: "Cold"),
        Column(name: "warmMedianMs", type: .number, title: "Warm"),
        Column(name: "warmP90Ms", type: .number, title: "Warm, 90 %"),
        Column(name: "bytesOnDisk", type: .integer, title: "On disk"),
        Column(name: "queryBytes", type: .integer, title: "Query"),
        Column(name: "joins", type: .integer, title: "Joins"),
        Column(name: "note", type: .string, title: "Note"),
    ]

    private static func row(
        _ measurement: QuestionComparison.Measurement, orders: Int?, _ run: ComparisonRun, isNested: Bool
    ) -> Document {
        func rounded(_ milliseconds: Double?) -> BSONValue {
            milliseconds.map { .double(($0 * 1000).rounded() / 1000) } ?? .null
        }
        let median = rounded(measurement.warmMs?.median)
        let p90 = rounded(measurement.warmMs?.p90)
        let warm: [(String, BSONValue)] =
            if isNested {
                [("warmMs", measurement.warmMs == nil ? .null : .document(["median": median, "p90": p90]))]
            } else {
                [("warmMedianMs", median), ("warmP90Ms", p90)]
            }
        let note: BSONValue = measurement.isOverTime ? .string("no answer within \(run.timeout) s") : .null
        var nested: [(String, BSONValue)] = [
            ("runs", .integer(measurement.runs)),
            ("peakMemoryBytes", measurement.peakMemory.map { .integer($0) } ?? .null),
        ]
        if let orders { nested.append(("orders", .integer(orders))) }
        let plan = BSONValue.array(BSONArray(measurement.plan.map { .string($0) }))
        return Document(
            [
                ("question", .string(measurement.question)), ("database", .string(measurement.database)),
                ("model", .string(measurement.model.rawValue)),
                ("rows", measurement.rows.map { .integer($0) } ?? .null),
                ("equal", measurement.isEqual.map { .bool($0) } ?? .null), ("coldMs", rounded(measurement.coldMs)),
            ] + warm + [
                ("bytesOnDisk", .integer(measurement.bytesOnDisk)), ("queryBytes", .integer(measurement.queryBytes)),
                ("joins", .integer(measurement.joins)), ("note", note),
            ] + (isNested ? nested : []) + (run.hasPlans ? [("plan", plan)] : []))
    }

    static func inequality(
        _ unequal: [(name: String, side: Side, differences: [RowDifference])], of count: Int
    ) -> AtelierError? {
        guard !unequal.isEmpty else { return nil }
        let places = unequal.map { name, side, differences in
            let shown = differences.prefix(3).map(\.description).joined(separator: "; ")
            return "\(name) of \(side.database), \(side.model.rawValue): \(shown)"
                + (differences.count > 3 ? "; and \(differences.count - 3) more" : "")
        }
        let names = Set(unequal.map(\.name)).count
        return AtelierError(
            .illegalOperation,
            "\(names) of \(count) questions have other answers than the documents give\n  "
                + places.joined(separator: "\n  "))
    }
}

extension Invocation {
    func comparedAggregations() throws -> [SavedAggregation] {
        try UsageError.rethrowing {
            let catalog = try aggregationCatalog()
            return try (operands.isEmpty ? catalog.names : operands).map { try catalog.aggregation(named: $0) }
        }
    }
}

extension QuestionComparison {
    /// Who answered, and with which settings.
    func footnotes() throws -> [String] {
        var notes: [String] = []
        if isUnoptimised { notes.append("This program was built without optimisation: its own times say little.") }
        for description in try descriptions() {
            let settings = description.settings.isEmpty ? "" : ": " + description.settings.joined(separator: ", ")
            let version = description.version.isEmpty ? Program.version : description.version
            let note = "\(description.title) \(version)\(settings)."
            if !notes.contains(note) { notes.append(note) }
        }
        return notes
    }
}
