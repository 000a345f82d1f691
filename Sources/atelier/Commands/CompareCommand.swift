import Analytics
import BSON
import Comparison
import DocumentStore
import Glibc
import Retail

extension Option {
    fileprivate static let runs = Option("runs", value: "N", "Warm runs of each question, 1 to 1000; 7")
    fileprivate static let seed = Option("seed", value: "N", "Another number asks in other orders; 1")
    fileprivate static let plans = Option("plans", "Show too how each side finds its answer; for JSON")
}

extension Command {
    static let compare = Command(
        name: "compare", summary: "Ask the same of documents and of tables in SQL, and compare answers and times",
        operands: [
            Operand("NAME", "A saved aggregation; without, all of them", isOptional: true, isRepeatable: true)
        ],
        options: [
            .compared, .sql, .models, .documents, .replace, .runs, .seed, .timeout, .plans, .comparisonReport, .store,
            .aggregations,
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
        ],
        examples: [
            "atelier compare", "atelier compare top-products revenue-by-month --runs 20",
            "atelier compare --of workloads", "atelier compare --of all --report comparison.html",
            "atelier compare --sql sqlite=shop.sqlite --replace --format json --out comparison.json",
            "atelier compare --sql sqlite --sql postgresql=postgresql://me@localhost/test --models tables --plans --format json",
        ]
    ) { invocation in
        let parts = try ComparisonParts(invocation)
        let format = try invocation.format()
        try parts.check(format)
        let runs = try invocation.integer(.runs, in: 1...1000) ?? 7
        let seed = try invocation.integer(.seed, in: 0...Int.max) ?? 1
        let aggregations = try invocation.comparedAggregations()
        // The file's place is tried before the work.
        let page = try invocation.value(.comparisonReport).map { try ComparisonFile($0) }
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let sides = try ComparedSides(invocation) { folder.file($0) }
        let timeout = try invocation.integer(.timeout, in: 1...86400) ?? 60
        let isNested = format == .json || format == .ndjson
        if invocation.isSet(.plans), !isNested {
            throw UsageError("--plans is for --format json and ndjson", advice: "A page of --report shows plans too.")
        }
        var comparison = try QuestionComparison(
            parts.hasQuestions ? aggregations : [], catalog: CollectionCatalog.standard(), sides: sides.all,
            timeLimit: Double(timeout))
        if parts.hasQuestions { try sides.tryServers() }
        let progress = Progress("Comparing", counting: "rows", isQuiet: invocation.isQuiet)
        defer { progress.finish() }
        var loaded = 0
        var workloads: [[WorkloadMeasurement]] = []
        try invocation.withStore { store in
            try invocation.requireDocuments(in: store)
            if parts.hasQuestions {
                for (side, replacing) in sides.loaded {
                    let before = loaded
                    loaded += try comparison.load(side, from: store, replacing: replacing) {
                        progress.advance(to: before + $0, of: "loading \(side.database), \(side.model.rawValue)")
                    }
                }
            }
            if parts.hasWorkloads {
                workloads = try invocation.workloads(of: store, in: folder, seed: UInt64(seed)) {
                    progress.advance(to: loaded, of: $0)
                }
            }
        }
        var pairs: [[QuestionComparison.Measurement]] = []
        if parts.hasQuestions {
            try comparison.check { _ in progress.advance(to: loaded, of: "comparing answers") }
            pairs = try comparison.time(runs: runs, seed: UInt64(seed), plans: page != nil || invocation.isSet(.plans))
            { round in
                progress.advance(to: loaded, of: "round \(round) of \(runs)")
            }
        }
        if let page {
            var report = try comparison.report(
                pairs, title: "Documents against tables", version: Program.version, computedAt: ComparisonFile.now(),
                facts: [("Store", StoreUnavailable.place(invocation.storeLocation)), ("Seed", "\(seed)")]
                    + (parts.hasQuestions
                        ? [("Rows and documents loaded", Progress.grouped(loaded)), ("Warm runs", "\(runs)")] : []))
            report.workloads = workloads
            try page.write(report)
        }
        progress.finish()
        if let page, !invocation.isQuiet { Messages.say("Wrote \(page.path)") }
        let questions = PrintedRows(
            RowDescription(
                columns: isNested ? nil : Command.comparisonColumns,
                footnotes: [
                    "\(Progress.grouped(loaded)) rows and documents loaded; \(runs) warm runs in orders of seed \(seed); times in ms; "
                        + "cold where no server keeps what it has read."
                ] + (parts.hasQuestions ? try comparison.footnotes() : [])),
            pairs.joined().map { Command.row($0, isNested: isNested, hasPlans: invocation.isSet(.plans), timeout) })
        try invocation.printTables(
            (parts.hasQuestions ? [questions] : [])
                + (parts.hasWorkloads ? [.workloads(workloads, isNested: isNested)] : []),
            isNested: isNested)
        if let error = Command.inequality(comparison.unequal, of: aggregations.count)
            ?? WorkloadMeasurement.inequality(workloads)
        {
            throw error
        }
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
        _ measurement: QuestionComparison.Measurement, isNested: Bool, hasPlans: Bool, _ timeout: Int
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
        let note: BSONValue = measurement.isOverTime ? .string("no answer within \(timeout) s") : .null
        let nested: [(String, BSONValue)] = [
            ("runs", .integer(measurement.runs)),
            ("peakMemoryBytes", measurement.peakMemory.map { .integer($0) } ?? .null),
        ]
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
            ] + (isNested ? nested : []) + (hasPlans ? [("plan", plan)] : []))
    }

    private static func inequality(
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
    fileprivate func comparedAggregations() throws -> [SavedAggregation] {
        try UsageError.rethrowing {
            let catalog = try aggregationCatalog()
            return try (operands.isEmpty ? catalog.names : operands).map { try catalog.aggregation(named: $0) }
        }
    }
}

extension QuestionComparison {
    /// Who answered, and with which settings.
    fileprivate func footnotes() throws -> [String] {
        var notes: [String] = []
        for description in try descriptions() {
            let settings = description.settings.isEmpty ? "" : ": " + description.settings.joined(separator: ", ")
            let version = description.version.isEmpty ? Program.version : description.version
            let note = "\(description.title) \(version)\(settings)."
            if !notes.contains(note) { notes.append(note) }
        }
        return notes
    }
}
