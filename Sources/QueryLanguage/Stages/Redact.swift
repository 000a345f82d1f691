import BSON

extension StageOperator {
    /// Source: MongoDB manual, "$redact". Keeps, prunes or descends into each level of the document.
    static let redact = StageOperator("$redact") { specification, builder in
        let compiler = builder.compiler
        let current = compiler.newSlot()
        let row = compiler.rowDocument()
        var decision: Expression?
        // The verdicts are variables, as MongoDB has it; each holds its own name.
        let verdicts = ["DESCEND", "PRUNE", "KEEP"].map { name in (name, compiler.newSlot()) }
        try compiler.with(variable: "CURRENT", current) {
            for (name, slot) in verdicts { compiler.variables[name] = slot }
            defer { for (name, _) in verdicts { compiler.variables[name] = nil } }
            decision = try compiler.expression(specification)
        }
        let root = compiler.newSlot()
        let constants = verdicts.map { (slot: $0.1, value: compiler.arena.string($0.0)) }
        builder.stage = Redact(builder.stage, row: row, decision!, current: current, root: root, verdicts: constants)
        compiler.shape = Shape(base: root)
    }
}

final class Redact: Stage {
    private let input: Stage
    private let row: Expression
    private let decision: Expression
    private let current: Slot
    private let root: Slot
    private let verdicts: [(slot: Slot, value: ValueView)]

    init(
        _ input: Stage, row: Expression, _ decision: Expression, current: Slot, root: Slot,
        verdicts: [(slot: Slot, value: ValueView)]
    ) {
        self.input = input
        self.row = row
        self.decision = decision
        self.current = current
        self.root = root
        self.verdicts = verdicts
    }

    override func next(_ scope: Scope) throws -> Bool {
        while try input.next(scope) {
            for verdict in verdicts { scope.assign(verdict.slot, verdict.value) }
            let result = try redact(try row.evaluate(scope), scope)
            if result.isMissing { continue }
            scope.assign(root, result)
            return true
        }
        return false
    }

    /// What is left of a document; missing where it is pruned.
    private func redact(_ document: ValueView, _ scope: Scope) throws -> ValueView {
        scope.assign(current, document)
        let verdict = try decision.evaluate(scope)
        guard let known = verdicts.first(where: { verdict.type == .string && $0.value.bits == verdict.bits }) else {
            throw AtelierError(
                17053,
                "$redact's expression should not return anything aside from the variables $$KEEP, $$DESCEND, and $$PRUNE, but returned a value of type \(verdict.type.name)"
            )
        }
        switch known.value.asString {
        case "KEEP": return document
        case "PRUNE": return .missing
        default:
            return try scope.arena.document { writer in
                var cursor = document.asDocument.elements()
                while cursor.next() { writer.append(cursor.key, try descend(cursor.value, scope)) }
            }
        }
    }

    private func descend(_ value: ValueView, _ scope: Scope) throws -> ValueView {
        switch value.type {
        case .document: return try redact(value, scope)
        case .array:
            return try scope.arena.array { writer in
                var cursor = value.asDocument.elements()
                while cursor.next() {
                    let kept = try descend(cursor.value, scope)
                    if !kept.isMissing { writer.appendElement(kept) }
                }
            }
        default: return value
        }
    }

    override func restart() { input.restart() }
}
