import BSON

extension ExpressionOperator {
    /// Source: MongoDB manual, "Object Expression Operators".
    static let objects: [ExpressionOperator] = [
        function("$mergeObjects", 0...Int.max) { scope, arguments in
            var result = ValueView.missing
            func merge(_ value: ValueView) throws {
                if value.isNullish { return }
                guard value.type == .document else {
                    throw AtelierError(
                        40400, "$mergeObjects requires object inputs, but input is of type \(value.type.name)")
                }
                result = result.isMissing ? value : merged(result.asDocument, value.asDocument, scope.arena)
            }
            if arguments.count == 1 {
                // One array gives its elements.
                if let other = try arguments.visitElements(of: 0, merge) { try merge(other) }
            } else {
                for index in 0..<arguments.count { try merge(arguments[index]) }
            }
            return result.isMissing ? scope.arena.document { _ in } : result
        },
        unary("$objectToArray") { scope, value in
            if value.isNullish { return .null }
            guard value.type == .document else {
                throw AtelierError(40390, "$objectToArray requires a document input, found: \(value.type.name)")
            }
            return scope.arena.array { writer in
                var cursor = value.asDocument.elements()
                while cursor.next() {
                    writer.beginElement(.document)
                    writer.append(keyName, .string(borrowing: cursor.key))
                    writer.append(valueName, cursor.value)
                    writer.end()
                }
            }
        },
        unary("$arrayToObject") { scope, value in try arrayToObject(scope, value) },
        form("$getField") { argument, compiler in try getField(argument, compiler) },
        form("$setField") { argument, compiler in
            let arguments = try NamedArguments(
                argument, of: "$setField", ["field", "input", "value"], notObject: 4161100, unknown: 4161101)
            return try setField(
                "$setField", arguments, compiler, value: compiler.expression(arguments, required: "value", 4161103))
        },
        form("$unsetField") { argument, compiler in
            let arguments = try NamedArguments(
                argument, of: "$unsetField", ["field", "input"], notObject: 4161110, unknown: 4161111)
            return try setField("$unsetField", arguments, compiler, value: Constant(.missing))
        },
    ]

    private static let keyName = FieldName("k")
    private static let valueName = FieldName("v")

    // MARK: Arrays to objects

    private static func arrayToObject(_ scope: Scope, _ value: ValueView) throws -> ValueView {
        if value.isNullish { return .null }
        guard value.type == .array else {
            throw AtelierError(40386, "$arrayToObject requires an array input, found: \(value.type.name)")
        }
        var fields: [(key: UnsafeRawBufferPointer, value: ValueView)] = []
        var form: BSONType?
        var cursor = value.asDocument.elements()
        while cursor.next() {
            let element = cursor.value
            if form == nil {
                guard element.type == .array || element.type == .document else {
                    throw AtelierError(
                        40398, "Unrecognised input type format for $arrayToObject: \(element.type.name)")
                }
                form = element.type
            }
            let field = try form == .array ? pair(element) : keyed(element)
            if field.key.contains(0) {
                throw AtelierError(4940400, "Key field cannot contain an embedded null byte")
            }
            fields.append(field)
        }
        return scope.arena.document { writer in
            // The last of equal keys gives the value, the first the place.
            var places: [String: Int] = [:]
            var order: [Int] = []
            for (index, field) in fields.enumerated() {
                let key = String(decoding: field.key, as: UTF8.self)
                if let place = places[key] {
                    order[place] = index
                } else {
                    places[key] = order.count
                    order.append(index)
                }
            }
            for index in order { writer.append(fields[index].key, fields[index].value) }
        }
    }

    /// A field given as `[key, value]`.
    private static func pair(_ element: ValueView) throws -> (key: UnsafeRawBufferPointer, value: ValueView) {
        guard element.type == .array else {
            throw AtelierError(
                40396,
                "$arrayToObject requires a consistent input format. Elements must all be arrays or all be objects. Array was detected, now found: \(element.type.name)"
            )
        }
        let count = element.asDocument.count
        guard count == 2 else {
            throw AtelierError(40397, "$arrayToObject requires an array of size 2 arrays,found array of size: \(count)")
        }
        let key = element.asDocument.element(at: 0)
        guard key.type == .string else {
            throw AtelierError(
                40395,
                "$arrayToObject requires an array of key-value pairs, where the key must be of type string. Found key type: \(key.type.name)"
            )
        }
        return (key.bytes, element.asDocument.element(at: 1))
    }

