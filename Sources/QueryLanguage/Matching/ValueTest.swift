import BSON

/// A test of one value: what is left of a filter's condition once its path has been walked.
///
/// Subclasses are final and immutable. A value the path did not find is tested as `missing`.
class ValueTest {
    /// Whether an array at the end of a path is tested element by element before it is tested itself; the array operators
    /// (`$size`, `$elemMatch`) look at the array only.
    var testsElements: Bool { true }

    func test(_ value: ValueView, _ scope: Scope) throws -> Bool {
        preconditionFailure("every test says what it accepts")
    }
}

/// Several tests of the same value.
final class AllTests: ValueTest {
    let tests: [ValueTest]
    init(_ tests: [ValueTest]) { self.tests = tests }

    override func test(_ value: ValueView, _ scope: Scope) throws -> Bool {
        for test in tests where try !test.test(value, scope) { return false }
        return true
    }
}

/// The opposite of a test.
final class NotTest: ValueTest {
    let negated: ValueTest
    init(_ negated: ValueTest) { self.negated = negated }

    override func test(_ value: ValueView, _ scope: Scope) throws -> Bool {
        let position = scope.matchedPosition
        defer { scope.matchedPosition = position }
        return try !negated.test(value, scope)
    }
}

/// The same answer for every value: `{$in: []}`, `{$all: []}`.
final class ConstantTest: ValueTest {
    let answer: Bool
    init(_ answer: Bool) { self.answer = answer }
    override func test(_ value: ValueView, _ scope: Scope) throws -> Bool { answer }
}

/// `$exists: true`.
final class ExistsTest: ValueTest {
    override func test(_ value: ValueView, _ scope: Scope) throws -> Bool { !value.isMissing }
}

/// `$type`.
final class TypeTest: ValueTest {
    let types: TypeSet
    init(_ types: TypeSet) { self.types = types }
    override func test(_ value: ValueView, _ scope: Scope) throws -> Bool { types.contains(value.type) }
}

/// A regular expression against strings and symbols; a stored regular expression matches its own twin.
final class RegexTest: ValueTest {
    let regex: RegexLiteral
    init(_ regex: RegexLiteral) { self.regex = regex }
    override func test(_ value: ValueView, _ scope: Scope) throws -> Bool { try regex.matches(value) }
}

/// `$mod`: the remainder of the number's integer part.
final class ModTest: ValueTest {
    let divisor: Int64
    let remainder: Int64

    init(divisor: Int64, remainder: Int64) {
        self.divisor = divisor
        self.remainder = remainder
    }

    override func test(_ value: ValueView, _ scope: Scope) throws -> Bool {
        guard value.isNumber, let whole = value.truncatedInt64 else { return false }
        // The least Int64 has no quotient by -1, but its remainder is 0 like everyone's.
        return (divisor == -1 ? 0 : whole % divisor) == remainder
    }
}

extension ValueView {
    /// The integer part of a number; nil where that is out of range, or the number is NaN or infinite.
    var truncatedInt64: Int64? {
        switch type {
        case .int32, .int64: asInt64
        case .double: Int64(exactly: asDouble.rounded(.towardZero))
        case .decimal: asDecimal.isFinite ? asDecimal.roundedToIntegral(.towardZero).exactInt64 : nil
        default: nil
        }
    }
}

/// `$size`: an array of just so many elements.
final class SizeTest: ValueTest {
    let size: Int64
    init(_ size: Int64) { self.size = size }
    override var testsElements: Bool { false }

    override func test(_ value: ValueView, _ scope: Scope) throws -> Bool {
        guard value.type == .array else { return false }
        var count: Int64 = 0
        var cursor = value.asDocument.elements()
        while cursor.next() {
            count += 1
            if count > size { return false }
        }
        return count == size
    }
}

/// `$elemMatch` with operators: one element passes the test. Nested arrays are elements like any other.
final class ElementTest: ValueTest {
    let element: ValueTest
    init(_ element: ValueTest) { self.element = element }
    override var testsElements: Bool { false }

    override func test(_ value: ValueView, _ scope: Scope) throws -> Bool {
        guard value.type == .array else { return false }
        var position = 0
        var cursor = value.asDocument.elements()
        while cursor.next() {
            if try element.test(cursor.value, scope) {
                scope.matchedPosition = position
                return true
            }
            position += 1
        }
        return false
    }
}

/// `$elemMatch` with a filter: one element that is a document (or an array, whose fields are "0", "1", …) passes it.
final class ElementFilterTest: ValueTest {
    /// Receives the element; the filter's fields are gathered below it.
    let slot: Slot
    let filter: Predicate

    init(slot: Slot, filter: Predicate) {
        self.slot = slot
        self.filter = filter
    }

    override var testsElements: Bool { false }

    override func test(_ value: ValueView, _ scope: Scope) throws -> Bool {
        guard value.type == .array else { return false }
        var position = 0
        var cursor = value.asDocument.elements()
        while cursor.next() {
            if cursor.type == .document || cursor.type == .array {
                scope.assign(slot, .document(cursor.value.asDocument))
                if try filter.matches(scope) {
                    scope.matchedPosition = position
                    return true
                }
            }
            position += 1
        }
        return false
    }
}
