import BSON

/// Why a value does not satisfy a schema, rule by rule, in the shape of MongoDB's `errInfo.details`.
///
/// Values themselves are left out: what comes from customers does not belong in error messages.
/// Source: MongoDB manual, "Specify JSON Schema Validation", "Specify Validation Level".
extension SchemaTest {
    /// The rules that a value fails; empty where it satisfies the schema.
    func failures(of value: ValueView, _ scope: Scope) throws -> [Document] {
        var failures: [Document] = []
        func fail(_ keyword: String, _ more: [(String, BSONValue)]) {
            var fields: [(String, BSONValue)] = [("operatorName", .string(keyword))]
            if let specified = specification?.find(keyword), !specified.isMissing, specified.type != .document {
                fields.append(("specifiedAs", .document(Document([(keyword, BSONValue(copying: specified))]))))
            }
            failures.append(Document(fields + more))
        }
        if let types, !types.contains(value.type) {
            let keyword = specification?.find("bsonType").isMissing == false ? "bsonType" : "type"
            fail(keyword, [("reason", "type did not match"), ("consideredType", .string(value.type.name))])
        }
        if let enumeration, !enumeration.contains(where: { $0.equalsUnordered(value) }) {
            fail("enum", [("reason", "value was not found in enum")])
        }
        switch value.type {
        case .int32, .int64, .double, .decimal:
            for rule in numbers where !SchemaTest.satisfies(value, rule) {
                switch rule {
                case .atLeast: fail("minimum", [("reason", "comparison failed")])
                case .atMost: fail("maximum", [("reason", "comparison failed")])
                case .multiple:
                    fail("multipleOf", [("reason", "considered value is not a multiple of the specified value")])
                }
            }
        case .string:
            if let lengths {
                let count = Int64(value.codePointCount)
                if count < lengths.least {
                    fail("minLength", [("reason", "specified string length was not satisfied")])
                }
                if count > lengths.most {
                    fail("maxLength", [("reason", "specified string length was not satisfied")])
                }
            }
            if let pattern, try !pattern.matches(value.bytes) {
                fail("pattern", [("reason", "regular expression did not match")])
            }
        case .array: if let items { try explain(value.asDocument, items, scope, fail) }
        case .document: if let fields { try explain(value.asDocument, fields, scope, fail) }
        default: break
        }
        if try allOf.contains(where: { try !$0.test(value, scope) }) {
            fail("allOf", [("schemasNotSatisfied", try SchemaTest.branches(allOf, value, scope))])
        }
        if let anyOf, try !anyOf.contains(where: { try $0.test(value, scope) }) {
            fail("anyOf", [("schemasNotSatisfied", try SchemaTest.branches(anyOf, value, scope))])
        }
        if let oneOf {
            let matching = try oneOf.indices.filter { try oneOf[$0].test(value, scope) }
            if matching.isEmpty {
                fail("oneOf", [("schemasNotSatisfied", try SchemaTest.branches(oneOf, value, scope))])
            } else if matching.count > 1 {
                let indexes = BSONValue.array(BSONArray(matching.map { .integer($0) }))
                fail("oneOf", [("reason", "more than one subschema matched"), ("matchingSchemaIndexes", indexes)])
            }
        }
        if let not, try not.test(value, scope) { fail("not", [("reason", "child expression matched")]) }
        return failures
    }

    private typealias Report = (_ keyword: String, _ more: [(String, BSONValue)]) -> Void

    /// The branches that fail, by position.
    private static func branches(_ schemas: [SchemaTest], _ value: ValueView, _ scope: Scope) throws -> BSONValue {
        var result: [BSONValue] = []
        for (index, schema) in schemas.enumerated() {
            let failures = try schema.failures(of: value, scope)
            if failures.isEmpty { continue }
            result.append(.document(["index": .integer(index), "details": .array(BSONArray(documents: failures))]))
        }
        return .array(BSONArray(result))
    }

    private func explain(_ array: DocumentView, _ rule: ItemRule, _ scope: Scope, _ fail: Report) throws {
        let values = array.valueViews
        if Int64(values.count) < rule.counts.least {
            fail("minItems", [("reason", "array did not match specified length")])
        }
        if Int64(values.count) > rule.counts.most {
            fail("maxItems", [("reason", "array did not match specified length")])
        }
        if rule.unique && !SchemaTest.isUnique(values) { fail("uniqueItems", [("reason", "found a duplicate item")]) }
        for (position, value) in values.enumerated() {
            let leading = position < rule.leading.count
            if !leading && !rule.allowsOthers {
                fail("additionalItems", [("reason", "found additional items")])
                return
            }
            guard let schema = leading ? rule.leading[position] : rule.others else { continue }
            let failures = try schema.failures(of: value, scope)
            if failures.isEmpty { continue }
            let keyword = leading || rule.leading.isEmpty ? "items" : "additionalItems"
            fail(
                keyword,
                [
                    ("reason", "At least one item did not match the sub-schema"), ("itemIndex", .integer(position)),
                    ("details", .array(BSONArray(documents: failures))),
                ])
            return
        }
    }