    /// A field given as `{k: key, v: value}`.
    private static func keyed(_ element: ValueView) throws -> (key: UnsafeRawBufferPointer, value: ValueView) {
        guard element.type == .document else {
            throw AtelierError(
                40391,
                "$arrayToObject requires a consistent input format. Elements must all be arrays or all be objects. Object was detected, now found: \(element.type.name)"
            )
        }
        let count = element.asDocument.count
        guard count == 2 else {
            throw AtelierError(
                40392, "$arrayToObject requires an object keys of 'k' and 'v'. Found incorrect number of keys:\(count)")
        }
        let (key, value) = (element.asDocument.find(keyName), element.asDocument.find(valueName))
        guard !key.isMissing, !value.isMissing else {
            throw AtelierError(
                40393, "$arrayToObject requires an object with keys 'k' and 'v'. Missing either or both keys")
        }
        guard key.type == .string else {
            throw AtelierError(
                40394,
                "$arrayToObject requires an object with keys 'k' and 'v', where the value of 'k' must be of type string. Found type: \(key.type.name)"
            )
        }
        return (key.bytes, value)
    }

    // MARK: Fields of any name

    private static func getField(_ argument: ValueView, _ compiler: Compiler) throws -> Expression {
        var field = argument
        var input = compiler.rowOrCurrent()
        if argument.type == .document, !isOperator(argument) {
            let arguments = try NamedArguments(
                argument, of: "$getField", ["field", "input"], notObject: 3041701, unknown: 3041701)
            field = try arguments.required("field", 3041702)
            input = try compiler.expression(arguments, required: "input", 3041703)
        }
        if field.type == .string && field.bytes.first == UInt8(ascii: "$") {
            // A path is allowed where its value is the name.
            _ = try compiler.path(field.asString)
        }
        let name = try compiler.expression(field)
        if let constant = name.constant, constant.type != .string {
            throw AtelierError(
                5654602, "$getField requires 'field' to evaluate to type String, but got \(constant.type.name)")
        }
        return try compiler.call("$getField", [name, input]) { _, arguments in
            let name = try arguments[0]
            guard name.type == .string else {
                throw AtelierError(
                    3041704, "$getField requires 'field' to evaluate to type String, but got \(name.type.name)")
            }
            let document = try arguments[1]
            if document.isNullish { return document.isMissing ? .missing : .null }
            return document.type == .document ? document.asDocument.find(name: name.bytes) : .missing
        }
    }

    private static func isOperator(_ value: ValueView) -> Bool {
        var cursor = value.asDocument.elements()
        return cursor.next() && cursor.key.first == UInt8(ascii: "$")
    }

    private static func setField(
        _ name: String, _ arguments: NamedArguments, _ compiler: Compiler, value: Expression
    ) throws -> Expression {
        let field = try arguments.required("field", name == "$setField" ? 4161102 : 4161112)
        let input = try compiler.expression(arguments, required: "input", name == "$setField" ? 4161109 : 4161113)
        if field.type == .string && field.bytes.first == UInt8(ascii: "$") {
            throw AtelierError(
                4161108,
                "A field path reference which is not allowed in this context. Did you mean {$literal: '\(field.asString)'}?"
            )
        }
        guard let key = try compiler.expression(field).constant else {
            throw AtelierError(4161106, "\(name) requires 'field' to evaluate to a constant")
        }
        guard key.type == .string else {
            throw AtelierError(4161107, "\(name) requires 'field' to evaluate to type String, but got \(key.type.name)")
        }
        let fieldName = FieldName(key.asString)
        return try compiler.call(name, [input, value]) { scope, arguments in
            let document = try arguments[0]
            let value = try arguments[1]
            if document.isNullish { return .null }
            guard document.type == .document else {
                throw AtelierError(4161105, "\(name) requires 'input' to evaluate to type Object")
            }
            return scope.arena.document { writer in
                var found = false
                var cursor = document.asDocument.elements()
                while cursor.next() {
                    if cursor.keyEquals(fieldName) {
                        found = true
                        writer.append(fieldName, value)
                    } else {
                        writer.append(element: cursor.elementBytes)
                    }
                }
                if !found { writer.append(fieldName, value) }
            }
        }
    }
}
