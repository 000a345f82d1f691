import BSON

extension StageOperator {
    /// Source: MongoDB manual, "$replaceRoot".
    static let replaceRoot = StageOperator("$replaceRoot") { specification, builder in
        guard specification.type == .document else {
            throw AtelierError(
                40229, "expected an object as specification for $replaceRoot stage, got \(specification.type.name)")
        }
        var newRoot = ValueView.missing
        var cursor = specification.asDocument.elements()
        while cursor.next() {
            guard cursor.keyString == "newRoot" else {
                throw AtelierError(40415, "BSON field '$replaceRoot.\(cursor.keyString)' is an unknown field.")
            }
            newRoot = cursor.value
        }
        if newRoot.isMissing { throw AtelierError(40231, "no newRoot specified for the $replaceRoot stage") }
        try builder.replaceRoot(newRoot, "newRoot")
    }

    /// Source: MongoDB manual, "$replaceWith".
    static let replaceWith = StageOperator("$replaceWith") { specification, builder in
        try builder.replaceRoot(specification, "replacement document")
    }
}

extension PipelineBuilder {
    fileprivate func replaceRoot(_ specification: ValueView, _ what: String) throws {
        let expression = try compiler.expression(specification)
        let root = compiler.newSlot()
        stage = ReplaceRoot(stage, expression, root, what)
        compiler.shape = Shape(base: root)
    }
}

final class ReplaceRoot: Stage {
    private let input: Stage
    private let expression: Expression
    private let root: Slot
    private let what: String

    init(_ input: Stage, _ expression: Expression, _ root: Slot, _ what: String) {
        self.input = input
        self.expression = expression
        self.root = root
        self.what = what
    }

    override func next(_ scope: Scope) throws -> Bool {
        guard try input.next(scope) else { return false }
        let document = try expression.evaluate(scope)
        guard document.type == .document else {
            throw AtelierError(
                40228,
                "'\(what)' expression must evaluate to an object, but resulting value was of type \(document.type.name)"
            )
        }
        scope.assign(root, document)
        return true
    }

    override func restart() { input.restart() }
}
