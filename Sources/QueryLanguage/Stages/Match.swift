import BSON

extension StageOperator {
    /// Source: MongoDB manual, "$match".
    static let match = StageOperator("$match") { specification, builder in
        guard specification.type == .document else {
            throw AtelierError(15959, "the match filter must be an expression in an object")
        }
        let predicate = try builder.compiler.filter(specification.asDocument)
        builder.stage = Match(builder.stage, predicate)
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

    public override func restart() { input.restart() }
}
