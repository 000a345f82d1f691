import BSON

extension ExpressionOperator {
    /// Looking into arrays. Source: MongoDB manual, "Array Expression Operators".
    static let arrayAccess: [ExpressionOperator] = [
        binary("$arrayElemAt") { _, array, index in try element(array, index) },
        unary("$first") { _, array in try end("$first", array) { $0.element(at: 0) } },
        unary("$last") { _, array in
            try end("$last", array) { view in
                var last = ValueView.missing
                var cursor = view.elements()
                while cursor.next() { last = cursor.value }
                return last
            }
        },
        unary("$isArray") { _, value in .bool(value.type == .array) },
        form("$size") { argument, compiler in
            let operands = try compiler.operands(argument, of: "$size", 1...1)
            return try compiler.fold(Size(operands[0]), operands)
        },
        binary("$in") { _, value, array in
            guard array.type == .array else {
                throw AtelierError(40081, "$in requires an array as a second argument, found: \(array.type.name)")
            }
            var cursor = array.asDocument.elements()
            while cursor.next() {
                if cursor.value.equals(value) { return .bool(true) }
            }
            return .bool(false)
        },
        function("$indexOfArray", 2...4) { _, arguments in try indexOfArray(arguments) },
        function("$slice", 2...3) { scope, arguments in try slice(scope, arguments) },
    ]

    private static func element(_ array: ValueView, _ index: ValueView) throws -> ValueView {
        if array.isNullish || index.isNullish { return .null }
        guard array.type == .array else {
            throw AtelierError(28689, "$arrayElemAt's first argument must be an array, but is \(array.type.name)")
        }
        guard index.isNumber else {
            throw AtelierError(
                28690, "$arrayElemAt's second argument must be a numeric value, but is \(index.type.name)")
        }
        guard let position = index.exactInt32 else {
            throw AtelierError(28691, "$arrayElemAt's second argument must be representable as a 32-bit integer")
        }
        if position >= 0 { return array.asDocument.element(at: position) }
        let fromFront = array.asDocument.count + position
        return fromFront < 0 ? .missing : array.asDocument.element(at: fromFront)
    }

    private static func end(_ name: String, _ array: ValueView, _ pick: (DocumentView) -> ValueView) throws -> ValueView
    {
        if array.isNullish { return .null }
        guard array.type == .array else {
            throw AtelierError(28689, "\(name)'s argument must be an array, but is \(array.type.name)")
        }
        return pick(array.asDocument)
    }

    private static func indexOfArray(_ arguments: Arguments) throws -> ValueView {
        let array = try arguments[0]
        if array.isNullish { return .null }
        guard array.type == .array else {
            throw AtelierError(40090, "$indexOfArray requires an array as a first argument, found: \(array.type.name)")
        }
        let wanted = try arguments[1]
        let start = try arguments.count > 2 ? position(arguments[2], of: "$indexOfArray", "starting index") : 0
        let end = try arguments.count > 3 ? position(arguments[3], of: "$indexOfArray", "ending index") : Int.max
        var index = 0
        var cursor = array.asDocument.elements()
        while index < end && cursor.next() {
            if index >= start && cursor.value.equals(wanted) { return .integer(Int64(index)) }
            index += 1
        }
        return .int32(-1)
    }

    /// An index that must be a whole number of at least 0.
    static func position(_ value: ValueView, of name: String, _ what: String) throws -> Int {
        guard let index = value.exactInt32 else {
            throw AtelierError(40096, "\(name) requires an integral \(what), found a value of type: \(value.type.name)")
        }
        guard index >= 0 else { throw AtelierError(40097, "\(name) requires a nonnegative \(what), found: \(index)") }
        return index
    }

    private static func slice(_ scope: Scope, _ arguments: Arguments) throws -> ValueView {
        let (array, second) = (try arguments[0], try arguments[1])
        if array.isNullish || second.isNullish { return .null }
        guard array.type == .array else {
            throw AtelierError(28724, "First argument to $slice must be an array, but is of type: \(array.type.name)")
        }
        let number = try whole(second, "Second", 28725, 28726)
        let count = array.asDocument.count
        var range: Range<Int>
        if arguments.count == 2 {
            range = number >= 0 ? 0..<min(number, count) : max(0, count + number)..<count
        } else {
            let third = try arguments[2]
            if third.isNullish { return .null }
            let length = try whole(third, "Third", 28727, 28728)
            guard length > 0 else { throw AtelierError(28729, "Third argument to $slice must be positive: \(length)") }
            let start = number >= 0 ? min(number, count) : max(0, count + number)
            range = start..<min(count, start + length)
        }
        if range == 0..<count { return array }
        return scope.arena.array { writer in
            var cursor = array.asDocument.elements()
            var index = 0
            while index < range.upperBound && cursor.next() {
                if index >= range.lowerBound { writer.appendElement(cursor.value) }
                index += 1
            }
        }
    }

    private static func whole(_ value: ValueView, _ which: String, _ notNumber: ErrorCode, _ notWhole: ErrorCode) throws
        -> Int
    {
        guard value.isNumber else {
            throw AtelierError(
                notNumber, "\(which) argument to $slice must be numeric, but is of type: \(value.type.name)")
        }
        guard let number = value.exactInt32 else {
            throw AtelierError(notWhole, "\(which) argument to $slice can't be represented as a 32-bit integer")
        }
        return number
    }
}

/// `$size`: how many elements an array has.
final class Size: Expression {
    let array: Expression
    init(_ array: Expression) { self.array = array }

    override func evaluate(_ scope: Scope) throws -> ValueView {
        var count: Int64 = 0
        if let other = try array.visitElements(scope, { _ in count += 1 }) {
            throw AtelierError(17124, "The argument to $size must be an array, but was of type: \(other.type.name)")
        }
        return .integer(count)
    }

    override var isBatched: Bool { array.isBatched }

    override func column(_ batch: Batch, _ rows: Rows) throws -> Column {
        let column = batch.newColumn()
        if let list = try array.elements(batch, rows) {
            for i in 0..<rows.count {
                let count = list.counts[rows[i]]
                if count < 0 { throw Irregular() }
                column[rows[i]] = .int32(count)
            }
            return column
        }
        return try batch.map(array.column(batch, rows), rows) { value in
            guard value.type == .array else { throw Irregular() }
            return .integer(Int64(value.asDocument.count))
        }
    }
}
