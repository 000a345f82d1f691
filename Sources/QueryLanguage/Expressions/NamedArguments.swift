import BSON

/// The named arguments of an operator that takes an object: `{$filter: {input: …, cond: …}}`.
struct NamedArguments {
    private let operatorName: String
    private let values: [(name: String, value: ValueView)]

    /// - Parameters:
    ///   - allowed: every name the operator knows.
    ///   - notObject, unknown: the codes for an argument that is no object, and for a name the operator does not know.
    init(
        _ argument: ValueView, of name: String, _ allowed: [String], notObject: ErrorCode, unknown: ErrorCode
    ) throws {
        operatorName = name
        guard argument.type == .document else {
            throw AtelierError(
                notObject, "\(name) only supports an object as its argument, not \(argument.type.name)",
                advice: "Its arguments are \(allowed.joined(separator: ", ")).")
        }
        var values: [(name: String, value: ValueView)] = []
        var cursor = argument.asDocument.elements()
        while cursor.next() {
            let key = cursor.keyString
            guard allowed.contains(key) else {
                throw AtelierError(
                    unknown, "Unrecognized argument to \(name): \(key)",
                    advice: Suggestion.name(key, among: allowed)
                        ?? "Its arguments are \(allowed.joined(separator: ", "))."
                ).found(at: cursor)
            }
            values.append((key, cursor.value))
        }
        self.values = values
    }

    /// An argument as it is written; nil where it is not given. Of two with one name the last counts.
    subscript(_ name: String) -> ValueView? { values.last { $0.name == name }?.value }

    /// An argument that must be there.
    func required(_ name: String, _ code: ErrorCode) throws -> ValueView {
        guard let value = self[name] else {
            throw AtelierError(code, "Missing '\(name)' argument to \(operatorName)")
        }
        return value
    }
}

extension Compiler {
    /// An optional argument, compiled.
    func expression(_ arguments: NamedArguments, _ name: String) throws -> Expression? {
        try arguments[name].map { try expression($0) }
    }

    /// A required argument, compiled.
    func expression(_ arguments: NamedArguments, required name: String, _ code: ErrorCode) throws -> Expression {
        try expression(arguments.required(name, code))
    }

    /// A call of an operator with named arguments, folded where all are constant. Those that are not given are `missing`.
    func call(
        _ name: String, _ operands: [Expression?], _ body: @escaping (Scope, Arguments) throws -> ValueView
    ) throws -> Expression {
        let operands = operands.map { $0 ?? Constant(.missing) }
        return try fold(FunctionCall(name, operands, body), operands)
    }
}

/// Whole numbers as operators ask for them.
extension ValueView {
    /// The number as an Int where it is a whole number that fits 32 bits, whatever its type.
    var exactInt32: Int? { exactInt64.flatMap { Int32(exactly: $0) }.map { Int($0) } }
}
