import BSON

extension ExpressionOperator {
    /// `$map`, `$filter`, `$reduce`. Source: MongoDB manual, "Array Expression Operators".
    static let arrayIteration: [ExpressionOperator] = [
        form("$map") { argument, compiler in
            let arguments = try NamedArguments(
                argument, of: "$map", ["input", "as", "in"], notObject: 16878, unknown: 16879)
            let input = try arguments.required("input", 16880)
            let body = try arguments.required("in", 16882)
            let name = try variableName(arguments["as"], of: "$map")
            let (array, slot) = (try compiler.expression(input), compiler.newSlot())
            let result = try compiler.with(variable: name, slot) { try compiler.expression(body) }
            return Map(array, ElementReader(slot, compiler.elementTable(of: array), compiler), result)
        },
        form("$filter") { argument, compiler in
            let arguments = try NamedArguments(
                argument, of: "$filter", ["input", "as", "cond", "limit"], notObject: 28646, unknown: 28647)
            let input = try arguments.required("input", 28648)
            let condition = try arguments.required("cond", 28650)
            let name = try variableName(arguments["as"], of: "$filter")
            let (array, slot) = (try compiler.expression(input), compiler.newSlot())
            let limit = try compiler.expression(arguments, "limit")
            let test = try compiler.with(variable: name, slot) { try compiler.expression(condition) }
            let table = compiler.elementTable(of: array)
            return Filter(array, ElementReader(slot, table, compiler), test, limit: limit, passedOn: table)
        },
        form("$reduce") { argument, compiler in
            let arguments = try NamedArguments(
                argument, of: "$reduce", ["input", "initialValue", "in"], notObject: 40075, unknown: 40076)
            let input = try arguments.required("input", 40077)
            let initial = try arguments.required("initialValue", 40078)
            let body = try arguments.required("in", 40079)
            let (array, start) = (try compiler.expression(input), try compiler.expression(initial))
            let (this, value) = (compiler.newSlot(), compiler.newSlot())
            return Reduce(
                array, start, this: this, value: value,
                try compiler.with([("this", this), ("value", value)]) { try compiler.expression(body) })
        },
    ]

    /// The name given with `as`, else `this`.
    private static func variableName(_ value: ValueView?, of name: String) throws -> String {
        guard let value else { return "this" }
        let variable = value.type == .string ? value.asString : ""
        try Compiler.checkVariableName(variable)
        return variable
    }
}

/// `$map`: what the body yields for each element; null where it yields nothing.
final class Map: Expression {
    let input: Expression
    let elements: ElementReader
    let body: Expression
    /// Whether the array stands in a slot as it is, not to be made element by element.
    private let isInSlot: Bool

    init(_ input: Expression, _ elements: ElementReader, _ body: Expression) {
        self.input = input
        isInSlot = input is SlotRead
        self.elements = elements
        self.body = body
    }

    override func evaluate(_ scope: Scope) throws -> ValueView {
        let value = try input.evaluate(scope)
        guard value.type == .array else { return try refuse(value) }
        return try scope.arena.array { writer in
            _ = try elements.allSatisfy(of: value, scope) { _ in
                writer.appendElement(try body.evaluate(scope))
                try ValueLimits.check(bytes: writer.mark)
                return true
            }
        }
    }

    override func visitElements(_ scope: Scope, _ visit: (ValueView) throws -> Void) throws -> ValueView? {
        func show() throws {
            let result = try body.evaluate(scope)
            try visit(result.isMissing ? .null : result)
        }
        if isInSlot {
            let value = try input.evaluate(scope)
            guard value.type == .array else { return try refuse(value) }
            _ = try elements.allSatisfy(of: value, scope) { _ in
                try show()
                return true
            }
            return nil
        }
        let other = try input.visitElements(scope) { value in
            scope.assign(elements.element, value)
            try show()
        }
        return try other.map(refuse)
    }

    override var isBatched: Bool { input.isBatched && elements.isBatched && body.isBatched }

    override var yieldsElements: Bool { true }

    override func column(_ batch: Batch, _ rows: Rows) throws -> Column {
        try batch.arrays(elements(batch, rows), rows)
    }

    override func elements(_ batch: Batch, _ rows: Rows) throws -> Elements? {
        let list = try elements.elements(of: input, batch, rows)
        let shown = list.rows(of: rows)
        let values = try body.column(list.batch, shown)
        let isComplete = (0..<shown.count).allSatisfy { !values[shown[$0]].isMissing }
        return list.mapped(to: try isComplete ? values : list.batch.map(values, shown) { $0.isMissing ? .null : $0 })
            .otherwise(.null)
    }

