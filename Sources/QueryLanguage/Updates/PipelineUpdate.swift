import BSON

/// An update by aggregation stages: the document after it is what the pipeline makes of the one before.
///
/// Source: MongoDB manual, "Updates with Aggregation Pipeline".
final class PipelineUpdate {
    private static let allowed: Set<String> = [
        "$addFields", "$set", "$project", "$unset", "$replaceRoot", "$replaceWith",
    ]
    private let source: BufferedDocuments
    private let pipeline: Pipeline

    /// - Throws: `InvalidOptions` for a stage that does not make one document of one; the stages' own errors.
    init(_ stages: [ValueView], _ outer: Compiler) throws {
        for stage in stages {
            let name = try PipelineBuilder.split(stage).name
            guard PipelineUpdate.allowed.contains(name) else {
                throw AtelierError(
                    .invalidOptions, "\(name) is not allowed to be used within an update",
                    advice: "An update may use \(PipelineUpdate.allowed.sorted().joined(separator: ", ")).")
            }
        }
        let compiler = Compiler(now: outer.now)
        compiler.constants = outer.constants
        compiler.foldsConstants = false
        source = BufferedDocuments(compiler)
        let builder = PipelineBuilder(
            compiler: compiler, environment: NoCollections(), source: source, interrupt: Interrupt(), topLevel: false)
        try builder.compile(stages)
        pipeline = builder.finish()
    }

    /// The new document; valid until the next call.
    func apply(to document: DocumentView) throws -> DocumentView {
        source.documents = [.document(document)]
        pipeline.restart()
        guard let result = try pipeline.next() else { preconditionFailure("an update's stages keep the document") }
        return result
    }
}

/// Where an update's stages run: they reach no collection.
private final class NoCollections: PipelineEnvironment {
    func source(collection: String, compiler: Compiler, pipeline: [ValueView]) throws -> Stage { throw unreachable }
    func equalityIndex(collection: String, field: String) throws -> (any EqualityIndex)? { nil }
    func writer(database: String?, collection: String) throws -> any PipelineWriter { throw unreachable }

    private var unreachable: AtelierError {
        AtelierError(.illegalOperation, "an update's pipeline cannot reach other collections")
    }
}
