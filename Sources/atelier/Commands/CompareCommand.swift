import Analytics
import BSON
import Comparison
import DocumentStore
import Glibc
import Retail

extension Option {
    fileprivate static let sql = Option(
        "sql", value: "sqlite[=FILE]",
        "The database with the tables: SQLite, in a temporary file, or in FILE, which is kept; sqlite")
    fileprivate static let replace = Option("replace", "Replace the tables that FILE holds already")
    fileprivate static let runs = Option("runs", value: "N", "Warm runs of each question, 1 to 1000; 7")
    fileprivate static let seed = Option("seed", value: "N", "Another number asks in other orders; 1")
}

extension Command {
    static let compare = Command(
        name: "compare", summary: "Ask the same of documents and of tables in SQL, and compare answers and times",
        operands: [
            Operand("NAME", "A saved aggregation; without, all of them", isOptional: true, isRepeatable: true)
        ],
        options: [.compared, .sql, .replace, .runs, .seed, .comparisonReport, .store, .aggregations] + Option.output,
        details: [
            "Puts the store's documents into normalised tables, by the relational mappings in collections/, with their keys, "
                + "foreign keys and indexes, and asks every saved aggregation of the documents and its SQL twin of the tables. "
                + "Rows are compared one by one; only a question with equal answers is timed, otherwise the exit status is 1.",
            "cold is the first run after the files were opened and dropped from the system's cache, warm are the runs after "
                + "that, in an order shuffled for every round. Questions where documents lose the most come first.",
            "A field that no column holds is an error: tables would lose it.",
            "--of workloads measures loading, reads and writes by key, and changes of the schema, on copies that go afterwards.",
        ],
        examples: [
            "atelier compare", "atelier compare top-products revenue-by-month --runs 20",
            "atelier compare --of workloads", "atelier compare --of all --report comparison.html",
            "atelier compare --sql sqlite=shop.sqlite --replace --format json --out comparison.json",
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
        let tables = try invocation.tablesFile(in: folder)
        let target = SQLTarget(.sqlite, at: tables.path)
        var comparison = try QuestionComparison(
            parts.hasQuestions ? aggregations : [], catalog: CollectionCatalog.standard(),
            sides: [.documents(in: invocation.storeLocation), .tables(in: target)])
        let progress = Progress("Comparing", counting: "rows", isQuiet: invocation.isQuiet)
        defer { progress.finish() }
        var loaded = 0
        var workloads: [[WorkloadMeasurement]] = []
        try invocation.withStore { store in
            try invocation.requireDocuments(in: store)
            if parts.hasQuestions {
                loaded = try comparison.load(
                    .tables(in: target), from: store, replacing: invocation.isSet(.replace) || tables.isTemporary
                ) { progress.advance(to: $0, of: "loading tables") }
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
            pairs = try comparison.time(runs: runs, seed: UInt64(seed), plans: page != nil) { round in
                progress.advance(to: loaded, of: "round \(round) of \(runs)")
            }
        }
        if let page {
            var report = try comparison.report(
                pairs, title: "Documents against tables", version: Program.version, computedAt: ComparisonFile.now(),
                facts: [("Store", StoreUnavailable.place(invocation.storeLocation)), ("Seed", "\(seed)")]
                    + (parts.hasQuestions
                        ? [("Rows in tables", Progress.grouped(loaded)), ("Warm runs", "\(runs)")] : []))
            report.workloads = workloads
            try page.write(report)
        }
        progress.finish()
        if let page, !invocation.isQuiet { Messages.say("Wrote \(page.path)") }
        let isNested = format == .json || format == .ndjson
        let questions = PrintedRows(
            RowDescription(
                columns: isNested ? nil : Command.comparisonColumns,
                footnotes: [
                    "\(Progress.grouped(loaded)) rows in tables; \(runs) warm runs in orders of seed \(seed); times in ms.",
                    "SQLite \(SQLiteDatabase.version): one connection, cache 256 MiB, memory-mapped up to 2 GiB, statistics "
                        + "gathered. Both only read.",
                ]), pairs.joined().map { Command.row($0, isNested: isNested) })
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
    ]

    private static func row(_ measurement: QuestionComparison.Measurement, isNested: Bool) -> Document {
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
        return Document(
            [
                ("question", .string(measurement.question)), ("database", .string(measurement.database)),
                ("model", .string(measurement.model.rawValue)),
                ("rows", measurement.rows.map { .integer($0) } ?? .null),
                ("equal", measurement.isEqual.map { .bool($0) } ?? .null), ("coldMs", rounded(measurement.coldMs)),
            ] + warm + [
                ("bytesOnDisk", .integer(measurement.bytesOnDisk)), ("queryBytes", .integer(measurement.queryBytes)),
                ("joins", .integer(measurement.joins)),
            ])
    }

    private static func inequality(
        _ unequal: [(name: String, side: Side, differences: [RowDifference])], of count: Int
    ) -> AtelierError? {
        guard !unequal.isEmpty else { return nil }
        let places = unequal.map { name, _, differences in
            let shown = differences.prefix(3).map(\.description).joined(separator: "; ")
            return "\(name): \(shown)\(differences.count > 3 ? "; and \(differences.count - 3) more" : "")"
        }
        return AtelierError(
            .illegalOperation,
            "\(unequal.count) of \(count) questions have other answers in tables\n  \(places.joined(separator: "\n  "))"
        )
    }
}

/// Where the tables are, and whether they go afterwards.
private struct TablesFile {
    let path: String
    let isTemporary: Bool
}

extension Invocation {
    fileprivate func comparedAggregations() throws -> [SavedAggregation] {
        try UsageError.rethrowing {
            let catalog = try aggregationCatalog()
            return try (operands.isEmpty ? catalog.names : operands).map { try catalog.aggregation(named: $0) }
        }
    }

    fileprivate func tablesFile(in folder: TemporaryFolder) throws -> TablesFile {
        let text = value(.sql) ?? "sqlite"
        let name = String(text.prefix { $0 != "=" })
        guard name == "sqlite" else {
            throw UsageError("--sql \(text): there is no database \(name)", advice: "There is sqlite, or sqlite=FILE.")
        }
        if text.utf8.count > name.utf8.count {
            let path = String(text.dropFirst(name.count + 1))
            guard !path.isEmpty else { throw UsageError("--sql \(text): expected a file, as in sqlite=shop.sqlite") }
            return TablesFile(path: path, isTemporary: false)
        }
        if isSet(.replace) { throw UsageError("--replace is for --sql sqlite=FILE: a temporary file holds no tables") }
        return TablesFile(path: folder.file("tables.sqlite"), isTemporary: true)
    }
}
