import Analytics
import BSON
import DocumentStore
import Platform
import Retail

/// What an application does besides asking questions, on copies of a store's documents in every database.
///
/// What the sides read, and what they have after writing, is held against the first side's before a time is given.
public struct WorkloadComparison {
    private let options: WorkloadOptions
    private let schema: RelationalSchema
    private let sides: [any WorkloadSide]
    private let progress: (String) -> Void
    private var order: SeededRandom

    /// - Parameters:
    ///   - documents: the path of an embedded store that is made, and removed with `remove` before each load.
    ///   - targets: databases where tables are made, and whether they may replace others. A server has none of them afterwards.
    ///   - progress: hears what is done.
    public init(
        catalog: CollectionCatalog, options: WorkloadOptions = WorkloadOptions(), documents: String,
        targets: [(target: SQLTarget, replacing: Bool)], remove: @escaping (String) -> Void,
        progress: @escaping (String) -> Void = { _ in }
    ) throws {
        let schema = try RelationalSchema(catalog)
        self.options = options
        self.schema = schema
        self.progress = progress
        order = SeededRandom(seed: options.seed)
        sides =
            [StoreWorkloads(path: documents, catalog: catalog, schema: schema, remove: { remove(documents) })]
            + targets.map { target, replacing in
                TableWorkloads(dialect: target.dialect, schema: schema, replacing: replacing) {
                    if target.dialect == .sqlite { remove(target.address) }
                    return try target.connect()
                }
            }
    }

    /// Runs every workload that the data allow.
    ///
    /// - Parameter source: only read.
    /// - Returns: for each workload one a side, in the order of `Workload.allCases`.
    public mutating func run(from source: Database) throws -> [[WorkloadMeasurement]] {
        defer { for side in sides { side.close() } }
        let sample = try WorkloadSample(source, schema, options)
        var found = [try load(from: source, documents: sample.documentCount)]
        for (workload, name, isWhole) in [
            (Workload.readCustomer, "customers", false), (.readProduct, "products", false),
            (.readOrder, "orders", true),
        ] {
            guard let origin = schema.sources.first(where: { $0.collection.name == name }) else { continue }
            let keys = sample.keys[name] ?? []
            guard !keys.isEmpty else { continue }
            found.append(try read(workload, WorkloadSubject(source: origin, isWhole: isWhole), keys))
        }
        if let origin = schema.sources.first(where: { $0.collection.name == "orders" }), !sample.newOrders.isEmpty {
            found += try write(WorkloadSubject(source: origin, isWhole: true), sample)
        }
        if let product = sample.keys["products"]?.first { found += try changeSchema(product, sample) }
        return found
    }

    // MARK: The workloads

    private mutating func load(from source: Database, documents: Int) throws -> [WorkloadMeasurement] {
        var times = sides.map { _ in [Double]() }
        for round in 0..<max(options.loads, 1) {
            for index in sides.indices.shuffled(using: &order) {
                if round > 0, times[index].reduce(0, +) > 5000 * Double(round) { continue }
                let side = sides[index]
                progress("loading \(side.title)")
                times[index].append(try milliseconds { try side.load(from: source) { _ in } })
            }
        }
        return measurements(.load, times, unitsEach: documents, differences: nil)
    }

    private mutating func read(
        _ workload: Workload, _ subject: WorkloadSubject, _ keys: [BSONValue]
    ) throws -> [WorkloadMeasurement] {
        progress(workload.title.lowercasedFirst)
        let differences = try differences(subject, keys)
        let times = try timed(options.reads) { side, index in
            _ = try side.read(subject, keys[index % keys.count])
        }
        return measurements(workload, times, unitsEach: 1, differences: differences)
    }

    private mutating func write(_ subject: WorkloadSubject, _ sample: WorkloadSample) throws -> [[WorkloadMeasurement]]
    {
        for side in sides { side.prepare(sample.newOrders) }
        let (writes, size) = (options.writes, options.batchSize)
        let new = sample.newOrders.compactMap { $0["_id"] }
        var found: [[WorkloadMeasurement]] = []
        func add(
            _ workload: Workload, _ times: [[Double]], each: Int, _ keys: [BSONValue]
        ) throws {
            found.append(measurements(workload, times, unitsEach: each, differences: try differences(subject, keys)))
        }
        progress("adding orders")
        let single = try timed(writes) { side, index in try side.insert(index..<index + 1) }
        try add(.insertOrder, single, each: 1, Array(new.prefix(writes)))
        let batches = try timed(options.batches) { side, index in
            let start = writes + index * size
            try side.insert(start..<start + size)
        }
        try add(.insertOrders, batches, each: size, Array(new.dropFirst(writes)))

        progress("changing orders")
        let updates = try timed(writes) { side, index in try side.setStatus([sample.statusChange(index)]) }
        try add(.updateOrder, updates, each: 1, sample.templateKeys)
        let many = try timed(options.batches) { side, index in
            try side.setStatus((0..<size).map { sample.statusChange(writes + index * size + $0) })
        }
        try add(.updateOrders, many, each: size, sample.templateKeys)
        let lines = sample.lines
        if !lines.isEmpty {
            let updates = try timed(writes) { side, index in
                let line = lines[index % lines.count]
                try side.increaseQuantity(of: line.order, line: line.line)
            }
            try add(.updateLine, updates, each: 1, lines.prefix(writes).map(\.order))
        }
        return found
    }

