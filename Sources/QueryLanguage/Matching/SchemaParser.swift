import BSON

/// Reads a JSON Schema in MongoDB's dialect of draft 4 into a `SchemaTest`.
///
/// Errors: `FailedToParse` for keywords that do not exist or make no sense, `TypeMismatch` for arguments of a wrong type.
struct SchemaParser {
    /// Keeps constants.
    let arena: Arena

    /// Keywords of draft 4 that MongoDB leaves out.
    private static let unsupported: Set<String> = ["$ref", "$schema", "default", "definitions", "format", "id"]

    func schema(_ spec: DocumentView) throws -> SchemaTest {
        let schema = SchemaTest()
        schema.specification = arena.copy(.document(spec)).asDocument
        var fields = SchemaTest.FieldRule()
        var items = SchemaTest.ItemRule()
        var lengths = SchemaTest.Bounds()
        var used: Set<String> = []
        var cursor = spec.elements()
        while cursor.next() {
            let (keyword, value) = (cursor.keyString, cursor.value)
            if !used.insert(keyword).inserted { throw SchemaParser.failed("Duplicate $jsonSchema keyword: \(keyword)") }
            switch keyword {
            case "title", "description": try SchemaParser.check(value, is: .string, keyword)
            case "type", "bsonType":
                if schema.types != nil {
                    throw SchemaParser.failed("Cannot specify both $jsonSchema keywords 'type' and 'bsonType'")
                }
                schema.types = try types(value, keyword)
            case "enum": schema.enumeration = try enumeration(value)
            case "minimum", "maximum", "multipleOf", "exclusiveMinimum", "exclusiveMaximum":
                try number(keyword, value, spec, schema)
            case "minLength": lengths.least = try count(value, keyword)
            case "maxLength": lengths.most = try count(value, keyword)
            case "pattern":
                try SchemaParser.check(value, is: .string, keyword)
                schema.pattern = try Regex(pattern: value.asString)
            case "minItems": items.counts.least = try count(value, keyword)
            case "maxItems": items.counts.most = try count(value, keyword)
            case "uniqueItems":
                try SchemaParser.check(value, is: .bool, keyword)
                items.unique = value.asBool
            case "items":
                if value.type == .array {
                    items.leading = try value.asDocument.valueViews.map { try nested($0, keyword) }
                } else {
                    items.others = try nested(value, keyword)
                }
            case "additionalItems": break
            case "minProperties": fields.counts.least = try count(value, keyword)
            case "maxProperties": fields.counts.most = try count(value, keyword)
            case "required": fields.required = try names(value, keyword)
            case "properties": fields.properties = try properties(value, keyword).map { (FieldName($0), $1) }
            case "patternProperties":
                fields.patterns = try properties(value, keyword).map { (try Regex(pattern: $0), $1) }
            case "additionalProperties": (fields.allowsOthers, fields.others) = try others(value, keyword)
            case "dependencies": fields.dependencies = try dependencies(value, keyword)
            case "allOf": schema.allOf = try list(value, keyword)
            case "anyOf": schema.anyOf = try list(value, keyword)
            case "oneOf": schema.oneOf = try list(value, keyword)
            case "not": schema.not = try nested(value, keyword)
            default:
                if SchemaParser.unsupported.contains(keyword) {
                    throw SchemaParser.failed("$jsonSchema keyword '\(keyword)' is not currently supported")
                }
                throw SchemaParser.failed("Unknown $jsonSchema keyword: \(keyword)")
            }
        }
        // Beside one schema for all items there are no additional ones.
        let additional = spec.find("additionalItems")
        if !additional.isMissing {
            let (allowed, schema) = try others(additional, "additionalItems")
            if spec.find("items").type == .array { (items.allowsOthers, items.others) = (allowed, schema) }
        }
        if !used.isDisjoint(with: ["minLength", "maxLength"]) { schema.lengths = lengths }
        if !used.isDisjoint(with: ["minItems", "maxItems", "uniqueItems", "items", "additionalItems"]) {
            schema.items = items
        }
        let ofFields: Set<String> = [
            "minProperties", "maxProperties", "required", "properties", "patternProperties", "additionalProperties",
            "dependencies",
        ]
        if !used.isDisjoint(with: ofFields) { schema.fields = fields }
        return schema
    }

    // MARK: Arguments

    private static func failed(_ message: String) -> AtelierError { AtelierError(.failedToParse, message) }

    private static func check(_ value: ValueView, is type: BSONType, _ keyword: String) throws {
        guard value.type == type else {
            throw AtelierError(
                .typeMismatch,
                "$jsonSchema keyword '\(keyword)' must be of type \(type.name), but found \(value.type.name)")
        }
    }

    private func nested(_ value: ValueView, _ keyword: String) throws -> SchemaTest {
        try SchemaParser.check(value, is: .document, keyword)
        return try schema(value.asDocument)
    }

    private func list(_ value: ValueView, _ keyword: String) throws -> [SchemaTest] {
        try SchemaParser.check(value, is: .array, keyword)
        if value.asDocument.isEmpty {
            throw AtelierError(.badValue, "$jsonSchema keyword '\(keyword)' must be a non-empty array")
        }
        return try value.asDocument.valueViews.map { try nested($0, keyword) }
    }

    private func count(_ value: ValueView, _ keyword: String) throws -> Int64 {
        guard value.isNumber else {
            throw AtelierError(.typeMismatch, "$jsonSchema keyword '\(keyword)' must be a number")
        }
        guard let count = value.exactInt64, count >= 0 else {
            throw SchemaParser.failed("$jsonSchema keyword '\(keyword)' must be a non-negative integer")
        }
        return count
    }

