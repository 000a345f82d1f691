import BSON

/// Reads a query document, for example `{status: "open", total: {$gte: 10}}`, into a `FilterNode`.
///
/// Source: MongoDB manual, "Query and Projection Operators". Errors carry MongoDB's codes: mostly `BadValue`.
struct FilterParser {
    /// Keeps the filter's constants.
    let arena: Arena

    /// - Parameter nested: whether the filter is one on an array's elements, where `$expr` and `$jsonSchema` have no place.
    func filter(_ spec: DocumentView, nested: Bool = false) throws -> FilterNode {
        var parts: [FilterNode] = []
        var cursor = spec.elements()
        while cursor.next() {
            let name = cursor.keyString
            try reading(cursor) {
                if name.hasPrefix("$") && !FilterParser.isReferenceField(name) {
                    if let part = try topLevel(name, cursor.value, nested: nested) { parts.append(part) }
                } else {
                    parts.append(.field(.init(path: name, condition: try value(cursor.value))))
                }
            }
        }
        return parts.count == 1 ? parts[0] : .all(parts)
    }

    /// The fields of a DBRef are names, not operators.
    static func isReferenceField(_ name: some StringProtocol) -> Bool {
        name == "$ref" || name == "$id" || name == "$db"
    }

    private func topLevel(_ name: String, _ argument: ValueView, nested: Bool) throws -> FilterNode? {
        switch name {
        case "$and": return .all(try clauses(name, argument, nested: nested))
        case "$or": return .any(try clauses(name, argument, nested: nested))
        case "$nor": return .none(try clauses(name, argument, nested: nested))
        case "$expr":
            if nested { throw FilterParser.topLevelOnly(name) }
            return .expression(argument)
        case "$jsonSchema":
            guard argument.type == .document else { throw AtelierError(.typeMismatch, "$jsonSchema must be an object") }
            if nested { throw FilterParser.topLevelOnly(name) }
            return .schema(try SchemaParser(arena: arena).schema(argument.asDocument))
        case "$comment": return nil
        case "$alwaysTrue", "$alwaysFalse":
            guard argument.isNumber, argument.exactInt64 == 1 else {
                throw AtelierError(.failedToParse, "\(name) must be an integer value of 1")
            }
            return .constant(name == "$alwaysTrue")
        case "$sampleRate":
            guard let rate = argument.numberAsDouble else {
                throw AtelierError(.badValue, "argument to $sampleRate must be a numeric type")
            }
            guard 0...1 ~= rate else {
                throw AtelierError(.badValue, "numeric argument to $sampleRate must be in [0, 1]")
            }
            return .sample(rate: rate)
        case "$where":
            throw AtelierError(
                .badValue, "no globalScriptEngine in $where parsing", advice: "Say the condition with $expr instead.")
        case "$text":
            throw AtelierError(27, "text index required for $text query")
        default:
            throw AtelierError(
                .badValue, "unknown top level operator: \(name)", advice: Suggestion.topLevel(insteadOf: name))
        }
    }

    private static func topLevelOnly(_ name: String) -> AtelierError {
        AtelierError(.badValue, "\(name) can only be applied to the top-level document")
    }

    private func clauses(_ name: String, _ argument: ValueView, nested: Bool) throws -> [FilterNode] {
        guard argument.type == .array else { throw AtelierError(.badValue, "\(name) must be an array") }
        var clauses: [FilterNode] = []
        var cursor = argument.asDocument.elements()
        while cursor.next() {
            guard cursor.type == .document else {
                throw AtelierError(.badValue, "\(name)'s entries need to be full objects").found(at: cursor)
            }
            clauses.append(try filter(cursor.value.asDocument, nested: nested))
        }
        if clauses.isEmpty { throw AtelierError(.badValue, "\(name) must be a nonempty array") }
        return clauses
    }

    // MARK: Conditions on a field

    /// What stands beside a field's name: operators, a regular expression, or the value to be equal to.
    func value(_ value: ValueView) throws -> FilterNode.Condition {
        if FilterParser.holdsOperators(value) { return try operators(value.asDocument) }
        if value.type == .regex { return .regex(try regexLiteral(value)) }
        return try equality(value)
    }

    /// Whether a value is a document of operators: its first name starts with `$` and is not a DBRef's.
    static func holdsOperators(_ value: ValueView) -> Bool {
        guard value.type == .document else { return false }
        var cursor = value.asDocument.elements()
        guard cursor.next(), cursor.key.first == UInt8(ascii: "$") else { return false }
        return !isReferenceField(cursor.keyString)
    }

    /// `{$gt: 1, $lt: 5}`.
    func operators(_ spec: DocumentView) throws -> FilterNode.Condition {
        var conditions: [FilterNode.Condition] = []
        var cursor = spec.elements()
        while cursor.next() {
            let name = cursor.keyString
            try reading(cursor) {
                if name == "$options" {
                    if spec.find("$regex").isMissing { throw AtelierError(.badValue, "$options needs a $regex") }
                } else if name == "$regex" {
                    conditions.append(.regex(try regex(cursor.value, spec.find("$options"))))
                } else {
                    conditions.append(try condition(name, cursor.value))
                }
            }
        }
        return conditions.count == 1 ? conditions[0] : .all(conditions)
    }

