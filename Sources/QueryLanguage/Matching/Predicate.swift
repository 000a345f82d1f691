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

    /// Whether the predicate can look at a batch of rows.
    var isBatched: Bool { false }

    /// The rows, of some of a batch, that pass. It does not say which elements matched.
    ///
    /// What it throws leaves the answer to `matches`, row by row.
    func passing(_ rows: Rows, of batch: Batch) throws -> Rows { throw Irregular() }
}

/// The same answer for every row.
final class ConstantPredicate: Predicate {
    let answer: Bool
    init(_ answer: Bool) { self.answer = answer }
    override func matches(_ scope: Scope) throws -> Bool { answer }

    override var isBatched: Bool { true }
    override func passing(_ rows: Rows, of batch: Batch) -> Rows { batch.rows(rows) { _ in answer }.passed }
}

/// `$and`: every part, from left to right until one fails.
final class Conjunction: Predicate {
    let parts: ObjectList<Predicate>
    init(_ parts: [Predicate]) { self.parts = ObjectList(parts) }

    override func matches(_ scope: Scope) throws -> Bool {
        for index in 0..<parts.count where try !parts.with(index, { try $0.matches(scope) }) { return false }
        return true
    }

    override var isBatched: Bool { parts.elements.allSatisfy(\.isBatched) }

    override func passing(_ rows: Rows, of batch: Batch) throws -> Rows {
        var passed = rows
        for part in parts.elements where passed.count > 0 { passed = try part.passing(passed, of: batch) }
        return passed
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

    override var isBatched: Bool { parts.elements.allSatisfy(\.isBatched) }

    override func passing(_ rows: Rows, of batch: Batch) throws -> Rows {
        var open = rows
        for part in parts.elements where open.count > 0 {
            open = try batch.rows(open, without: part.passing(open, of: batch))
        }
        return batch.rows(rows, without: open)
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

    override var isBatched: Bool { part.isBatched }

    override func passing(_ rows: Rows, of batch: Batch) throws -> Rows {
        try batch.rows(rows, without: part.passing(rows, of: batch))
    }
}

/// `$expr`: the truth of an expression.
final class ExpressionPredicate: Predicate {
    let expression: Expression
    init(_ expression: Expression) { self.expression = expression }
    override func matches(_ scope: Scope) throws -> Bool { try expression.evaluate(scope).isTruthy }

    override var isBatched: Bool { expression.isBatched }

    override func passing(_ rows: Rows, of batch: Batch) throws -> Rows {
        let isTrue = try expression.column(batch, rows)
        return batch.rows(rows) { isTrue[$0].isTruthy }.passed
    }
}

/// `$sampleRate`: a row passes with this probability.
final class Sample: Predicate {
    let rate: Double
    init(rate: Double) { self.rate = rate }
    override func matches(_ scope: Scope) throws -> Bool { Double.random(in: 0..<1) < rate }
}
