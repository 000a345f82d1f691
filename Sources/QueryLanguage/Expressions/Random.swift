import BSON

extension ExpressionOperator {
    /// Source: MongoDB manual, "$rand".
    static let random: [ExpressionOperator] = [
        form("$rand") { argument, _ in
            guard argument.type == .document || argument.type == .array, argument.asDocument.isEmpty else {
                throw AtelierError(3040501, "$rand does not currently accept arguments")
            }
            return RandomNumber()
        }
    ]
}

/// `$rand`: another double from 0 up to 1 each time.
final class RandomNumber: Expression {
    override func evaluate(_ scope: Scope) throws -> ValueView { .double(Double.random(in: 0..<1)) }
}
