import BSON

/// `$jsonSchema`: the keywords of one schema, compiled. Nested schemas are tests of their own.
///
/// Each keyword speaks of values of its kind only: `minimum` of numbers, `maxLength` of strings, and so on; any other value
/// satisfies it.
/// Source: MongoDB manual, "$jsonSchema"; JSON Schema draft 4.
final class SchemaTest: ValueTest {
    /// The schema as it was written, for explanations.
    var specification: DocumentView?
    var types: TypeSet?
    /// Documents are equal whatever the order of their fields.
    var enumeration: [ValueView]?
    var numbers: [NumberRule] = []
    var lengths: Bounds?
    var pattern: Regex?
    var items: ItemRule?
    var fields: FieldRule?
    var allOf: [SchemaTest] = []
    var anyOf: [SchemaTest]?
    var oneOf: [SchemaTest]?
    var not: SchemaTest?

    override var testsElements: Bool { false }

    enum NumberRule {
        case atLeast(ValueView, exclusive: Bool)
        case atMost(ValueView, exclusive: Bool)
        case multiple(of: Decimal128)
    }

    struct Bounds {
        var least: Int64 = 0
        var most: Int64 = .max
        func allow(_ count: Int) -> Bool { Int64(count) >= least && Int64(count) <= most }
    }

    struct ItemRule {
        var counts = Bounds()
        var unique = false
        /// The schemas of the first elements.
        var leading: [SchemaTest] = []
        /// The schema of the others; nil for none.
        var others: SchemaTest?
        var allowsOthers = true
    }

    struct FieldRule {
        var counts = Bounds()
        var required: [FieldName] = []
        var properties: [(name: FieldName, schema: SchemaTest)] = []
        var patterns: [(name: Regex, schema: SchemaTest)] = []
        /// The schema of fields that neither `properties` nor `patternProperties` names; nil for none.
        var others: SchemaTest?
        var allowsOthers = true
        var dependencies: [(name: FieldName, required: [FieldName], schema: SchemaTest?)] = []
    }

    override func test(_ value: ValueView, _ scope: Scope) throws -> Bool {
        if let types, !types.contains(value.type) { return false }
        if let enumeration, !enumeration.contains(where: { $0.equalsUnordered(value) }) { return false }
        switch value.type {
        case .int32, .int64, .double, .decimal:
            for rule in numbers where !SchemaTest.satisfies(value, rule) { return false }
        case .string:
            if let lengths, !lengths.allow(value.codePointCount) { return false }
            if let pattern, try !pattern.matches(value.bytes) { return false }
        case .array: if let items, try !satisfies(value.asDocument, items, scope) { return false }
        case .document: if let fields, try !satisfies(value.asDocument, fields, scope) { return false }
        default: break
        }
        for schema in allOf where try !schema.test(value, scope) { return false }
        if let anyOf, try !anyOf.contains(where: { try $0.test(value, scope) }) { return false }
        if let oneOf, try oneOf.count(where: { try $0.test(value, scope) }) != 1 { return false }
        if let not, try not.test(value, scope) { return false }
        return true
    }

    static func satisfies(_ value: ValueView, _ rule: NumberRule) -> Bool {
        switch rule {
        case .atLeast(let bound, let exclusive):
            return (exclusive ? FilterComparison.greater : .greaterOrEqual).holds(value, bound)
        case .atMost(let bound, let exclusive):
            return (exclusive ? FilterComparison.less : .lessOrEqual).holds(value, bound)
        case .multiple(let divisor):
            return Numeric.decimal(value).remainder(dividingBy: divisor).isZero
        }
    }

    private func satisfies(_ array: DocumentView, _ rule: ItemRule, _ scope: Scope) throws -> Bool {
        if !rule.counts.allow(array.count) { return false }
        if rule.unique && !SchemaTest.isUnique(array.valueViews) { return false }
        var position = 0
        var cursor = array.elements()
        while cursor.next() {
            if position < rule.leading.count {
                if try !rule.leading[position].test(cursor.value, scope) { return false }
            } else if !rule.allowsOthers {
                return false
            } else if let others = rule.others, try !others.test(cursor.value, scope) {
                return false
            }
            position += 1
        }
        return true
    }

    static func isUnique(_ values: [ValueView]) -> Bool {
        for (i, value) in values.enumerated() where values[..<i].contains(where: { $0.equalsUnordered(value) }) {
            return false
        }
        return true
    }

    private func satisfies(_ document: DocumentView, _ rule: FieldRule, _ scope: Scope) throws -> Bool {
        if rule.counts.least > 0 || rule.counts.most < .max, !rule.counts.allow(document.count) { return false }
        for name in rule.required where document.find(name).isMissing { return false }
        if !rule.properties.isEmpty || !rule.patterns.isEmpty || !rule.allowsOthers || rule.others != nil {
            var cursor = document.elements()
            while cursor.next() {
                var named = false
                if let property = rule.properties.first(where: { cursor.keyEquals($0.name) }) {
                    named = true
                    if try !property.schema.test(cursor.value, scope) { return false }
                }
                for pattern in rule.patterns where try pattern.name.matches(cursor.key) {
                    named = true
                    if try !pattern.schema.test(cursor.value, scope) { return false }
                }
                if named { continue }
                if !rule.allowsOthers { return false }
                if let others = rule.others, try !others.test(cursor.value, scope) { return false }
            }
        }
        for dependency in rule.dependencies where !document.find(dependency.name).isMissing {
            for name in dependency.required where document.find(name).isMissing { return false }
            if let schema = dependency.schema, try !schema.test(.document(document), scope) { return false }
        }
        return true
    }
}

/// A row that satisfies a schema.
final class SchemaPredicate: Predicate {
    let row: Expression
    let schema: SchemaTest

    init(_ row: Expression, _ schema: SchemaTest) {
        self.row = row
        self.schema = schema
    }

    override func matches(_ scope: Scope) throws -> Bool { try schema.test(row.evaluate(scope), scope) }
}

extension ValueView {
    /// The number of Unicode scalars in a string: bytes that do not continue another.
    var codePointCount: Int { bytes.reduce(0) { $0 + ($1 & 0xC0 == 0x80 ? 0 : 1) } }

    /// Equality as schemas see it: that of queries, but for the order of documents' fields.
    func equalsUnordered(_ other: ValueView) -> Bool {
        switch (type, other.type) {
        case (.document, .document):
            guard asDocument.count == other.asDocument.count else { return false }
            var cursor = asDocument.elements()
            while cursor.next() {
                let match = other.asDocument.find(
                    MatchPath.Step(name: cursor.key.baseAddress!, length: cursor.key.count, position: -1))
                if match.isMissing || !cursor.value.equalsUnordered(match) { return false }
            }
            return true
        case (.array, .array):
            var (a, b) = (asDocument.elements(), other.asDocument.elements())
            while true {
                let (more, otherMore) = (a.next(), b.next())
                if !more || !otherMore { return more == otherMore }
                if !a.value.equalsUnordered(b.value) { return false }
            }
        default: return equals(other)
        }
    }
}
