import BSON

extension StageOperator {
    /// Source: MongoDB manual, "$unionWith". The rows, then another collection's through a pipeline.
    static let unionWith = StageOperator("$unionWith") { specification, builder in
        var collection: String?
        var stages: [ValueView] = []
        switch specification.type {
        case .string: collection = specification.asString
        case .document:
            var cursor = specification.asDocument.elements()
            while cursor.next() {
                switch cursor.keyString {
                case "coll":
                    guard cursor.value.type == .string else {
                        throw AtelierError(
                            .typeMismatch,
                            "BSON field '$unionWith.coll' is the wrong type '\(cursor.type.name)', expected type 'string'"
                        )
                    }
                    collection = cursor.value.asString
                case "pipeline": stages = try PipelineBuilder.stages(cursor.value)
                case let name: throw AtelierError(40415, "BSON field '$unionWith.\(name)' is an unknown field.")
                }
            }
        default:
            throw AtelierError(
                .failedToParse,
                "the $unionWith stage specification must be an object or string, but found \(specification.type.name)")
        }
        guard let collection else {
            throw AtelierError(40414, "BSON field '$unionWith.coll' is missing but a required field")
        }
        let nested = try NestedPipeline(builder, from: collection, stages, [])
        let root = builder.compiler.newSlot()
        builder.stage = UnionWith(builder.stage, row: builder.compiler.rowDocument(), nested, root)
        builder.compiler.shape = Shape(base: root)
    }
}

final class UnionWith: Stage {
    private let input: Stage
    private let row: Expression
    private let nested: NestedPipeline
    private let root: Slot
    private var first = true

    init(_ input: Stage, row: Expression, _ nested: NestedPipeline, _ root: Slot) {
        self.input = input
        self.row = row
        self.nested = nested
        self.root = root
    }

    override func next(_ scope: Scope) throws -> Bool {
        if first {
            if try input.next(scope) {
                scope.assign(root, try row.evaluate(scope))
                return true
            }
            first = false
            try nested.start(scope)
        }
        guard let document = try nested.next() else { return false }
        scope.arena.reset()
        scope.assign(root, scope.arena.copy(.document(document)))
        return true
    }

    override func restart() {
        first = true
        input.restart()
    }
}
