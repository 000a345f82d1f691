import BSON

/// A stage that reads all its rows before it yields the first: `$group`, `$sort`. Of such stages, several can read parts of
/// a collection side by side, and one take over what the others have gathered.
class BlockingStage: Stage {
    /// Whether what others of its kind have gathered can be taken over.
    var isMergeable: Bool { true }

    /// Reads all input; `next` then yields the first row.
    func load(_ scope: Scope) throws { preconditionFailure("every blocking stage says how it loads") }

    /// Takes over what stages compiled alike have loaded: of other rows, which come after this one's, in this order. What
    /// is taken over may stay where it is: the others live as long as this one.
    func absorb(_ others: [BlockingStage]) throws {
        preconditionFailure("every blocking stage says how it takes over")
    }
}

extension PipelineBuilder {
    /// How many of the leading stages may run on parts of the collection side by side: stages that look at one row at a
    /// time, up to and including the first `$group` or `$sort`. Nil where there is none.
    public static func parallelPrefix(of stages: [ValueView]) -> Int? {
        for (index, stage) in stages.enumerated() {
            guard let (name, _) = try? split(stage) else { return nil }
            if name == "$group" || name == "$sort" { return index + 1 }
            guard rowByRow.contains(name) else { return nil }
        }
        return nil
    }

    private static let rowByRow: Set<String> = [
        "$match", "$project", "$addFields", "$set", "$unset", "$unwind", "$replaceRoot", "$replaceWith",
    ]

    /// Makes this builder's `$group` or `$sort`, just compiled, take over what others have gathered that were compiled
    /// alike over other parts of the collection, in the order of the parts. False where that cannot be put together.
    public func join(_ others: [PipelineBuilder], run: @escaping ParallelRun) -> Bool {
        guard let first = stage as? BlockingStage, first.isMergeable else { return false }
        let parts = others.compactMap { other in
            (other.stage as? BlockingStage).map { SideBySideStage.Part(compiler: other.compiler, stage: $0) }
        }
        guard parts.count == others.count else { return false }
        stage = SideBySideStage(first, parts, run)
        return true
    }
}

/// Runs tasks side by side and returns when all have ended; throws what the first of them to fail threw.
public typealias ParallelRun = ([() throws -> Void]) throws -> Void

/// A blocking stage whose rows are read in parts, one thread a part.
final class SideBySideStage: Stage, BatchSource {
    struct Part {
        let compiler: Compiler
        let stage: BlockingStage
    }

    let first: BlockingStage
    private let others: [Part]
    private let run: ParallelRun
    private var isLoaded = false

    init(_ first: BlockingStage, _ others: [Part], _ run: @escaping ParallelRun) {
        self.first = first
        self.others = others
        self.run = run
    }

    override func next(_ scope: Scope) throws -> Bool {
        try load(scope)
        return try first.next(scope)
    }

    private func load(_ scope: Scope) throws {
        if isLoaded { return }
        isLoaded = true
        let scopes = others.map { $0.compiler.makeScope(interrupt: scope.interrupt) }
        var tasks: [() throws -> Void] = [{ [first] in try first.load(scope) }]
        for (part, scope) in zip(others, scopes) { tasks.append { try part.stage.load(scope) } }
        try run(tasks)
        try first.absorb(others.map(\.stage))
    }

    // MARK: Batches

    override var batchSource: (any BatchSource)? { first.batchSource == nil ? nil : self }

    func loadBatch(_ scope: Scope) throws -> Bool {
        try load(scope)
        return try first.batchSource!.loadBatch(scope)
    }

    override func batch(_ scope: Scope) throws -> Batch { try first.batch(scope) }
    func shrinkBatch(_ scope: Scope) -> Bool { first.batchSource!.shrinkBatch(scope) }
    func replayBatch() { first.batchSource!.replayBatch() }
}
