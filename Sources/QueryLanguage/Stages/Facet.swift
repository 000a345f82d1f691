import BSON

extension StageOperator {
    /// Source: MongoDB manual, "$facet". Several pipelines over the same rows; one document with an array for each.
    static let facet = StageOperator("$facet") { specification, builder in
        guard specification.type == .document else {
            throw AtelierError(40169, "the $facet specification must be a non-empty object")
        }
        if specification.asDocument.isEmpty {
            throw AtelierError(40169, "the $facet specification must be a non-empty object")
        }
        var facets: [(name: FieldName, source: BufferedDocuments, pipeline: Pipeline)] = []
        var cursor = specification.asDocument.elements()
        while cursor.next() {
            let (name, value) = (cursor.keyString, cursor.value)
            if name.hasPrefix("$") {
                throw AtelierError(16410, "FieldPath field names may not start with '$': \(name)")
            }
            if name.contains(".") { throw AtelierError(16412, "FieldPath field names may not contain '.': \(name)") }
            guard value.type == .array else {
                throw AtelierError(40170, "arguments to $facet must be arrays, \(name) is type \(value.type.name)")
            }
            let stages = try PipelineBuilder.stages(value)
            for stage in stages {
                let inner = try PipelineBuilder.split(stage).name
                if forbiddenInFacet.contains(inner) {
                    throw AtelierError(40600, "\(inner) is not allowed to be used within a $facet stage")
                }
            }
            let compiler = Compiler(now: builder.compiler.now)
            let source = BufferedDocuments(compiler)
            compiler.shape.isStable = true
            var variables: [String: Slot] = [:]
            for name in builder.compiler.variables.keys { variables[name] = compiler.newSlot() }
            let nested = try builder.nested(stages, variables: variables, compiler: compiler, source: source)
            let pipeline = nested.finish()
            facets.append((FieldName(name), source, pipeline))
        }
        let root = builder.compiler.newSlot()
        builder.stage = Facet(builder.stage, row: builder.compiler.rowDocument(), facets, root)
        builder.compiler.shape = Shape(base: root)
    }

    private static let forbiddenInFacet: Set<String> = [
        "$facet", "$out", "$merge", "$collStats", "$indexStats", "$geoNear", "$planCacheStats", "$changeStream",
        "$currentOp", "$listSessions", "$listLocalSessions", "$documents",
    ]
}

final class Facet: Stage {
    private let input: Stage
    private let row: Expression
    private let facets: [(name: FieldName, source: BufferedDocuments, pipeline: Pipeline)]
    private let root: Slot
    private let memory = Arena()
    private var done = false

    init(
        _ input: Stage, row: Expression, _ facets: [(name: FieldName, source: BufferedDocuments, pipeline: Pipeline)],
        _ root: Slot
    ) {
        self.input = input
        self.row = row
        self.facets = facets
        self.root = root
    }

    override func next(_ scope: Scope) throws -> Bool {
        if done { return false }
        done = true
        var documents: [ValueView] = []
        while try input.next(scope) { documents.append(memory.copy(try row.evaluate(scope))) }
        scope.arena.reset()
        let result = try scope.arena.document { writer in
            for facet in facets {
                facet.source.documents = documents
                facet.pipeline.restart()
                writer.begin(.array, facet.name.bytes)
                while let document = try facet.pipeline.next() { writer.appendElement(.document(document)) }
                writer.end()
            }
        }
        scope.assign(root, result)
        return true
    }

    override func restart() {
        done = false
        memory.reset()
        input.restart()
    }
}
