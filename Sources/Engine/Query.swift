import BSON
import QueryLanguage
import Storage

/// One command's reading: a snapshot, the collection it is about, and how pipelines reach others.
final class Query: PipelineEnvironment {
    let engine: Engine
    let reader: StorageReader
    let namespace: Namespace
    let interrupt: Interrupt
    let now = Clock.milliseconds()
    /// How the main collection was read, for `explain`.
    private(set) var plan: AccessPlan?
    private(set) var explainedFilter = Document()
    let examined = Examined()
    /// Whether several threads may read; `explain` counts what one does.
    var allowsParallel = true
    fileprivate(set) var overflow: (any ArenaOverflow)?
    private var askedColumns: [ObjectNumber: ColumnCache?] = [:]

    init(_ engine: Engine, _ reader: StorageReader, _ namespace: Namespace, _ interrupt: Interrupt) {
        self.engine = engine
        self.reader = reader
        self.namespace = namespace
        self.interrupt = interrupt
    }

    /// How many documents the collection has. O(1).
    func documentCount() throws -> Int64 {
        guard let entry = reader.catalog[namespace] else { return 0 }
        return Int64(try reader.count(entry))
    }

    // MARK: Pipelines

    /// `find`: filter, sort, skip, limit, projection.
    func find(
        filter: Document, sort: Document? = nil, projection: Document? = nil, skip: Int64 = 0, limit: Int64 = 0,
        hint: BSONValue? = nil, variables: Document? = nil
    ) throws -> Pipeline {
        let compiler = Compiler(now: now)
        try compiler.define(variables)
        return try filter.withView { filterView in
            let wantedSort = sort.flatMap { $0.isEmpty ? nil : $0 }
            let enough = limit > 0 ? limit.addingReportingOverflow(skip).partialValue : nil
            let access = try locatingErrors(in: filterView, named: "filter") {
                try Planner(reader, namespace).plan(filter: filterView, sort: wantedSort, hint: hint, limit: enough)
            }
            (plan, explainedFilter) = (access, filter)
            let source = try access.source(reader, compiler, examined)
            let builder = PipelineBuilder(compiler: compiler, environment: self, source: source, interrupt: interrupt)
            if !filter.isEmpty {
                let predicate = try locatingErrors(in: filterView, named: "filter") { try compiler.filter(filterView) }
                builder.stage = Match(builder.stage, predicate)
            }
            if let wantedSort, !access.providesSort {
                let pattern = try wantedSort.withView { view in
                    try locatingErrors(in: view, named: "sort") { try SortPattern(view, compiler) }
                }
                builder.sort(
                    pattern, limit: limit > 0 && !(limit.addingReportingOverflow(skip).overflow) ? limit + skip : nil)
            }
            if skip > 0 { builder.stage = Skip(builder.stage, skip) }
            if limit > 0 { builder.stage = Limit(builder.stage, limit) }
            if let projection, !projection.isEmpty {
                try projection.withView { view in
                    try locatingErrors(in: view, named: "projection") {
                        try builder.project(find: view, filter: filterView)
                    }
                }
            }
            return builder.finish()
        }
    }

    /// The documents that satisfy a filter, with the source that knows their records.
    func records(filter: Document, hint: BSONValue?, variables: Document?) throws -> (Pipeline, RecordSource) {
        let compiler = Compiler(now: now)
        try compiler.define(variables)
        return try filter.withView { view in
            let access = try locatingErrors(in: view, named: "filter") {
                try Planner(reader, namespace).plan(filter: view, sort: nil, hint: hint)
            }
            guard let source = try access.source(reader, compiler, examined) as? RecordSource else {
                preconditionFailure("an existing collection is read by its records")
            }
            let builder = PipelineBuilder(compiler: compiler, environment: self, source: source, interrupt: interrupt)
            if !filter.isEmpty { builder.stage = Match(source, try compiler.filter(view)) }
            return (builder.finish(), source)
        }
    }

    /// The documents that satisfy a filter.
    func filtered(_ filter: Document, hint: BSONValue?, variables: Document?) throws -> Pipeline {
        try find(filter: filter, hint: hint, variables: variables)
    }

    /// `aggregate` over the namespace's collection (or over nothing, for `{aggregate: 1}`).
    func aggregate(_ pipeline: Document, hint: BSONValue? = nil, variables: Document? = nil, collectionless: Bool)
        throws -> Pipeline
    {
        let compiler = Compiler(now: now)
        try compiler.define(variables)
        return try pipeline.withView { view in
            try locatingErrors(in: view, named: "pipeline", isArray: true) {
                let stages = try PipelineBuilder.stages(.array(view))
                let source: Stage =
                    if collectionless || PipelineBuilder.startsWithoutCollection(stages) {
                        SingleRow(compiler)
                    } else {
                        try self.source(namespace, compiler: compiler, pipeline: stages, hint: hint, main: true)
                    }
                let builder = PipelineBuilder(
                    compiler: compiler, environment: self, source: source, interrupt: interrupt)
                if !collectionless, let grouped = try parallel(stages, variables) { return grouped }
                try builder.compile(stages)
                return builder.finish()
            }
        }
    }

