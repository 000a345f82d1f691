import BSON

extension ExpressionOperator {
    /// Source: MongoDB manual, "Conditional Expression Operators".
    static let conditional: [ExpressionOperator] = [
        form("$cond") { argument, compiler in
            var parts: [String: Expression] = [:]
            let names = ["if", "then", "else"]
            if argument.type == .document {
                var cursor = argument.asDocument.elements()
                while cursor.next() {
                    let name = cursor.keyString
                    guard names.contains(name) else {
                        throw AtelierError(17083, "Unrecognized parameter to $cond: \(name)")
                    }
                    parts[name] = try compiler.expression(cursor.value)
                }
                for (name, code) in zip(names, [17080, 17081, 17082] as [ErrorCode]) where parts[name] == nil {
                    throw AtelierError(code, "Missing '\(name)' parameter to $cond")
                }
            } else {
                let operands = try compiler.operands(argument, of: "$cond", 3...3)
                for (name, operand) in zip(names, operands) { parts[name] = operand }
            }
            let (condition, yes, no) = (parts["if"]!, parts["then"]!, parts["else"]!)
            return try compiler.fold(Conditional(condition, yes, no), [condition, yes, no])
        },
        form("$ifNull") { argument, compiler in
            let operands = try compiler.operands(argument, of: "$ifNull", 0...Int.max)
            if operands.count < 2 {
                throw AtelierError(1257300, "$ifNull needs at least two arguments, had: \(operands.count)")
            }
            return try compiler.fold(FirstNonNull(operands), operands)
        },
        form("$switch") { argument, compiler in try Switch.compile(argument, compiler) },
    ]
}

final class Conditional: Expression {
    let condition: Expression
    let yes: Expression
    let no: Expression

    init(_ condition: Expression, _ yes: Expression, _ no: Expression) {
        self.condition = condition
        self.yes = yes
        self.no = no
    }

    override func evaluate(_ scope: Scope) throws -> ValueView {
        try condition.evaluate(scope).isTruthy ? yes.evaluate(scope) : no.evaluate(scope)
    }

    override func visitElements(_ scope: Scope, _ visit: (ValueView) throws -> Void) throws -> ValueView? {
        try condition.evaluate(scope).isTruthy
            ? yes.visitElements(scope, visit) : no.visitElements(scope, visit)
    }

    override var isBatched: Bool { condition.isBatched && yes.isBatched && no.isBatched }

    override func column(_ batch: Batch, _ rows: Rows) throws -> Column {
        let isTrue = try condition.column(batch, rows)
        let (passed, others) = batch.rows(rows) { isTrue[$0].isTruthy }
        if others.count == 0 { return try yes.column(batch, passed) }
        if passed.count == 0 { return try no.column(batch, others) }
        let column = batch.newColumn()
        batch.copy(try yes.column(batch, passed), passed, to: column)
        batch.copy(try no.column(batch, others), others, to: column)
        return column
    }

    override var yieldsElements: Bool { yes.yieldsElements || no.yieldsElements }

    override func elements(_ batch: Batch, _ rows: Rows) throws -> Elements? {
        guard yieldsElements else { return nil }
        let isTrue = try condition.column(batch, rows)
        let (passed, others) = batch.rows(rows) { isTrue[$0].isTruthy }
        if others.count == 0 { return try elements(of: yes, passed, batch) }
        if passed.count == 0 { return try elements(of: no, others, batch) }
        return try Elements(
            try elements(of: yes, passed, batch), passed, and: try elements(of: no, others, batch), others, in: batch)
    }

    /// A branch's elements, of arrays taken apart where it builds them.
    private func elements(of branch: Expression, _ rows: Rows, _ batch: Batch) throws -> Elements {
        if let known = try branch.elements(batch, rows) { return known }
        let list = try batch.takeApart(batch.source(of: branch.column(batch, rows), rows), rows, into: nil)
        // Null and nothing, which may stand for an array, are told apart by the column alone.
        if (0..<rows.count).contains(where: { list.counts[rows[$0]] < 0 }) { throw Irregular() }
        return list
    }
}

