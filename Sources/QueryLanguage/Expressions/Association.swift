import BSON

/// How far a call's constant arguments may be evaluated before the others.
enum Association: Sendable {
    /// Only where all arguments are constant.
    case none
    /// Neighbouring constants are put together: `$concat`.
    case associative
    /// All constants are put together, behind the other arguments: `$add`.
    case commutative
}

extension Compiler {
    /// A call of an associative operator, its constants put together as MongoDB does before it reads a document.
    ///
    /// This decides which error a call reports, and whether: `{$concat: ["$x", "a", 1]}` fails even where `x` is null.
    func associated(
        _ name: String, _ operands: [Expression], _ association: Association, _ call: ([Expression]) -> Expression
    ) throws -> Expression {
        if !foldsConstants { return call(operands) }
        if operands.allSatisfy({ $0.constant != nil }) { return folded(call(operands)) }
        guard association != .none else { return call(operands) }
        var constants: [Expression] = []
        var result: [Expression] = []
        func close() {
            result += constants.count > 1 ? [folded(call(constants))] : constants
            constants = []
        }
        for operand in flattened(name, operands) {
            if operand.constant != nil {
                constants.append(operand)
            } else {
                if association == .associative { close() }
                result.append(operand)
            }
        }
        close()
        return call(result)
    }

    /// The operands with those of nested calls of the same operator in their places.
    private func flattened(_ name: String, _ operands: [Expression]) -> [Expression] {
        operands.flatMap { operand in
            if let call = operand as? FunctionCall, call.name == name { call.operands } else { [operand] }
        }
    }
}
