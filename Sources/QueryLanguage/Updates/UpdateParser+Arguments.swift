import BSON

/// The arguments of update operators.
extension UpdateParser {
    func action(_ name: String, _ path: UpdatePath, _ argument: ValueView) throws -> UpdateAction {
        switch name {
        case "$set": return SetAction(compiler.arena.copy(argument))
        case "$setOnInsert": return SetAction(compiler.arena.copy(argument), onInsertOnly: true)
        case "$unset": return UnsetAction()
        case "$inc", "$mul":
            guard argument.isNumber else {
                throw AtelierError(
                    .typeMismatch,
                    "Cannot \(name == "$inc" ? "increment" : "multiply") with non-numeric argument: {\(path.text): …}")
            }
            return ArithmeticAction(compiler.arena.copy(argument), multiplies: name == "$mul")
        case "$min": return ExtremumAction(compiler.arena.copy(argument), greatest: false)
        case "$max": return ExtremumAction(compiler.arena.copy(argument), greatest: true)
        case "$bit": return try bit(argument)
        case "$currentDate": return try currentDate(path, argument)
        case "$push": return try push(path, argument)
        case "$addToSet": return try addToSet(argument)
        case "$pull": return try pull(argument)
        case "$pullAll":
            guard argument.type == .array else {
                throw AtelierError(
                    .badValue, "$pullAll requires an array argument but was given a \(argument.type.name)")
            }
            return PullAction("$pullAll", .equal(ConstantSet(values(argument))))
        default: return try pop(path, argument)
        }
    }

    private func values(_ array: ValueView) -> [ValueView] { compiler.arena.copy(array).asDocument.valueViews }

    private func bit(_ argument: ValueView) throws -> UpdateAction {
        guard argument.type == .document else {
            throw AtelierError(
                .badValue,
                "The $bit modifier is not compatible with a \(argument.type.name). You must pass in an embedded document: {$bit: {field: {and/or/xor: #}}"
            )
        }
        var steps: [(BitAction.Operator, ValueView)] = []
        var cursor = argument.asDocument.elements()
        while cursor.next() {
            guard let operation = BitAction.Operator(rawValue: cursor.keyString) else {
                throw AtelierError(
                    .badValue, "The $bit modifier only supports 'and', 'or', and 'xor', not '\(cursor.keyString)'")
            }
            guard cursor.type == .int32 || cursor.type == .int64 else {
                throw AtelierError(
                    .badValue,
                    "The $bit modifier field must be an Integer(32/64 bit); a '\(cursor.type.name)' is not supported here"
                )
            }
            steps.append((operation, cursor.value))
        }
        if steps.isEmpty {
            throw AtelierError(
                .badValue, "You must pass in at least one bitwise operation, for example {$bit: {field: {and: 7}}}")
        }
        return BitAction(steps)
    }

    private func currentDate(_ path: UpdatePath, _ argument: ValueView) throws -> UpdateAction {
        if argument.type == .bool { return CurrentDateAction(asTimestamp: false) }
        guard argument.type == .document else {
            throw AtelierError(
                .badValue,
                "\(argument.type.name) is not valid type for $currentDate. Please use a boolean ('true') or a $type expression ({$type: 'timestamp/date'})."
            )
        }
        var cursor = argument.asDocument.elements()
        var asTimestamp: Bool?
        while cursor.next() {
            guard cursor.keyString == "$type" else {
                throw AtelierError(.badValue, "Unrecognized $currentDate option: \(cursor.keyString)")
            }
            switch cursor.type == .string ? cursor.value.asString : "" {
            case "date": asTimestamp = false
            case "timestamp": asTimestamp = true
            default:
                throw AtelierError(
                    .badValue,
                    "The '$type' string field is required to be 'date' or 'timestamp': {$currentDate: {\(path.text): …}}"
                )
            }
        }
        guard let asTimestamp else {
            throw AtelierError(.badValue, "The $currentDate option '$type' is missing for '\(path.text)'")
        }
        return CurrentDateAction(asTimestamp: asTimestamp)
    }

    private func pop(_ path: UpdatePath, _ argument: ValueView) throws -> UpdateAction {
        guard argument.isNumber else {
            throw AtelierError(.failedToParse, "Expected a number in: {$pop: {\(path.text): …}}")
        }
        switch argument.exactInt64 {
        case 1: return PopAction(first: false)
        case -1: return PopAction(first: true)
        default: throw AtelierError(.failedToParse, "$pop expects 1 or -1 for '\(path.text)'")
        }
    }

