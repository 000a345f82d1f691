import BSON

extension ExpressionOperator {
    /// `$firstN`, `$lastN`, `$maxN`, `$minN`, `$sortArray`. Source: MongoDB manual, "Array Expression Operators".
    static let arraySelection: [ExpressionOperator] = [
        selection("$firstN") { values, n in values.prefix(n) },
        selection("$lastN") { values, n in values.suffix(n) },
        selection("$minN") { values, n in extremes(values, n) { $0.compare($1) < 0 } },
        selection("$maxN") { values, n in extremes(values, n) { $0.compare($1) > 0 } },
        form("$sortArray") { argument, compiler in
            let arguments = try NamedArguments(
                argument, of: "$sortArray", ["input", "sortBy"], notObject: 2942500, unknown: 2942501)
            let input = try compiler.expression(arguments, required: "input", 2942502)
            let order = try ElementOrder(sortBy: arguments.required("sortBy", 2942503))
            return try compiler.call("$sortArray", [input]) { scope, arguments in
                let array = try arguments[0]
                if array.isNullish { return .null }
                guard array.type == .array else {
                    throw AtelierError(
                        2942504,
                        "The input argument to $sortArray must be an array, but was of type: \(array.type.name)")
                }
                let sorted = order.sorted(Array(scope.values(of: array.asDocument)))
                return scope.arena.array { writer in
                    for value in sorted { writer.appendElement(value) }
                }
            }
        },
    ]

    private static func extremes(
        _ values: [ValueView], _ n: Int, _ before: (ValueView, ValueView) -> Bool
    ) -> ArraySlice<ValueView> {
        values.filter { !$0.isNullish }.sorted(by: before).prefix(n)
    }

    /// An operator of `{n: …, input: …}` that picks elements of an array.
    private static func selection(
        _ name: String, _ pick: @escaping @Sendable (_ values: [ValueView], _ n: Int) -> ArraySlice<ValueView>
    ) -> ExpressionOperator {
        form(name) { argument, compiler in
            let arguments = try NamedArguments(
                argument, of: name, ["n", "input"], notObject: 5787801, unknown: 5787901)
            let n = try compiler.expression(arguments, required: "n", 5787906)
            let input = try compiler.expression(arguments, required: "input", 5787907)
            return try compiler.call(name, [n, input]) { scope, arguments in
                let (n, array) = (try arguments[0], try arguments[1])
                guard n.isNumber, let count = n.exactInt64 else {
                    throw AtelierError(
                        n.isNumber ? 5787903 : 5787902,
                        "Value for 'n' of \(name) must be of integral type, but found \(n.type.name)")
                }
                guard count > 0 else {
                    throw AtelierError(5787908, "'n' of \(name) must be greater than 0, found \(count)")
                }
                guard array.type == .array else {
                    throw AtelierError(5788200, "Input of \(name) must be an array, but found \(array.type.name)")
                }
                return scope.arena.array { writer in
                    for value in pick(Array(scope.values(of: array.asDocument)), Int(count)) {
                        writer.appendElement(value)
                    }
                }
            }
        }
    }
}

extension ElementOrder {
    /// The order that `sortBy` asks for: 1, -1, or fields with 1 or -1.
    ///
    /// - Throws: `2942505` to `2942507` for anything else.
    init(sortBy value: ValueView) throws {
        func descending(_ value: ValueView) throws -> Bool {
            switch value.exactInt64 {
            case 1: return false
            case -1: return true
            default: throw AtelierError(2942507, "The $sortArray 'sortBy' value must be either 1 or -1")
            }
        }
        guard value.type == .document else {
            self.init(keys: [([], try descending(value))])
            return
        }
        var keys: [(path: [FieldName], descending: Bool)] = []
        var cursor = value.asDocument.elements()
        while cursor.next() { keys.append((try FieldPath(cursor.keyString).components, try descending(cursor.value))) }
        if keys.isEmpty { throw AtelierError(2942505, "The $sortArray 'sortBy' document must name a field") }
        self.init(keys: keys)
    }
}