    private func types(_ value: ValueView, _ keyword: String) throws -> TypeSet {
        for name in value.type == .array ? value.asDocument.valueViews : [value] {
            guard name.type == .string else {
                throw AtelierError(
                    .typeMismatch, "$jsonSchema keyword '\(keyword)' must be either a string or an array of strings")
            }
        }
        if keyword == "bsonType" { return try TypeSet(naming: value, for: keyword) }
        var types = TypeSet()
        for name in value.type == .array ? value.asDocument.valueViews : [value] {
            switch name.asString {
            case "object": types.insert(.document)
            case "array": types.insert(.array)
            case "string": types.insert(.string)
            case "boolean": types.insert(.bool)
            case "null": types.insert(.null)
            case "number": types.formUnion(.number)
            case "integer":
                throw AtelierError(
                    .failedToParse, "$jsonSchema type 'integer' is not currently supported.",
                    advice: "Use bsonType with \"int\" and \"long\".")
            default: throw AtelierError(.badValue, "Unknown type name alias: \(name.asString)")
            }
        }
        if types.isEmpty { throw SchemaParser.failed("$jsonSchema keyword 'type' must name at least one type") }
        return types
    }

    private func enumeration(_ value: ValueView) throws -> [ValueView] {
        try SchemaParser.check(value, is: .array, "enum")
        let values = arena.copy(value).asDocument.valueViews
        if values.isEmpty { throw SchemaParser.failed("$jsonSchema keyword 'enum' cannot be an empty array") }
        for (i, value) in values.enumerated() where values[..<i].contains(where: { $0.equalsUnordered(value) }) {
            throw SchemaParser.failed("$jsonSchema keyword 'enum' array cannot contain duplicate values")
        }
        return values
    }

    private func number(_ keyword: String, _ value: ValueView, _ spec: DocumentView, _ schema: SchemaTest) throws {
        if keyword.hasPrefix("exclusive") {
            try SchemaParser.check(value, is: .bool, keyword)
            let bound = keyword == "exclusiveMinimum" ? "minimum" : "maximum"
            if spec.find(bound).isMissing {
                throw SchemaParser.failed("$jsonSchema keyword '\(bound)' must be a present if \(keyword) is present")
            }
            return
        }
        guard value.isNumber else {
            throw AtelierError(.typeMismatch, "$jsonSchema keyword '\(keyword)' must be a number")
        }
        switch keyword {
        case "minimum":
            schema.numbers.append(.atLeast(arena.copy(value), exclusive: spec.find("exclusiveMinimum").isTruthy))
        case "maximum":
            schema.numbers.append(.atMost(arena.copy(value), exclusive: spec.find("exclusiveMaximum").isTruthy))
        default:
            let divisor = Numeric.decimal(value)
            if divisor.isNaN || divisor.isNegative || divisor.isZero {
                throw SchemaParser.failed("$jsonSchema keyword 'multipleOf' must have a positive value")
            }
            schema.numbers.append(.multiple(of: divisor))
        }
    }

    // MARK: Fields

    private func names(_ value: ValueView, _ keyword: String) throws -> [FieldName] {
        try SchemaParser.check(value, is: .array, keyword)
        var names: [String] = []
        for name in value.asDocument.valueViews {
            try SchemaParser.check(name, is: .string, keyword)
            if names.contains(name.asString) {
                throw SchemaParser.failed("$jsonSchema keyword '\(keyword)' array cannot contain duplicate values")
            }
            names.append(name.asString)
        }
        if names.isEmpty { throw SchemaParser.failed("$jsonSchema keyword '\(keyword)' cannot be an empty array") }
        return names.map { FieldName($0) }
    }

    private func properties(_ value: ValueView, _ keyword: String) throws -> [(String, SchemaTest)] {
        try SchemaParser.check(value, is: .document, keyword)
        var result: [(String, SchemaTest)] = []
        var cursor = value.asDocument.elements()
        while cursor.next() {
            result.append((cursor.keyString, try nested(cursor.value, "\(keyword).\(cursor.keyString)")))
        }
        return result
    }

    /// A boolean says whether there may be others; a schema, what they must satisfy.
    private func others(_ value: ValueView, _ keyword: String) throws -> (Bool, SchemaTest?) {
        if value.type == .bool { return (value.asBool, nil) }
        guard value.type == .document else {
            throw AtelierError(.typeMismatch, "$jsonSchema keyword '\(keyword)' must be either an object or a boolean")
        }
        return (true, try schema(value.asDocument))
    }

    private func dependencies(
        _ value: ValueView, _ keyword: String
    ) throws -> [(name: FieldName, required: [FieldName], schema: SchemaTest?)] {
        try SchemaParser.check(value, is: .document, keyword)
        var result: [(name: FieldName, required: [FieldName], schema: SchemaTest?)] = []
        var cursor = value.asDocument.elements()
        while cursor.next() {
            let name = FieldName(cursor.keyString)
            switch cursor.type {
            case .document: result.append((name, [], try schema(cursor.value.asDocument)))
            case .array: result.append((name, try names(cursor.value, keyword), nil))
            default:
                throw AtelierError(
                    .typeMismatch, "$jsonSchema keyword 'dependencies' must hold objects or arrays of names")
            }
        }
        return result
    }
}
