import BSON

extension ExpressionOperator {
    /// Source: MongoDB manual, "Variable Expression Operators".
    static let variables: [ExpressionOperator] = [
        form("$let") { argument, compiler in
            let arguments = try NamedArguments(argument, of: "$let", ["vars", "in"], notObject: 16874, unknown: 16875)
            let variables = try arguments.required("vars", 16876)
            let body = try arguments.required("in", 16877)
            guard variables.type == .document else {
                throw AtelierError(10065, "invalid parameter: expected an object (vars)")
            }
            // All values are compiled before any name is in sight.
            var bindings: [(name: String, slot: Slot, value: Expression)] = []
            var cursor = variables.asDocument.elements()
            while cursor.next() {
                let name = cursor.keyString
                try Compiler.checkVariableName(name)
                bindings.append((name, compiler.newSlot(), try compiler.expression(cursor.value)))
            }
            let value = try compiler.with(bindings.map { ($0.name, $0.slot) }[...]) { try compiler.expression(body) }
            return Let(bindings.map { ($0.slot, $0.value) }, value)
        }
    ]
}

/// `$let`: an expression in which values have names.
final class Let: Expression {
    let bindings: [(slot: Slot, value: Expression)]
    let body: Expression

    init(_ bindings: [(slot: Slot, value: Expression)], _ body: Expression) {
        self.bindings = bindings
        self.body = body
    }

    override func evaluate(_ scope: Scope) throws -> ValueView {
        for binding in bindings { scope.assign(binding.slot, try binding.value.evaluate(scope)) }
        return try body.evaluate(scope)
    }

    override var isBatched: Bool { body.isBatched && bindings.allSatisfy(\.value.isBatched) }

    override func column(_ batch: Batch, _ rows: Rows) throws -> Column {
        for binding in bindings { batch.set(binding.slot, try binding.value.column(batch, rows), rows) }
        return try body.column(batch, rows)
    }
}

extension Compiler {
    /// Runs `body` with several variables in sight.
    func with<R>(_ variables: ArraySlice<(String, Slot)>, _ body: () throws -> R) rethrows -> R {
        guard let (name, slot) = variables.first else { return try body() }
        return try with(variable: name, slot) { try with(variables.dropFirst(), body) }
    }
}