    // MARK: Arrays

    private func addToSet(_ argument: ValueView) throws -> UpdateAction {
        guard let each = UpdateParser.firstElement(argument, named: "$each") else {
            return AddToSetAction([compiler.arena.copy(argument)])
        }
        guard each.type == .array else {
            throw AtelierError(
                .typeMismatch,
                "The argument to $each in $addToSet must be an array but it was of type \(each.type.name)")
        }
        if argument.asDocument.count > 1 {
            throw AtelierError(.badValue, "Found unexpected fields after $each in $addToSet")
        }
        return AddToSetAction(values(each))
    }

    /// The value of a document's first element, if that has this name.
    private static func firstElement(_ value: ValueView, named name: String) -> ValueView? {
        guard value.type == .document else { return nil }
        var cursor = value.asDocument.elements()
        return cursor.next() && cursor.keyString == name ? cursor.value : nil
    }

    private func pull(_ argument: ValueView) throws -> UpdateAction {
        if argument.type == .document {
            // Operators test the element, everything else is a filter on its fields.
            if FilterParser.holdsOperators(argument), !FilterParser.holdsTopLevelOperator(argument) {
                return PullAction("$pull", .test(try compiler.valueTest(argument)))
            }
            let slot = compiler.newSlot()
            return PullAction("$pull", .filter(slot, try compiler.filter(argument.asDocument, over: slot)))
        }
        if argument.type == .regex { return PullAction("$pull", .test(try compiler.valueTest(argument))) }
        return PullAction("$pull", .equal(ConstantSet([compiler.arena.copy(argument)])))
    }

    private func push(_ path: UpdatePath, _ argument: ValueView) throws -> UpdateAction {
        guard argument.type == .document, !argument.asDocument.find("$each").isMissing else {
            return PushAction([compiler.arena.copy(argument)], position: nil, order: nil, slice: nil)
        }
        var each: [ValueView] = []
        var position: Int?
        var slice: Int?
        var order: ElementOrder?
        var cursor = argument.asDocument.elements()
        while cursor.next() {
            switch cursor.keyString {
            case "$each":
                guard cursor.type == .array else {
                    throw AtelierError(
                        .badValue,
                        "The argument to $each in $push must be an array but it was of type: \(cursor.type.name)")
                }
                each = values(cursor.value)
            case "$position": position = try UpdateParser.integer(cursor.value, "$position")
            case "$slice": slice = try UpdateParser.integer(cursor.value, "$slice")
            case "$sort": order = try UpdateParser.order(cursor.value)
            default: throw AtelierError(.badValue, "Unrecognized clause in $push: \(cursor.keyString)")
            }
        }
        return PushAction(each, position: position, order: order, slice: slice)
    }

    private static func integer(_ value: ValueView, _ name: String) throws -> Int {
        guard let number = value.exactInt64 else {
            throw AtelierError(
                .badValue, "The value for \(name) must be an integer value but was given type: \(value.type.name)")
        }
        return Int(Int32(clamping: number))
    }

    private static func order(_ value: ValueView) throws -> ElementOrder {
        if value.type == .document {
            var keys: [(path: [FieldName], descending: Bool)] = []
            var cursor = value.asDocument.elements()
            while cursor.next() {
                let parts = MatchPath.components(cursor.keyString)
                if parts.contains("") {
                    throw AtelierError(
                        .badValue, "The $sort field is a dotted field but has an empty part: \(cursor.keyString)")
                }
                keys.append((parts.map { FieldName($0) }, try descending(cursor.value)))
            }
            if keys.isEmpty {
                throw AtelierError(.badValue, "The $sort pattern is empty when it should be a set of fields.")
            }
            return ElementOrder(keys: keys)
        }
        return ElementOrder(keys: [([], try descending(value))])
    }

    private static func descending(_ value: ValueView) throws -> Bool {
        switch value.exactInt64 {
        case 1: return false
        case -1: return true
        default: throw AtelierError(.badValue, "The $sort element value must be either 1 or -1")
        }
    }
}

extension FilterParser {
    /// Whether a document's first name is an operator that stands beside fields, such as `$or`.
    static func holdsTopLevelOperator(_ value: ValueView) -> Bool {
        var cursor = value.asDocument.elements()
        guard cursor.next() else { return false }
        return ["$and", "$or", "$nor", "$expr", "$where", "$comment", "$jsonSchema", "$text"].contains(cursor.keyString)
    }
}
