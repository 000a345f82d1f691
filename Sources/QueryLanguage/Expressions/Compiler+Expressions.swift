import BSON

extension Compiler {
    /// Compiles an expression as MongoDB writes it: `"$path"`, `"$$variable"`, `{$operator: …}`, a document or array of
    /// expressions, or a literal.
    ///
    /// What is malformed is reported before what a constant subexpression's evaluation threw, as in MongoDB, which parses
    /// first and folds afterwards.
    public func expression(_ value: ValueView) throws -> Expression {
        try reportingFoldFailureLast { try compile(value) }
    }

    /// Compiles several things as one: what folding finds wrong in any is thrown when all are found well-formed.
    func reportingFoldFailureLast<R>(_ body: () throws -> R) throws -> R {
        depth += 1
        defer { depth -= 1 }
        if depth == 1 { foldFailure = nil }
        let result = try body()
        if depth == 1, let foldFailure { throw foldFailure }
        return result
    }

    private func compile(_ value: ValueView) throws -> Expression {
        switch value.type {
        case .string:
            return value.bytes.first == UInt8(ascii: "$") ? try path(value.asString) : Constant(arena.copy(value))
        case .document:
            do { return try object(value.asDocument) } catch let error as AtelierError {
                throw error.found(atStartOf: value.asDocument)
            }
        case .array:
            var elements: [Expression] = []
            var cursor = value.asDocument.elements()
            while cursor.next() { elements.append(try reading(cursor) { try expression(cursor.value) }) }
            return try fold(ArrayLiteral(elements), elements)
        default: return Constant(arena.copy(value))
        }
    }

    private func object(_ document: DocumentView) throws -> Expression {
        var cursor = document.elements()
        guard cursor.next() else { return try fold(DocumentLiteral([]), []) }
        let name = cursor.keyString
        if name.hasPrefix("$") {
            let (argument, use) = (cursor.value, cursor)
            if cursor.next() {
                throw AtelierError(
                    15983,
                    "An object representing an expression must have exactly one field, not \(document.count)")
            }
            let folded = foldFailure == nil
            let result = try call(name, argument)
            if folded { foldFailure = foldFailure?.found(at: use) }
            return result
        }
        var fields: [(name: FieldName, value: Expression)] = []
        repeat {
            let name = cursor.keyString
            if name.hasPrefix("$") {
                throw AtelierError(
                    15983,
                    "An object representing an expression must have exactly one field; found \(name) beside others")
            }
            if name.contains(".") {
                throw AtelierError(
                    16412, "FieldPath field names may not contain '.'. Consider using $getField or $setField.")
            }
            if name.isEmpty { throw AtelierError(15998, "FieldPath field names may not be empty strings.") }
            if fields.contains(where: { $0.name.text == name }) {
                throw AtelierError(16406, "duplicate field name specified in object literal: \(name)")
            }
            fields.append((FieldName(name), try reading(cursor) { try expression(cursor.value) }))
        } while cursor.next()
        return try fold(DocumentLiteral(fields), fields.map(\.value))
    }

    /// Compiles a use of an operator.
    func call(_ name: String, _ argument: ValueView) throws -> Expression {
        guard let known = ExpressionOperator.byName[name] else {
            throw AtelierError(
                .invalidPipelineOperator, "Unrecognized expression '\(name)'",
                advice: Suggestion.expression(insteadOf: name))
        }
        return try known.compile(argument, self)
    }

    /// The operands of a call: the elements of an array, or one operand that is anything else.
    func operands(_ argument: ValueView, of name: String, _ arity: ClosedRange<Int>) throws -> [Expression] {
        var operands: [Expression] = []
        if argument.type == .array {
            var cursor = argument.asDocument.elements()
            while cursor.next() { operands.append(try reading(cursor) { try expression(cursor.value) }) }
        } else {
            operands.append(try expression(argument))
        }
        if !arity.contains(operands.count) {
            if arity.count == 1 {
                throw AtelierError(
                    16020,
                    "Expression \(name) takes exactly \(arity.lowerBound) arguments. \(operands.count) were passed in.")
            }
            throw AtelierError(
                28667,
                "Expression \(name) takes at least \(arity.lowerBound) arguments, and at most \(arity.upperBound), but \(operands.count) were passed in."
            )
        }
        return operands
    }