    private func explain(_ document: DocumentView, _ rule: FieldRule, _ scope: Scope, _ fail: Report) throws {
        let count = document.count
        if Int64(count) < rule.counts.least || Int64(count) > rule.counts.most {
            fail(
                Int64(count) < rule.counts.least ? "minProperties" : "maxProperties",
                [
                    ("reason", "specified number of properties was not satisfied"),
                    ("numberOfProperties", .integer(count)),
                ])
        }
        var named: [Document] = []
        var patterned: [Document] = []
        var others: [BSONValue] = []
        var cursor = document.elements()
        while cursor.next() {
            let name = cursor.keyString
            var known = false
            if let property = rule.properties.first(where: { cursor.keyEquals($0.name) }) {
                known = true
                if let failure = try property.schema.failure(of: cursor.value, named: name, scope) {
                    named.append(failure)
                }
            }
            for pattern in rule.patterns where try pattern.name.matches(cursor.key) {
                known = true
                if let failure = try pattern.schema.failure(of: cursor.value, named: name, scope) {
                    patterned.append(failure)
                }
            }
            if known { continue }
            if !rule.allowsOthers {
                others.append(.string(name))
            } else if let schema = rule.others, try !schema.test(cursor.value, scope) {
                others.append(.string(name))
            }
        }
        if !named.isEmpty { fail("properties", [("propertiesNotSatisfied", .array(BSONArray(documents: named)))]) }
        if !patterned.isEmpty {
            fail("patternProperties", [("details", .array(BSONArray(documents: patterned)))])
        }
        if !others.isEmpty { fail("additionalProperties", [("additionalProperties", .array(BSONArray(others)))]) }
        let missing = SchemaTest.missing(rule.required, in: document)
        if !missing.isEmpty { fail("required", [("missingProperties", .array(BSONArray(missing)))]) }
        try explain(document, dependencies: rule, scope, fail)
    }

    private func explain(
        _ document: DocumentView, dependencies rule: FieldRule, _ scope: Scope, _ fail: Report
    ) throws {
        var failing: [BSONValue] = []
        for dependency in rule.dependencies where !document.find(dependency.name).isMissing {
            let missing = SchemaTest.missing(dependency.required, in: document)
            let details = try dependency.schema?.failures(of: .document(document), scope) ?? []
            if missing.isEmpty && details.isEmpty { continue }
            var failure: [(String, BSONValue)] = [("conditionalProperty", .string(dependency.name.text))]
            if !missing.isEmpty { failure.append(("missingProperties", .array(BSONArray(missing)))) }
            if !details.isEmpty { failure.append(("details", .array(BSONArray(documents: details)))) }
            failing.append(.document(Document(failure)))
        }
        if !failing.isEmpty { fail("dependencies", [("failingDependencies", .array(BSONArray(failing)))]) }
    }

    private static func missing(_ names: [FieldName], in document: DocumentView) -> [BSONValue] {
        names.filter { document.find($0).isMissing }.map { .string($0.text) }
    }

    /// One property's failures with its name and description.
    private func failure(of value: ValueView, named name: String, _ scope: Scope) throws -> Document? {
        let failures = try failures(of: value, scope)
        if failures.isEmpty { return nil }
        var fields: [(String, BSONValue)] = [("propertyName", .string(name))]
        for keyword in ["title", "description"] {
            if let text = specification?.find(keyword), !text.isMissing {
                fields.append((keyword, BSONValue(copying: text)))
            }
        }
        fields.append(("details", .array(BSONArray(documents: failures))))
        return Document(fields)
    }
}

extension Predicate {
    /// Why a document fails, where the filter is a `$jsonSchema` or has one beside other conditions; nil otherwise.
    func schemaExplanation(_ scope: Scope) throws -> Document? {
        switch self {
        case let conjunction as Conjunction:
            for part in conjunction.parts.elements {
                if let explanation = try part.schemaExplanation(scope) { return explanation }
            }
            return nil
        case let predicate as SchemaPredicate:
            let failures = try predicate.schema.failures(of: predicate.row.evaluate(scope), scope)
            if failures.isEmpty { return nil }
            var fields: [(String, BSONValue)] = [("operatorName", "$jsonSchema")]
            for keyword in ["title", "description"] {
                if let text = predicate.schema.specification?.find(keyword), !text.isMissing {
                    fields.append((keyword, BSONValue(copying: text)))
                }
            }
            return Document(fields + [("schemaRulesNotSatisfied", .array(BSONArray(documents: failures)))])
        default: return nil
        }
    }
}
