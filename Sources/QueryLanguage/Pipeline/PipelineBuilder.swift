import BSON

/// Puts a pipeline together: compiles stage after stage, each on the rows of the one before.
public final class PipelineBuilder {
    public let compiler: Compiler
    public let environment: any PipelineEnvironment
    /// The last stage so far.
    public var stage: Stage
    /// False inside `$lookup`, `$facet`, `$unionWith`, where nothing may be written.
    let topLevel: Bool
    /// Set by `$out` and `$merge`: the pipeline yields no documents.
    var writes = false
    /// What comes after the stage being compiled, so that a `$sort` can see its `$limit`.
    private(set) var following: ArraySlice<ValueView> = []
    /// What can stop the pipeline and those nested in it.
    let interrupt: Interrupt

    public init(
        compiler: Compiler, environment: any PipelineEnvironment, source: Stage, interrupt: Interrupt,
        topLevel: Bool = true
    ) {
        self.compiler = compiler
        self.environment = environment
        self.interrupt = interrupt
        self.topLevel = topLevel
        stage = source
    }

    /// Compiles a pipeline's stages, all of them or those at some positions.
    ///
    /// What is malformed anywhere is reported before what a constant expression's evaluation threw.
    public func compile(_ stages: [ValueView], at positions: Range<Int>? = nil) throws {
        try compiler.reportingFoldFailureLast { try compileInOrder(stages, at: positions ?? stages.indices) }
    }

    private func compileInOrder(_ stages: [ValueView], at positions: Range<Int>) throws {
        for index in positions {
            let specification = stages[index]
            following = stages[(index + 1)...]
            let (name, argument) = try PipelineBuilder.split(specification)
            do {
                guard let known = StageOperator.byName[name] else {
                    throw AtelierError(
                        40324, "Unrecognized pipeline stage name: '\(name)'", advice: Suggestion.stage(insteadOf: name))
                }
                if writes { throw AtelierError(40601, "$out and $merge can only be the final stage in the pipeline") }
                try known.compile(argument, self)
            } catch let error as AtelierError {
                throw error.found(atStartOf: specification.asDocument)
            }
        }
    }

    /// The pipeline, ready to run once.
    public func finish() -> Pipeline {
        Pipeline(
            compiler: compiler, stage: stage, output: compiler.rowDocument(), interrupt: interrupt,
            yieldsDocuments: !writes)
    }

    /// Compiles a nested pipeline over a collection, an array of documents or one empty row.
    func nested(
        _ stages: [ValueView], variables: [String: Slot] = [:], compiler nested: Compiler, source: Stage
    ) throws -> PipelineBuilder {
        nested.variables = variables
        for slot in variables.values { slot.isOfOuterPipeline = true }
        nested.constants = compiler.constants
        let builder = PipelineBuilder(
            compiler: nested, environment: environment, source: source, interrupt: interrupt, topLevel: false)
        try builder.compile(stages)
        return builder
    }

    // MARK: Reading specifications

    /// Whether a pipeline makes its documents itself.
    public static func startsWithoutCollection(_ stages: [ValueView]) -> Bool {
        guard let first = stages.first, let name = try? split(first).name else { return false }
        return name == "$documents"
    }

    /// What a pipeline begins with, for whoever chooses how to read its collection: the conjunction of its first
    /// `$match`es, and the `$sort` behind them.
    public static func start(of stages: [ValueView]) throws -> (filter: Document?, sort: Document?) {
        var filters: [Document] = []
        var sort: Document?
        for stage in stages {
            guard let (name, argument) = try? split(stage), argument.type == .document else { break }
            if name == "$match" {
                filters.append(Document(copying: argument.asDocument))
                continue
            }
            if name == "$sort" { sort = Document(copying: argument.asDocument) }
            break
        }
        let filter: Document? =
            switch filters.count {
            case 0: nil
            case 1: filters[0]
            default: ["$and": .array(BSONArray(documents: filters))]
            }
        return (filter, sort)
    }

    /// Name and argument of a stage's one-element document.
    public static func split(_ specification: ValueView) throws -> (name: String, argument: ValueView) {
        guard specification.type == .document else {
            throw AtelierError(.typeMismatch, "Each element of the 'pipeline' array must be an object")
        }
        var cursor = specification.asDocument.elements()
        guard cursor.next() else {
            throw AtelierError(40323, "A pipeline stage specification object must contain exactly one field.")
        }
        let (name, argument) = (cursor.keyString, cursor.value)
        if cursor.next() {
            throw AtelierError(
                40323, "A pipeline stage specification object must contain exactly one field.",
                advice: "Give each stage an object of its own: [{\(name): …}, {\(cursor.keyString): …}]."
            ).found(at: cursor)
        }
        return (name, argument)
    }

    /// The stages of a pipeline given as an array.
    public static func stages(_ pipeline: ValueView) throws -> [ValueView] {
        guard pipeline.type == .array else {
            throw AtelierError(.typeMismatch, "A pipeline must be an array of objects")
        }
        var result: [ValueView] = []
        var cursor = pipeline.asDocument.elements()
        while cursor.next() { result.append(cursor.value) }
        return result
    }
}

/// A compiled pipeline and the scope it runs in: yields documents one by one.
public final class Pipeline {
    private let compiler: Compiler
    private let stage: Stage
    private let output: Expression
    public let scope: Scope
    private let yieldsDocuments: Bool

    init(compiler: Compiler, stage: Stage, output: Expression, interrupt: Interrupt, yieldsDocuments: Bool) {
        self.compiler = compiler
        self.stage = stage
        self.output = output
        self.yieldsDocuments = yieldsDocuments
        scope = compiler.makeScope(interrupt: interrupt)
    }

    /// The next document, or nil at the end. It stays valid until the next call.
    public func next() throws -> DocumentView? {
        guard try stage.next(scope) else { return nil }
        if !yieldsDocuments { return nil }
        return try output.evaluate(scope).asDocument
    }

    public func restart() { stage.restart() }
}
