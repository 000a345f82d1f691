import BSON

extension PipelineBuilder {
    /// How many of the leading stages may run on parts of the collection side by side: stages that look at one row at a
    /// time, up to and including the first `$group`. Nil where there is none.
    public static func parallelPrefix(of stages: [ValueView]) -> Int? {
        for (index, stage) in stages.enumerated() {
            guard let (name, _) = try? split(stage) else { return nil }
            if name == "$group" { return index + 1 }
            guard rowByRow.contains(name) else { return nil }
        }
        return nil
    }

    private static let rowByRow: Set<String> = [
        "$match", "$project", "$addFields", "$set", "$unset", "$unwind", "$replaceRoot", "$replaceWith",
    ]

    /// Makes this builder's `$group`, just compiled, take over the groups of others that were compiled alike over other
    /// parts of the collection, in the order of the parts. False where an accumulator cannot be put together.
    public func join(_ others: [PipelineBuilder], run: @escaping ParallelRun) -> Bool {
        guard let group = stage as? Group, group.isMergeable else { return false }
        let parts = others.compactMap { other in
            (other.stage as? Group).map { ParallelGroup.Part(compiler: other.compiler, group: $0) }
        }
        guard parts.count == others.count else { return false }
        stage = ParallelGroup(group, parts, run)
        return true
    }
}

/// Runs tasks side by side and returns when all have ended; throws what the first of them to fail threw.
public typealias ParallelRun = ([() throws -> Void]) throws -> Void

/// A `$group` whose rows are read in parts, one thread a part.
final class ParallelGroup: Stage {
    struct Part {
        let compiler: Compiler
        let group: Group
    }

    private let first: Group
    private let others: [Part]
    private let run: ParallelRun
    private var isLoaded = false

    init(_ first: Group, _ others: [Part], _ run: @escaping ParallelRun) {
        self.first = first
        self.others = others
        self.run = run
    }

    override func next(_ scope: Scope) throws -> Bool {
        if !isLoaded {
            isLoaded = true
            let scopes = others.map { $0.compiler.makeScope(interrupt: scope.interrupt) }
            var tasks: [() throws -> Void] = [{ [first] in try first.load(scope) }]
            for (part, scope) in zip(others, scopes) { tasks.append { try part.group.load(scope) } }
            try run(tasks)
            for part in others { try first.absorb(part.group) }
        }
        return try first.next(scope)
    }
}
