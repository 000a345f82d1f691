import Analytics
import BSON
import Comparison
import DocumentStore
import Ingest
import Retail

/// A comparison as it was asked for, which can be made of several stores.
struct ComparisonRun {
    let parts: ComparisonParts
    let runs: Int
    let seed: Int
    /// Seconds that a question may take.
    let timeout: Int
    /// Whether rows show plans.
    let hasPlans: Bool
    let aggregations: [SavedAggregation]
    private let invocation: Invocation
    private let catalog: CollectionCatalog

    init(_ invocation: Invocation) throws {
        self.invocation = invocation
        parts = try ComparisonParts(invocation)
        runs = try invocation.integer(.runs, in: 1...1000) ?? 7
        seed = try invocation.integer(.comparisonSeed, in: 0...Int.max) ?? 1
        timeout = try invocation.integer(.timeout, in: 1...86400) ?? 60
        hasPlans = invocation.isSet(.plans)
        aggregations = try invocation.comparedAggregations()
        catalog = try CollectionCatalog.standard()
    }

    /// Compares a store's documents with the same in other databases.
    ///
    /// - Parameters:
    ///   - orders: how many the store was generated with; nil for a store of the user's.
    ///   - isFirst: false where what the databases hold is of this program's last comparison.
    func compare(
        _ location: String, orders: Int? = nil, isFirst: Bool = true, progress: Progress
    ) throws -> ComparisonResult {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let sides = try ComparedSides(invocation, store: location) { folder.file($0) }
        var comparison = try QuestionComparison(
            parts.hasQuestions ? aggregations : [], catalog: catalog, sides: sides.all, timeLimit: Double(timeout))
        if isFirst { try sides.tryServers() }
        let of = orders.map { "\(Progress.grouped($0)) orders: " } ?? ""
        var loaded = 0
        var workloads: [[WorkloadMeasurement]] = []
        func fill(_ store: Store) throws {
            try requireDocuments(in: store)
            // They go before the questions, because on a server they leave nothing behind.
            if parts.hasWorkloads {
                workloads = try self.workloads(of: store, on: sides, in: folder, isFirst: isFirst) {
                    progress.advance(to: 0, of: of + $0)
                }
            }
            guard parts.hasQuestions else { return }
            for (side, replacing) in sides.loaded {
                let before = loaded
                loaded += try comparison.load(side, from: store, replacing: replacing || !isFirst) {
                    progress.advance(to: before + $0, of: "\(of)loading \(side.database), \(side.model.rawValue)")
                }
            }
        }
        if orders == nil {
            try invocation.withStore(fill)
        } else {
            let store = try Store(location)
            defer { store.close() }
            try fill(store)
        }
        var measurements: [[QuestionComparison.Measurement]] = []
        if parts.hasQuestions {
            try comparison.check { _ in progress.advance(to: loaded, of: "\(of)comparing answers") }
            measurements = try comparison.time(
                runs: runs, seed: UInt64(seed), plans: hasPlans || invocation.isSet(.comparisonReport)
            ) { progress.advance(to: loaded, of: "\(of)round \($0) of \(runs)") }
        }
        let data = orders.map { ("Orders", "\(Progress.grouped($0)), generated from seed \(seed)") }
        var facts = [data ?? ("Store", StoreUnavailable.place(location)), ("Seed", "\(seed)")]
        if parts.hasQuestions {
            facts += [("Rows and documents loaded", Progress.grouped(loaded)), ("Warm runs", "\(runs)")]
        }
        var report = try comparison.report(
            measurements, title: "Documents against tables", version: Program.version, computedAt: ComparisonFile.now(),
            facts: facts)
        report.workloads = workloads
        return ComparisonResult(
            orders: orders, loaded: loaded, notes: parts.hasQuestions ? try comparison.footnotes() : [],
            size: Growth.Size(
                orders: orders ?? 0, measurements: measurements, workloads: workloads,
                titles: Dictionary(aggregations.map { ($0.name, $0.title) }) { first, _ in first }),
            report: report,
            inequality: Command.inequality(comparison.unequal, of: aggregations.count)
                ?? WorkloadMeasurement.inequality(workloads))
    }