    /// The columns that are kept of a collection. However often a query reads it, that counts once.
    func columns(of collection: CollectionEntry) -> ColumnCache? {
        guard reader is Snapshot else { return nil }
        if let known = askedColumns[collection.number] { return known }
        let cache = engine.columns.cache(of: collection, at: reader.transactionId)
        askedColumns[collection.number] = .some(cache)
        return cache
    }

    // MARK: PipelineEnvironment

    func source(collection: String, compiler: Compiler, pipeline: [ValueView]) throws -> Stage {
        try source(
            Namespace(namespace.database, collection), compiler: compiler, pipeline: pipeline, hint: nil, main: false)
    }

    private func source(
        _ namespace: Namespace, compiler: Compiler, pipeline: [ValueView], hint: BSONValue?, main: Bool
    ) throws -> Stage {
        let start = try PipelineBuilder.start(of: pipeline)
        let access: AccessPlan
        do {
            access = try (start.filter ?? Document()).withView { filter in
                try Planner(reader, namespace).plan(filter: filter, sort: start.sort, hint: hint)
            }
        } catch let error as AtelierError where error.origin != nil {
            // What is planned with is a copy: compiling the pipeline itself fails at the same place, and says which it is.
            try PipelineBuilder(
                compiler: compiler, environment: self, source: SingleRow(compiler), interrupt: interrupt
            ).compile(pipeline)
            throw error
        }
        if main { (plan, explainedFilter) = (access, start.filter ?? Document()) }
        let isGrouped = PipelineBuilder.parallelPrefix(of: pipeline) != nil
        return try access.source(reader, compiler, main ? examined : Examined()) { isGrouped ? columns(of: $0) : nil }
    }

    func equalityIndex(collection: String, field: String) throws -> (any EqualityIndex)? {
        guard let entry = reader.catalog[Namespace(namespace.database, collection)] else { return nil }
        return try EqualityLookup(reader, entry, field)
    }

    /// Makes what `$out` and `$merge` write to; nil where nothing may be written.
    var writerFactory: ((Namespace, Interrupt) throws -> any PipelineWriter)?

    func writer(database: String?, collection: String) throws -> any PipelineWriter {
        guard let writerFactory else {
            throw AtelierError(
                .illegalOperation, "$out and $merge can only run as the last stage of an aggregate command")
        }
        return try writerFactory(Namespace(database ?? namespace.database, collection), interrupt)
    }
}

extension Query {
    /// Where the command's blocking stages spill to, or are refused to.
    fileprivate func readDiskUse(_ command: Command) throws {
        overflow = SpillFile(
            directory: engine.spillDirectory, isAllowed: try command.flag("allowDiskUse") ?? true,
            threshold: engine.blockingMemory)
    }

    func openFind(_ command: Command) throws -> Pipeline {
        try readDiskUse(command)
        return try find(
            filter: command.documentField("filter") ?? Document(), sort: command.documentField("sort"),
            projection: command.documentField("projection"), skip: command.integer("skip") ?? 0,
            limit: command.integer("limit") ?? 0, hint: command["hint"], variables: command.documentField("let"))
    }

    func openAggregate(_ command: Command, _ pipeline: [Document]) throws -> Pipeline {
        try readDiskUse(command)
        return try aggregate(
            BSONArray(documents: pipeline).document, hint: command["hint"], variables: command.documentField("let"),
            collectionless: command.isCollectionless)
    }
}

extension Query {
    /// The reading that a command would do, for `explain`.
    func explained(_ command: Command) throws -> Pipeline {
        func statement(_ array: String, _ filter: String) throws -> Document {
            try command.documents(array)?.first?[filter]?.documentValue ?? Document()
        }
        switch command.name {
        case "find": return try openFind(command)
        case "aggregate": return try openAggregate(command, command.documents("pipeline") ?? [])
        case "update": return try filtered(statement("updates", "q"), hint: nil, variables: nil)
        case "delete": return try filtered(statement("deletes", "q"), hint: nil, variables: nil)
        default:
            return try find(
                filter: command.documentField("query") ?? Document(), sort: command.documentField("sort"),
                hint: command["hint"])
        }
    }
}
