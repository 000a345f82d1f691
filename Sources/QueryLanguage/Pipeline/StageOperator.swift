import BSON

/// One pipeline stage: its name, and how a use of it is compiled.
///
/// Stages are declared in the files of `Stages/`, each once, and listed in `StageOperator.all`. To add one, write its
/// file and add it to the list.
struct StageOperator: Sendable {
    let name: String
    /// Compiles the stage onto `builder`: reads the shape of the rows so far, sets that of its own rows.
    let compile: @Sendable (_ specification: ValueView, _ builder: PipelineBuilder) throws -> Void

    init(
        _ name: String,
        _ compile: @escaping @Sendable (_ specification: ValueView, _ builder: PipelineBuilder) throws -> Void
    ) {
        self.name = name
        self.compile = compile
    }

    static let byName: [String: StageOperator] = Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0) })
}

/// What a pipeline can ask of the place it runs in: other collections to read, collections to write.
public protocol PipelineEnvironment: AnyObject {
    /// Rows of a collection as a source for `compiler`'s base slot. A collection that does not exist has no rows.
    ///
    /// The environment may use what the pipeline starts with (`$match`, `$sort`, `$limit`) to read less; the stages
    /// still run.
    func source(collection: String, compiler: Compiler, pipeline: [ValueView]) throws -> Stage

    /// Documents of a collection whose field equals a value, through an index; nil where there is no such index.
    func equalityIndex(collection: String, field: String) throws -> (any EqualityIndex)?

    /// Where `$out` and `$merge` write; the database is nil for the pipeline's own.
    func writer(database: String?, collection: String) throws -> any PipelineWriter

    /// Where blocking stages put what is too much for memory; nil where all of it stays there.
    var overflow: (any ArenaOverflow)? { get }
}

extension PipelineEnvironment {
    public var overflow: (any ArenaOverflow)? { nil }
}

/// Looks documents up by the value of one field.
public protocol EqualityIndex: AnyObject {
    /// Appends the documents with an equal value (or, for arrays, element). May append others: the caller rechecks.
    func documents(equalTo value: ValueView, into result: inout [ValueView]) throws
}

/// Takes what `$out` and `$merge` produce.
public protocol PipelineWriter: AnyObject {
    /// Replaces the whole collection with these documents at `finish`.
    func replaceCollection(with document: DocumentView) throws
    /// Applies one document of a `$merge`, with the values of its `let` variables.
    func merge(_ document: DocumentView, variables: Document, _ rule: MergeRule) throws
    /// Makes everything durable. Nothing is visible before.
    func finish() throws
}

/// How `$merge` treats one document.
public struct MergeRule {
    public enum Matched {
        case replace, keepExisting, merge, fail
        /// The existing document becomes what the pipeline makes of it.
        case pipeline(
            transform: (_ existing: DocumentView, _ new: DocumentView, _ variables: DocumentView) throws -> Document)
    }
    public enum NotMatched { case insert, discard, fail }
    public var on: [String]
    public var whenMatched: Matched
    public var whenNotMatched: NotMatched
}
