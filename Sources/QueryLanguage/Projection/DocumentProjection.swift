import BSON

/// A `find` projection ready to be applied to one document after another, outside any pipeline. For one thread at a time.
public final class DocumentProjection {
    private let compiler: Compiler
    private let projection: Expression
    private let scope: Scope
    private let root: Slot

    /// - Parameter filter: the query that found the documents, for positional projections.
    /// - Throws: the errors of a projection that is none.
    public init(_ specification: Document, filter: Document, now: Int64 = 0) throws {
        let compiler = Compiler(now: now)
        self.compiler = compiler
        root = compiler.shape.base!
        projection = try specification.withView { specification in
            try filter.withView { try compiler.findProjection(specification, filter: $0) }
        }
        scope = compiler.makeScope()
    }

    public func apply(to document: Document) throws -> Document {
        try document.withView { view in
            scope.arena.reset()
            scope.assign(root, .document(view))
            return Document(copying: try projection.evaluate(scope).asDocument)
        }
    }
}
