import BSON

extension ExpressionOperator {
    /// Arrays as sets: no order, no duplicates; 1 and 1.0 are one element. Source: MongoDB manual, "Set Expression Operators".
    static let sets: [ExpressionOperator] = [
        form("$setEquals") { argument, compiler in
            let operands = try compiler.operands(argument, of: "$setEquals", 0...Int.max)
            if operands.count < 2 {
                throw AtelierError(17045, "$setEquals needs at least two arguments had: \(operands.count)")
            }
            return try compiler.call("$setEquals", operands) { scope, arguments in
                var first = ValueSet()
                for index in 0..<arguments.count {
                    let value = try arguments[index]
                    try checkArray(value, "All operands of $setEquals", 17044)
                    let set = ValueSet(value, scope.arena)
                    if index == 0 {
                        first = set
                    } else if set.count != first.count || !set.isSubset(of: first) {
                        return .bool(false)
                    }
                }
                return .bool(true)
            }
        },
        function("$setIntersection", 0...Int.max, .commutative) { scope, arguments in
            var common = ValueSet()
            for index in 0..<arguments.count {
                let value = try arguments[index]
                if value.isNullish { return .null }
                try checkArray(value, "All operands of $setIntersection", 17047)
                let set = ValueSet(value, scope.arena)
                // Of equal elements the smaller set's stay.
                common =
                    index == 0
                    ? set
                    : set.count < common.count
                        ? set.intersection(common, scope.arena) : common.intersection(set, scope.arena)
                // Nothing more can be in all of them.
                if common.count == 0 { break }
            }
            return common.array(scope.arena)
        },
        function("$setUnion", 0...Int.max, .commutative) { scope, arguments in
            var set = ValueSet()
            for index in 0..<arguments.count {
                let value = try arguments[index]
                if value.isNullish { return .null }
                try checkArray(value, "All operands of $setUnion", 17043)
                set.insert(elementsOf: value, scope.arena)
            }
            return set.array(scope.arena)
        },
        binary("$setDifference") { scope, a, b in
            if a.isNullish || b.isNullish { return .null }
            try checkArray(a, "The first operand of $setDifference", 17048)
            try checkArray(b, "The second operand of $setDifference", 17049)
            let taken = ValueSet(b, scope.arena)
            var set = ValueSet()
            var cursor = a.asDocument.elements()
            while cursor.next() {
                if !taken.contains(cursor.value) { set.insert(cursor.value, memory: scope.arena) }
            }
            return set.array(scope.arena)
        },
        form("$setIsSubset") { argument, compiler in
            let operands = try compiler.operands(argument, of: "$setIsSubset", 2...2)
            if operands[0].constant == nil, let whole = operands[1].constant {
                return compiler.checked { try Subset(operands[0], of: whole) }
                    ?? BinaryCall(operands[0], operands[1], isSubset)
            }
            return try compiler.fold(BinaryCall(operands[0], operands[1], isSubset), operands)
        },
        unary("$anyElementTrue") { _, array in
            try checkArray(array, "$anyElementTrue's argument", 17041)
            var cursor = array.asDocument.elements()
            while cursor.next() {
                if cursor.value.isTruthy { return .bool(true) }
            }
            return .bool(false)
        },
        unary("$allElementsTrue") { _, array in
            try checkArray(array, "$allElementsTrue's argument", 17040)
            var cursor = array.asDocument.elements()
            while cursor.next() {
                if !cursor.value.isTruthy { return .bool(false) }
            }
            return .bool(true)
        },
    ]

    @Sendable
    private static func isSubset(_ scope: Scope, _ a: ValueView, _ b: ValueView) throws -> ValueView {
        try checkArray(a, "The first operand of $setIsSubset", 17046)
        try checkArray(b, "The second operand of $setIsSubset", 17042)
        return .bool(ValueSet(a, scope.arena).isSubset(of: ValueSet(b, scope.arena)))
    }

    fileprivate static func checkArray(_ value: ValueView, _ what: String, _ code: ErrorCode) throws {
        if value.type != .array { throw AtelierError(code, "\(what) must be an array, but is \(value.type.name)") }
    }
}

/// `$setIsSubset` of a constant set: its elements are hashed once.
final class Subset: Expression {
    private let part: Expression
    private let whole: ValueSet
    private let memory = Arena(chunkSize: 4096)

    /// - Throws: `17311` for a constant that is no array.
    init(_ part: Expression, of whole: ValueView) throws {
        try ExpressionOperator.checkArray(whole, "The second operand of $setIsSubset", 17311)
        self.part = part
        self.whole = ValueSet(whole, memory)
    }

    override func evaluate(_ scope: Scope) throws -> ValueView {
        let value = try part.evaluate(scope)
        try ExpressionOperator.checkArray(value, "The first operand of $setIsSubset", 17310)
        var cursor = value.asDocument.elements()
        while cursor.next() {
            if !whole.contains(cursor.value) { return .bool(false) }
        }
        return .bool(true)
    }
}

extension ValueSet {
    fileprivate init(_ array: ValueView, _ arena: Arena) {
        self.init()
        insert(elementsOf: array, arena)
    }

    fileprivate mutating func insert(elementsOf array: ValueView, _ arena: Arena) {
        var cursor = array.asDocument.elements()
        while cursor.next() { insert(cursor.value, memory: arena) }
    }

    fileprivate func contains(_ value: ValueView) -> Bool { index(of: value) != nil }

    fileprivate func intersection(_ other: ValueSet, _ arena: Arena) -> ValueSet {
        var result = ValueSet()
        for i in 0..<count where other.contains(self[i]) { result.insert(self[i], memory: arena) }
        return result
    }

    fileprivate func isSubset(of other: ValueSet) -> Bool { (0..<count).allSatisfy { other.contains(self[$0]) } }

    fileprivate func array(_ arena: Arena) -> ValueView {
        arena.array { writer in
            for i in 0..<count { writer.appendElement(self[i]) }
        }
    }
}