    private func refuse(_ value: ValueView) throws -> ValueView {
        if value.isNullish { return .null }
        throw AtelierError(16883, "input to $map must be an array not \(value.type.name)")
    }
}

/// `$filter`: the elements for which the condition is true, the first `limit` of them.
final class Filter: Expression {
    let input: Expression
    let elements: ElementReader
    let condition: Expression
    let limit: Expression?
    /// What the input's documents are taken apart in, and so those of the result where nothing is left out.
    let passedOn: ElementTable?
    /// Whether the array stands in a slot as it is, not to be made element by element.
    private let isInSlot: Bool

    init(
        _ input: Expression, _ elements: ElementReader, _ condition: Expression, limit: Expression?,
        passedOn: ElementTable?
    ) {
        self.input = input
        self.elements = elements
        self.condition = condition
        self.limit = limit
        self.passedOn = passedOn
        isInSlot = input is SlotRead
    }

    override func evaluate(_ scope: Scope) throws -> ValueView {
        let value = try input.evaluate(scope)
        guard value.type == .array else { return try refuse(value) }
        // Where the condition is true for every element the array itself is the answer, and nothing is copied.
        if try limit == nil && elements.allSatisfy(of: value, scope, { _ in try condition.evaluate(scope).isTruthy }) {
            return value
        }
        return try scope.arena.array { writer in
            try select(from: value, scope) { writer.appendElement($0) }
        }
    }

    override func visitElements(_ scope: Scope, _ visit: (ValueView) throws -> Void) throws -> ValueView? {
        if limit != nil || isInSlot {
            let value = try input.evaluate(scope)
            guard value.type == .array else { return try refuse(value) }
            try select(from: value, scope, visit)
            return nil
        }
        let other = try input.visitElements(scope) { value in
            scope.assign(elements.element, value)
            if try condition.evaluate(scope).isTruthy { try visit(value) }
        }
        return try other.map(refuse)
    }

    private func select(from array: ValueView, _ scope: Scope, _ visit: (ValueView) throws -> Void) throws {
        var remaining = try allowed(scope)
        if remaining == 0 { return }
        _ = try elements.allSatisfy(of: array, scope) { value in
            if try condition.evaluate(scope).isTruthy {
                try visit(value)
                remaining -= 1
            }
            return remaining > 0
        }
    }

    override var isBatched: Bool { limit == nil && input.isBatched && elements.isBatched && condition.isBatched }

    override var yieldsElements: Bool { true }

    override func column(_ batch: Batch, _ rows: Rows) throws -> Column {
        try batch.arrays(elements(batch, rows), rows)
    }

    override func elements(_ batch: Batch, _ rows: Rows) throws -> Elements? {
        let list = try elements.elements(of: input, batch, rows)
        let isTrue = try condition.column(list.batch, list.rows(of: rows))
        return list.filtered(rows, in: batch, table: passedOn) { isTrue[$0].isTruthy }.otherwise(.null)
    }

    private func allowed(_ scope: Scope) throws -> Int {
        guard let value = try limit?.evaluate(scope), !value.isNullish else { return Int.max }
        guard let count = value.exactInt32 else {
            throw AtelierError(
                327391, "$filter: limit must be represented as a 32-bit integral value: \(value.type.name)")
        }
        guard count > 0 else { throw AtelierError(327392, "$filter: limit must be greater than 0: \(count)") }
        return count
    }

    private func refuse(_ value: ValueView) throws -> ValueView {
        if value.isNullish { return .null }
        throw AtelierError(28651, "input to $filter must be an array not \(value.type.name)")
    }
}

/// `$reduce`: the body applied to `$$value` (the result so far) and `$$this` (the element), element by element.
final class Reduce: Expression {
    let input: Expression
    let initial: Expression
    let this: Slot
    let value: Slot
    let body: Expression

    init(_ input: Expression, _ initial: Expression, this: Slot, value: Slot, _ body: Expression) {
        self.input = input
        self.initial = initial
        self.this = this
        self.value = value
        self.body = body
    }

    override func evaluate(_ scope: Scope) throws -> ValueView {
        let array = try input.evaluate(scope)
        guard array.type == .array else {
            if array.isNullish { return .null }
            throw AtelierError(40080, "$reduce requires that 'input' be an array, found: \(array.type.name)")
        }
        var result = try initial.evaluate(scope)
        var cursor = array.asDocument.elements()
        var round = 0
        while cursor.next() {
            scope.assign(this, cursor.value)
            scope.assign(value, result)
            result = try body.evaluate(scope)
            // A round adds no more levels than the body has.
            round += 1
            if round & 63 == 0 { try ValueLimits.check(depthOf: result) }
        }
        return result
    }
}