/// `$ifNull`: the first operand that is not null, undefined or missing; else the last.
final class FirstNonNull: Expression {
    let operands: [Expression]
    init(_ operands: [Expression]) { self.operands = operands }

    override func evaluate(_ scope: Scope) throws -> ValueView {
        for operand in operands.dropLast() {
            let value = try operand.evaluate(scope)
            if !value.isNullish { return value }
        }
        return try operands[operands.count - 1].evaluate(scope)
    }

    override var isBatched: Bool { operands.allSatisfy(\.isBatched) }

    override func column(_ batch: Batch, _ rows: Rows) throws -> Column {
        let column = batch.newColumn()
        var open = rows
        for operand in operands where open.count > 0 {
            let values = try operand.column(batch, open)
            batch.copy(values, open, to: column)
            open = batch.rows(open) { values[$0].isNullish }.passed
        }
        return column
    }
}

/// `$switch`: the value of the first branch whose case is true, else the default.
final class Switch: Expression {
    let branches: [(condition: Expression, value: Expression)]
    let otherwise: Expression?

    private init(_ branches: [(condition: Expression, value: Expression)], otherwise: Expression?) {
        self.branches = branches
        self.otherwise = otherwise
    }

    static func compile(_ argument: ValueView, _ compiler: Compiler) throws -> Expression {
        guard argument.type == .document else {
            throw AtelierError(40060, "$switch requires an object as an argument, found: \(argument.type.name)")
        }
        var branches: [(condition: Expression, value: Expression)] = []
        var otherwise: Expression?
        var cursor = argument.asDocument.elements()
        while cursor.next() {
            switch cursor.keyString {
            case "branches":
                guard cursor.type == .array else {
                    throw AtelierError(40061, "$switch expected an array for 'branches', found: \(cursor.type.name)")
                }
                var branch = cursor.value.asDocument.elements()
                while branch.next() { branches.append(try compile(branch: branch.value, compiler)) }
            case "default": otherwise = try compiler.expression(cursor.value)
            case let name: throw AtelierError(40067, "$switch found an unknown argument: \(name)")
            }
        }
        if branches.isEmpty { throw AtelierError(40068, "$switch requires at least one branch") }
        return Switch(branches, otherwise: otherwise)
    }

    private static func compile(
        branch: ValueView, _ compiler: Compiler
    ) throws -> (condition: Expression, value: Expression) {
        guard branch.type == .document else {
            throw AtelierError(40062, "$switch expected each branch to be an object, found: \(branch.type.name)")
        }
        var condition: Expression?
        var value: Expression?
        var cursor = branch.asDocument.elements()
        while cursor.next() {
            switch cursor.keyString {
            case "case": condition = try compiler.expression(cursor.value)
            case "then": value = try compiler.expression(cursor.value)
            case let name: throw AtelierError(40063, "$switch found an unknown argument to a branch: \(name)")
            }
        }
        guard let condition else { throw AtelierError(40064, "$switch requires each branch have a 'case' expression") }
        guard let value else { throw AtelierError(40065, "$switch requires each branch have a 'then' expression") }
        return (condition, value)
    }

    override func evaluate(_ scope: Scope) throws -> ValueView {
        for branch in branches where try branch.condition.evaluate(scope).isTruthy {
            return try branch.value.evaluate(scope)
        }
        guard let otherwise else {
            throw AtelierError(
                40066, "$switch could not find a matching branch for an input, and no default was specified.")
        }
        return try otherwise.evaluate(scope)
    }

    override var isBatched: Bool {
        branches.allSatisfy { $0.condition.isBatched && $0.value.isBatched } && otherwise?.isBatched ?? true
    }

    override func column(_ batch: Batch, _ rows: Rows) throws -> Column {
        let column = batch.newColumn()
        var open = rows
        for branch in branches where open.count > 0 {
            let isTrue = try branch.condition.column(batch, open)
            let (passed, others) = batch.rows(open) { isTrue[$0].isTruthy }
            if passed.count > 0 { batch.copy(try branch.value.column(batch, passed), passed, to: column) }
            open = others
        }
        if open.count > 0 {
            guard let otherwise else { throw Irregular() }
            batch.copy(try otherwise.column(batch, open), open, to: column)
        }
        return column
    }
}
