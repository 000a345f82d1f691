import BSON

extension StageOperator {
    /// Source: MongoDB manual, "$match".
    static let match = StageOperator("$match") { specification, builder in
        guard specification.type == .document else {
            throw AtelierError(15959, "the match filter must be an expression in an object")
        }
        let predicate = try builder.compiler.filter(specification.asDocument)
        if let group = builder.group(yieldingAllIn: specification.asDocument) {
            group.having.append(predicate)
        } else {
            builder.stage = Match(builder.stage, predicate)
        }
    }
}

extension PipelineBuilder {
    /// The `$group` just compiled, where all that a filter looks at are results of its accumulators: groups that do not
    /// pass then never become rows.
    fileprivate func group(yieldingAllIn filter: DocumentView) -> Group? {
        guard let group = (stage as? SideBySideStage)?.first as? Group ?? stage as? Group else { return nil }
        var cursor = filter.elements()
        while cursor.next() {
            let name = cursor.keyString.prefix { $0 != "." }
            guard let slot = compiler.shape.overlays.first(where: { $0.name == name })?.slot, group.yields(slot) else {
                return nil
            }
        }
        return group
    }
}

/// Rows that satisfy a filter.
public final class Match: Stage {
    private let input: Stage
    private let predicate: Predicate

    public init(_ input: Stage, _ predicate: Predicate) {
        self.input = input
        self.predicate = predicate
    }

    public override func next(_ scope: Scope) throws -> Bool {
        while try input.next(scope) {
            if try predicate.matches(scope) { return true }
        }
        return false
    }

    public override var batchSource: (any BatchSource)? { predicate.isBatched ? input.batchSource : nil }

    public override func batch(_ scope: Scope) throws -> Batch {
        let batch = try input.batch(scope)
        batch.rows = try predicate.passing(batch.rows, of: batch)
        return batch
    }

    public override func restart() { input.restart() }
}
