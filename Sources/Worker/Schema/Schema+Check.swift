import BSON

/// Where a value does not fit its schema.
struct SchemaViolation: Error {
    /// For example `params.documents[3]`.
    var path: String
    /// What is wrong, as a sentence without its subject. Holds types and names, never values.
    var message: String
    /// What would have fitted, for example `an integer of at least 0`.
    var expected: String?
}

extension Schema {
    /// Checks that the value fits. O(size of the value's declared part).
    /// - Parameter path: where the value stands, for the error.
    /// - Throws: `SchemaViolation` for the first place that does not fit.
    func check(_ value: ValueView, at path: String) throws {
        switch shape {
        case .any: return
        case .null: if value.type == .null { return }
        case .boolean: if value.type == .bool { return }
        case .number: if value.isNumber { return }
        case .integer(let range):
            if let number = value.exactInt64, range.contains(number) { return }
        case .string(let choices):
            if value.type == .string, choices.isEmpty || choices.contains(value.asString) { return }
        case .object(let properties, let isOpen):
            if value.type == .document { return try check(value.asDocument, properties, isOpen: isOpen, at: path) }
        case .array(let element, let minimumCount):
            if value.type == .array { return try check(value.asDocument, element, minimumCount, at: path) }
        case .anyOf(let schemas):
            if try checkAlternatives(schemas, value, at: path) { return }
        }
        var found = withArticle(value.type.nameInJSON)
        if case .string(let choices) = shape, !choices.isEmpty, value.type == .string { found = "another string" }
        if case .integer = shape, value.isNumber {
            found = value.exactInt64 == nil ? "another number" : "an integer outside that range"
        }
        throw SchemaViolation(path: path, message: "expected \(expectation), found \(found)", expected: expectation)
    }

    private func check(_ document: DocumentView, _ properties: [Property], isOpen: Bool, at path: String) throws {
        if isOpen && properties.isEmpty { return }
        var seen = Set<String>()
        var cursor = document.elements()
        while cursor.next() {
            let name = cursor.keyString
            guard let property = properties.first(where: { $0.name == name }) else {
                if isOpen { continue }
                throw Schema.unknown(name, properties, at: path)
            }
            if !seen.insert(name).inserted {
                throw SchemaViolation(path: "\(path).\(name)", message: "appears twice", expected: nil)
            }
            try property.schema.check(cursor.value, at: "\(path).\(name)")
        }
        if let missing = properties.first(where: { $0.isRequired && !seen.contains($0.name) }) {
            let expected = missing.schema.expectation
            throw SchemaViolation(
                path: "\(path).\(missing.name)", message: "is required: expected \(expected)", expected: expected)
        }
    }

    private static func unknown(_ name: String, _ properties: [Property], at path: String) -> SchemaViolation {
        let names = properties.map(\.name)
        let advice =
            if let nearest = nearestName(to: name, among: names) {
                "did you mean `\(nearest)`?"
            } else if names.isEmpty {
                "there are none here"
            } else {
                "there are \(names.joined(separator: ", "))"
            }
        return SchemaViolation(path: "\(path).\(name)", message: "no such parameter; \(advice)", expected: nil)
    }

    private func check(_ array: DocumentView, _ element: Schema, _ minimumCount: Int, at path: String) throws {
        var count = 0
        var cursor = array.elements()
        while cursor.next() {
            try element.check(cursor.value, at: "\(path)[\(count)]")
            count += 1
        }
        if count < minimumCount {
            throw SchemaViolation(
                path: path,
                message: "expected \(expectation), found \(count == 0 ? "an empty one" : "one of \(count)")",
                expected: expectation)
        }
    }

    /// Whether one of the schemas fits. Where none does but one is of the value's own kind, that one says what is wrong inside.
    private func checkAlternatives(_ schemas: [Schema], _ value: ValueView, at path: String) throws -> Bool {
        var deepest: SchemaViolation?
        for schema in schemas {
            do {
                try schema.check(value, at: path)
                return true
            } catch let violation as SchemaViolation where violation.path != path {
                deepest = deepest ?? violation
            } catch {}
        }
        if let deepest { throw deepest }
        return false
    }

    /// What fits, as a noun phrase: `an integer of at least 0`.
    var expectation: String {
        switch shape {
        case .any: return "any value"
        case .null: return "null"
        case .boolean: return "true or false"
        case .number: return "a number"
        case .integer(let range):
            switch (range.lowerBound, range.upperBound) {
            case (.min, .max): return "an integer"
            case (let low, .max): return "an integer of at least \(low)"
            case (let low, let high): return "an integer from \(low) to \(high)"
            }
        case .string(let choices):
            if choices.isEmpty { return "a string" }
            return (choices.count > 1 ? "one of " : "") + choices.map { "\"\($0)\"" }.joined(separator: ", ")
        case .object: return "an object"
        case .array(let element, let minimumCount):
            var text = minimumCount == 0 ? "an array" : "a non-empty array"
            if case .object = element.shape { text += " of objects" }
            if case .string = element.shape { text += " of strings" }
            return minimumCount > 1 ? text + ", at least \(minimumCount) of them" : text
        case .anyOf(let schemas): return schemas.map(\.expectation).joined(separator: " or ")
        }
    }
}

extension BSONType {
    /// What a caller who writes JSON calls a value of this type.
    fileprivate var nameInJSON: String {
        switch self {
        case .document: "object"
        case .bool: "boolean"
        case .int32, .int64: "integer"
        case .double: "number"
        case .binary: "binary value"
        default: name
        }
    }
}

private func withArticle(_ noun: String) -> String {
    if noun == "null" || noun == "undefined" || noun == "minKey" || noun == "maxKey" { return noun }
    return ("aeiou".contains(noun.first ?? "x") ? "an " : "a ") + noun
}