    /// The expression's value as a constant where all operands are constants, else the expression itself.
    ///
    /// An error in a constant expression is reported while compiling: a pipeline fails before it reads anything, as in
    /// MongoDB.
    func fold(_ expression: Expression, _ operands: [Expression]) throws -> Expression {
        guard foldsConstants, operands.allSatisfy({ $0.constant != nil }) else { return expression }
        return folded(expression)
    }

    /// A constant with the value of an expression that depends on no row.
    func folded(_ expression: Expression) -> Expression {
        let scope = Scope(slotCount: slotCount, now: now, arena: arena)
        return checked { Constant(try expression.evaluate(scope)) } ?? expression
    }

    /// What `body` makes of constants; nil where it fails, which is reported with the failures of folding.
    func checked<T>(_ body: () throws -> T) -> T? {
        do { return try body() } catch {
            if foldsConstants && foldFailure == nil {
                foldFailure = error as? AtelierError ?? AtelierError(.internalError, "\(error)")
            }
            return nil
        }
    }

    // MARK: Paths and variables

    /// `$a.b` or `$$name.a.b`.
    func path(_ text: String) throws -> Expression {
        if text.hasPrefix("$$") {
            let body = text.dropFirst(2)
            if body.isEmpty { throw AtelierError(16868, "Empty variable names are not allowed") }
            let name = String(body.prefix(while: { $0 != "." }))
            let rest = body.dropFirst(name.count)
            if rest == "." { throw AtelierError(40353, "FieldPath must not end with a '.'.") }
            let components = rest.isEmpty ? [] : try FieldPath(rest.dropFirst()).components
            return try variable(name, components)
        }
        if text == "$" { throw AtelierError(16872, "'$' by itself is not a valid FieldPath") }
        let components = try FieldPath(text.dropFirst()).components
        if let current { return below(current, components) }
        return fieldOfRow(components)
    }

    private func variable(_ name: String, _ components: [FieldName]) throws -> Expression {
        if let slot = variables[name] { return below(slot, components) }
        if let value = constants[name] { return Constant(FieldPath.read(value, components[...], arena: arena)) }
        switch name {
        case "ROOT": return components.isEmpty ? rowDocument() : fieldOfRow(components)
        case "CURRENT":
            if let current { return below(current, components) }
            return components.isEmpty ? rowDocument() : fieldOfRow(components)
        case "REMOVE": return Constant(.missing)
        case "NOW": return components.isEmpty ? Now() : Constant(.missing)
        case "CLUSTER_TIME":
            throw AtelierError(51144, "system variable CLUSTER_TIME is not available here: this deployment is one node")
        default:
            try Compiler.checkVariableName(name, reading: true)
            throw AtelierError(17276, "Use of undefined variable: \(name)")
        }
    }

    private func fieldOfRow(_ components: [FieldName]) -> Expression {
        below(field(components[0].text), Array(components.dropFirst()))
    }

    private func below(_ slot: Slot, _ components: [FieldName]) -> Expression {
        if components.isEmpty { return SlotRead(slot) }
        // One gathered level: its rule for arrays is the path's own, as long as nothing lies below it.
        if components.count == 1 {
            return FieldRead(slot, components[0], in: self)
        }
        return PathRead(slot, components)
    }

    /// `$$CURRENT` as a whole.
    func rowOrCurrent() -> Expression { current.map { SlotRead($0) } ?? rowDocument() }

    /// The row as a document.
    public func rowDocument() -> Expression { RowDocument(shape) }

    /// - Throws: `16866`…`16870` for a name no variable may have.
    static func checkVariableName(_ name: String, reading: Bool = false) throws {
        guard let first = name.unicodeScalars.first else {
            throw AtelierError(16866, "empty variable names are not allowed")
        }
        let lowercase = ("a"..."z").contains(first) || first.value > 127
        if !(lowercase || (reading && ("A"..."Z").contains(first))) && name != "CURRENT" {
            throw AtelierError(
                reading ? 16870 : 16867, "'\(name)' starts with an invalid character for a user variable name")
        }
        for scalar in name.unicodeScalars.dropFirst()
        where
            !(("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar) || ("0"..."9").contains(scalar)
            || scalar == "_"
            || scalar.value > 127)
        {
            throw AtelierError(
                reading ? 16871 : 16868, "'\(name)' contains an invalid character for a variable name: '\(scalar)'")
        }
    }
}
