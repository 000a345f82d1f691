import BSON

/// A compiled filter: says whether the row in a scope passes.
///
/// Subclasses are final, hold what they need in `let`s and allocate nothing per row; one predicate may run in several
/// scopes at once.
///
/// A predicate that holds thanks to an element of an array leaves that element's position in `scope.matchedPosition`: the
/// position that `$` stands for in updates and projections. Who wants it sets `matchedPosition` to nil first.
open class Predicate {
    public init() {}

    open func matches(_ scope: Scope) throws -> Bool {
        preconditionFailure("every predicate says what it matches")
    }
}

/// The same answer for every row.
final class ConstantPredicate: Predicate {
    let answer: Bool
    init(_ answer: Bool) { self.answer = answer }
    override func matches(_ scope: Scope) throws -> Bool { answer }
}

/// `$and`: every part, from left to right until one fails.
final class Conjunction: Predicate {
    let parts: ObjectList<Predicate>
    init(_ parts: [Predicate]) { self.parts = ObjectList(parts) }

    override func matches(_ scope: Scope) throws -> Bool {
        for index in 0..<parts.count where try !parts.with(index, { try $0.matches(scope) }) { return false }
        return true
    }
}

/// `$or`: any part. It does not say which element matched.
final class Disjunction: Predicate {
    let parts: ObjectList<Predicate>
    init(_ parts: [Predicate]) { self.parts = ObjectList(parts) }

    override func matches(_ scope: Scope) throws -> Bool {
        let position = scope.matchedPosition
        defer { scope.matchedPosition = position }
        for index in 0..<parts.count where try parts.with(index, { try $0.matches(scope) }) { return true }
        return false
    }
}

/// `$nor` of one part, `$not`, `$ne`, `$nin`.
final class Negation: Predicate {
    let part: Predicate
    init(_ part: Predicate) { self.part = part }

    override func matches(_ scope: Scope) throws -> Bool {
        let position = scope.matchedPosition
        defer { scope.matchedPosition = position }
        return try !part.matches(scope)
    }
}

/// `$expr`: the truth of an expression.
final class ExpressionPredicate: Predicate {
    let expression: Expression
    init(_ expression: Expression) { self.expression = expression }
    override func matches(_ scope: Scope) throws -> Bool { try expression.evaluate(scope).isTruthy }
}

/// `$sampleRate`: a row passes with this probability.
final class Sample: Predicate {
    let rate: Double
    init(rate: Double) { self.rate = rate }
    override func matches(_ scope: Scope) throws -> Bool { Double.random(in: 0..<1) < rate }
}