    private mutating func changeSchema(
        _ product: BSONValue, _ sample: WorkloadSample
    ) throws -> [[WorkloadMeasurement]] {
        progress("changing the schema")
        let cards = sample.cards
        var counts = sides.map { _ in [Int]() }
        func round(
            _ workload: Workload, each: Int, _ change: (any WorkloadSide) throws -> Void,
            count: (any WorkloadSide) throws -> Int, undo: (any WorkloadSide) throws -> Void
        ) throws -> [WorkloadMeasurement] {
            counts = sides.map { _ in [] }
            var times = sides.map { _ in [Double]() }
            for _ in 0..<max(options.schemaChanges, 1) {
                for index in sides.indices.shuffled(using: &order) {
                    let side = sides[index]
                    times[index].append(try milliseconds { try change(side) })
                    counts[index].append(try count(side))
                    try undo(side)
                }
            }
            let differences = zip(sides, counts).map { side, counted in
                counted == counts[0] ? [] : ["\(side.title) has \(counted[0]) afterwards, not \(counts[0][0])"]
            }
            return measurements(workload, times, unitsEach: each, differences: differences)
        }
        return [
            try round(
                .addAttribute, each: 1, { try $0.addAttribute(to: product) }, count: { try $0.countWithAttribute() },
                undo: { try $0.removeAttribute() }),
            try round(
                .fillAttribute, each: sample.productCount, { try $0.addAttribute(to: nil) },
                count: { try $0.countWithAttribute() }, undo: { try $0.removeAttribute() }),
            try round(
                .addCollection, each: cards.count, { try $0.addCards(cards) }, count: { try $0.countCards() },
                undo: { try $0.removeCards() }),
        ]
    }

    // MARK: Measuring

    /// Times operations one by one. Sides take turns after every tenth part of them, in an order shuffled each time.
    private mutating func timed(
        _ operations: Int, _ body: (any WorkloadSide, Int) throws -> Void
    ) throws -> [[Double]] {
        var times = sides.map { _ in [Double]() }
        let parts = min(10, max(operations, 1))
        for part in 0..<parts {
            let range = operations * part / parts..<operations * (part + 1) / parts
            for index in sides.indices.shuffled(using: &order) {
                for operation in range {
                    times[index].append(try milliseconds { try body(sides[index], operation) })
                }
            }
        }
        return times
    }

    /// Where the sides have something else under these keys than the first: at most three places each.
    private func differences(_ subject: WorkloadSubject, _ keys: [BSONValue]) throws -> [[String]] {
        var found = sides.map { _ in [String]() }
        for key in keys {
            let first = try sides[0].read(subject, key).rows(subject)
            for index in sides.indices.dropFirst() where found[index].count < 3 {
                let rows = try sides[index].read(subject, key).rows(subject)
                for (place, table) in subject.tables.enumerated() {
                    let columns = table.columns.map { Column($0) }
                    let differences = RowDifference.all(columns, documents: first[place], tables: rows[place])
                    found[index] += differences.prefix(1).map { "\(table.name) of \(key), \($0)" }
                }
            }
        }
        return found
    }

    /// - Parameter differences: nil where there is nothing to hold against one another.
    private func measurements(
        _ workload: Workload, _ times: [[Double]], unitsEach: Int, differences: [[String]]?
    ) -> [WorkloadMeasurement] {
        let areEqual = differences?.allSatisfy(\.isEmpty) ?? true
        return sides.indices.map { index in
            let side = sides[index]
            let seconds = times[index].reduce(0, +) / 1000
            return WorkloadMeasurement(
                workload: workload, database: side.database, title: side.title, model: side.model,
                operations: times[index].count, unitsEach: unitsEach,
                isEqual: differences.map { $0[index].isEmpty },
                times: areEqual ? Times(milliseconds: times[index]) : nil,
                perSecond: areEqual && seconds > 0 ? Double(times[index].count * unitsEach) / seconds : nil,
                durability: side.durability, differences: differences?[index] ?? [])
        }
    }
}
