import BSON

/// A filter ready to be asked about one document after another, outside any pipeline. For one thread at a time.
public final class DocumentMatcher {
    private let compiler: Compiler
    private let predicate: Predicate
    private let scope: Scope
    private let root: Slot

    /// - Throws: the errors of a filter that is none.
    public init(_ filter: Document, now: Int64 = 0) throws {
        let compiler = Compiler(now: now)
        self.compiler = compiler
        root = compiler.shape.base!
        predicate = try filter.withView { view in
            try locatingErrors(in: view, named: "filter") { try compiler.filter(view) }
        }
        scope = compiler.makeScope()
    }

    public func matches(_ document: DocumentView) throws -> Bool {
        scope.arena.reset()
        scope.assign(root, .document(document))
        return try predicate.matches(scope)
    }

    /// Why a document does not pass, in the shape of `errInfo.details`: for filters that hold a `$jsonSchema`, where it is
    /// that which fails; nil otherwise.
    public func explanation(of document: DocumentView) throws -> Document? {
        scope.arena.reset()
        scope.assign(root, .document(document))
        return try predicate.schemaExplanation(scope)
    }
}