    /// Compares a shop that is generated for it.
    ///
    /// - Throws: `outOfDiskSpace` where the folder for temporary files has no room for it.
    func compare(orders: Int, isFirst: Bool, progress: Progress) throws -> ComparisonResult {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        try checkRoom(in: folder, for: orders)
        let path = folder.file("generated.store")
        // The files go with the program: nothing waits for the disk yet.
        let store = try Store(path, options: StoreOptions(relaxedDurability: true))
        do {
            defer { store.close() }
            try StoreInitializer(catalog: catalog, database: store.database).run()
            let generator = Generator(try GeneratorOptions(orders: orders, seed: UInt64(seed)))
            _ = try GeneratedDataLoader(database: store.database, catalog: catalog).load(
                generator,
                options: LoadOptions(progress: {
                    progress.advance(to: $0.rows, of: "\(Progress.grouped(orders)) orders: generating \($0.subject)")
                }))
        }
        return try compare(path, orders: orders, isFirst: isFirst, progress: progress)
    }

    /// Runs the workloads on copies of the store's documents: in temporary files, and on servers where the questions will be.
    private func workloads(
        of store: Store, on sides: ComparedSides, in folder: TemporaryFolder, isFirst: Bool,
        progress: @escaping (String) -> Void
    ) throws -> [[WorkloadMeasurement]] {
        var options = WorkloadOptions()
        options.seed = UInt64(seed)
        let targets = sides.loaded.compactMap { side, replacing -> (target: SQLTarget, replacing: Bool)? in
            guard side.model == .tables, case .sql(let target) = side.place else { return nil }
            guard target.dialect == .sqlite else { return (target, replacing || !isFirst) }
            return (SQLTarget(.sqlite, at: folder.file("copy.sqlite")), true)
        }
        guard !targets.isEmpty else {
            throw UsageError(
                "--of \(invocation.value(.compared) ?? "") compares documents with tables",
                advice: "Give --models tables, or --of questions.")
        }
        var comparison = try WorkloadComparison(
            catalog: catalog, options: options, documents: folder.file("copy.store"), targets: targets,
            remove: TemporaryFolder.remove, progress: progress)
        return try comparison.run(from: store.database)
    }

    // MARK: Before the work

    /// - Throws: `namespaceNotFound` where the store is empty.
    private func requireDocuments(in store: Store) throws {
        for name in try store.database.collectionNames()
        where try store.database.collection(name).findOne() != nil { return }
        throw AtelierError(
            .namespaceNotFound, "the store holds no documents: there is nothing to compare",
            at: invocation.storeLocation,
            advice: "Fill it with `atelier generate` or `atelier import`.")
    }

    /// Bytes that an order of a generated shop takes with all that belongs to it, and with some room.
    private static let bytesEach: (documents: Int64, tables: Int64, json: Int64) = (4_400, 3_400, 4_200)

    private func checkRoom(in folder: TemporaryFolder, for orders: Int) throws {
        let each = ComparisonRun.bytesEach
        let models = invocation.value(.models) ?? "tables,json"
        // What servers keep is not in temporary files.
        let hasFiles = invocation.values(.sql).isEmpty || invocation.values(.sql).contains("sqlite")
        var bytes = each.documents
        if parts.hasQuestions, hasFiles {
            bytes += (models.contains("tables") ? each.tables : 0) + (models.contains("json") ? each.json : 0)
        }
        if parts.hasWorkloads { bytes += each.documents + (hasFiles ? each.tables : 0) }
        let needed = Int64(orders) * bytes + 64_000_000
        guard let free = folder.freeBytes, free < needed else { return }
        throw AtelierError(
            .outOfDiskSpace,
            "\(Progress.grouped(orders)) orders need about \(Progress.grouped(Int(needed / 1_000_000))) MB for temporary files, and "
                + "\(Progress.grouped(Int(free / 1_000_000))) MB are free", at: folder.path,
            advice: "Set TMPDIR to a folder on a larger disk, or give fewer --orders.")
    }
}

/// What a comparison of one store found.
struct ComparisonResult {
    /// Of a generated shop.
    let orders: Int?
    /// Rows and documents that were loaded.
    let loaded: Int
    /// Who answered, and with which settings.
    let notes: [String]
    let size: Growth.Size
    let report: ComparisonReport
    /// Where results are not equal.
    let inequality: AtelierError?
}