    private func condition(_ name: String, _ argument: ValueView) throws -> FilterNode.Condition {
        switch name {
        case "$eq": return try equality(argument)
        case "$ne":
            if argument.type == .regex { throw AtelierError(.badValue, "Can't have regex as arg to $ne.") }
            return .not(try equality(argument))
        case "$lt": return try comparison(.less, argument)
        case "$lte": return try comparison(.lessOrEqual, argument)
        case "$gt": return try comparison(.greater, argument)
        case "$gte": return try comparison(.greaterOrEqual, argument)
        case "$in": return try member(name, argument)
        case "$nin": return .not(try member(name, argument))
        case "$not": return .not(try negated(argument))
        case "$exists": return argument.isTruthy ? .exists : .not(.exists)
        case "$type": return .type(try TypeSet(naming: argument, for: name))
        case "$mod": return try mod(argument)
        case "$size": return .size(try size(argument))
        case "$all": return try all(argument)
        case "$elemMatch": return try elementMatch(argument)
        case "$bitsAllSet": return .bits(set: true, all: true, try bitMask(name, argument))
        case "$bitsAllClear": return .bits(set: false, all: true, try bitMask(name, argument))
        case "$bitsAnySet": return .bits(set: true, all: false, try bitMask(name, argument))
        case "$bitsAnyClear": return .bits(set: false, all: false, try bitMask(name, argument))
        case "$geoWithin", "$geoIntersects", "$near", "$nearSphere", "$within", "$geoNear":
            throw AtelierError(.badValue, "\(name) is not supported here")
        default:
            throw AtelierError(.badValue, "unknown operator: \(name)", advice: Suggestion.condition(insteadOf: name))
        }
    }

    private func equality(_ value: ValueView) throws -> FilterNode.Condition {
        if value.type == .undefined { throw AtelierError(.badValue, "cannot compare to undefined") }
        return .compare(.equal, arena.copy(value))
    }

    private func comparison(_ comparison: FilterComparison, _ value: ValueView) throws -> FilterNode.Condition {
        if value.type == .regex { throw AtelierError(.badValue, "Can't have RegEx as arg to predicate over field.") }
        if value.type == .undefined { throw AtelierError(.badValue, "cannot compare to undefined") }
        return .compare(comparison, arena.copy(value))
    }

    private func member(_ name: String, _ argument: ValueView) throws -> FilterNode.Condition {
        guard argument.type == .array else { throw AtelierError(.badValue, "\(name) needs an array") }
        var values: [ValueView] = []
        var regexes: [RegexLiteral] = []
        var cursor = argument.asDocument.elements()
        while cursor.next() {
            switch cursor.type {
            case .regex: regexes.append(try regexLiteral(cursor.value))
            case .undefined: throw AtelierError(.badValue, "cannot compare to undefined")
            default:
                if FilterParser.holdsOperators(cursor.value) {
                    throw AtelierError(.badValue, "cannot nest $ under \(name)")
                }
                values.append(arena.copy(cursor.value))
            }
        }
        if values.isEmpty && regexes.isEmpty { return .constant(false) }
        return .member(values, regexes)
    }

    private func negated(_ argument: ValueView) throws -> FilterNode.Condition {
        if argument.type == .regex { return .regex(try regexLiteral(argument)) }
        guard argument.type == .document else { throw AtelierError(.badValue, "$not needs a regex or a document") }
        if argument.asDocument.isEmpty { throw AtelierError(.badValue, "$not cannot be empty") }
        return try operators(argument.asDocument)
    }

    private func elementMatch(_ argument: ValueView) throws -> FilterNode.Condition {
        guard argument.type == .document else { throw AtelierError(.badValue, "$elemMatch needs an Object") }
        let spec = argument.asDocument
        var cursor = spec.elements()
        if cursor.next(), FilterParser.holdsOperators(argument),
            !["$and", "$or", "$nor", "$where", "$comment"].contains(cursor.keyString)
        {
            return .element(try operators(spec))
        }
        return .elementFilter(try filter(spec, nested: true))
    }

    private func all(_ argument: ValueView) throws -> FilterNode.Condition {
        guard argument.type == .array else { throw AtelierError(.badValue, "$all needs an array") }
        var conditions: [FilterNode.Condition] = []
        var cursor = argument.asDocument.elements()
        let elementMatches = FilterParser.firstName(argument.asDocument.element(at: 0)) == "$elemMatch"
        while cursor.next() {
            let value = cursor.value
            let first = FilterParser.firstName(value)
            if elementMatches {
                guard first == "$elemMatch", value.asDocument.count == 1 else {
                    throw AtelierError(.badValue, "$all/$elemMatch has to be consistent")
                }
                conditions.append(try elementMatch(value.asDocument.find("$elemMatch")))
            } else if value.type == .regex {
                conditions.append(.regex(try regexLiteral(value)))
            } else if FilterParser.holdsOperators(value) {
                throw AtelierError(.badValue, "no $ expressions in $all")
            } else {
                conditions.append(try equality(value))
            }
        }
        return conditions.isEmpty ? .constant(false) : conditions.count == 1 ? conditions[0] : .all(conditions)
    }

    private static func firstName(_ value: ValueView) -> String? {
        guard value.type == .document else { return nil }
        var cursor = value.asDocument.elements()
        return cursor.next() ? cursor.keyString : nil
    }
}
