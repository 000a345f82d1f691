import BSON

extension ExpressionOperator {
    /// Making arrays from arrays. Source: MongoDB manual, "Array Expression Operators".
    static let arrayBuilding: [ExpressionOperator] = [
        function("$concatArrays", 0...Int.max, .associative) { scope, arguments in
            if arguments.count == 1 {
                let value = try arguments[0]
                return try isArray(value) ? value : .null
            }
            var complete = true
            let result = try scope.arena.array { writer in
                for index in 0..<arguments.count {
                    let value = try arguments[index]
                    guard try isArray(value) else {
                        complete = false
                        return
                    }
                    var cursor = value.asDocument.elements()
                    while cursor.next() { writer.appendElement(cursor.value) }
                    try ValueLimits.check(bytes: writer.mark)
                }
            }
            return complete ? result : .null
        },
        unary("$reverseArray") { scope, array in
            if array.isNullish { return .null }
            guard array.type == .array else {
                throw AtelierError(
                    34435, "The argument to $reverseArray must be an array, but was of type: \(array.type.name)")
            }
            let values = scope.values(of: array.asDocument)
            return scope.arena.array { writer in
                for value in values.reversed() { writer.appendElement(value) }
            }
        },
        function("$range", 2...3) { scope, arguments in try range(scope, arguments) },
        form("$zip") { argument, compiler in try zip(argument, compiler) },
    ]

    /// False for null.
    private static func isArray(_ value: ValueView) throws -> Bool {
        if value.type == .array { return true }
        if value.isNullish { return false }
        throw AtelierError(28664, "$concatArrays only supports arrays, not \(value.type.name)")
    }

    private static func range(_ scope: Scope, _ arguments: Arguments) throws -> ValueView {
        func bound(_ value: ValueView, _ what: String, _ notNumber: ErrorCode, _ notWhole: ErrorCode) throws -> Int {
            guard value.isNumber else {
                throw AtelierError(
                    notNumber, "$range requires a numeric \(what), found value of type: \(value.type.name)")
            }
            guard let number = value.exactInt32 else {
                throw AtelierError(notWhole, "$range requires a \(what) that can be represented as a 32-bit integer")
            }
            return number
        }
        let (first, second) = (try arguments[0], try arguments[1])
        let start = try bound(first, "starting value", 34443, 34444)
        let end = try bound(second, "ending value", 34445, 34446)
        let step = try arguments.count > 2 ? bound(arguments[2], "step value", 34447, 34448) : 1
        if step == 0 { throw AtelierError(34449, "$range requires a non-zero step value") }
        // As many values as 100 MB hold.
        if (end - start) / step > 6_553_600 {
            throw AtelierError(
                146, "$range would use too much memory and cannot spill", advice: "Ask for a shorter range.")
        }
        return scope.arena.array { writer in
            for number in stride(from: start, to: end, by: step) {
                writer.appendElement(ValueView.int32(Int32(number)))
            }
        }
    }

    private static func zip(_ argument: ValueView, _ compiler: Compiler) throws -> Expression {
        let arguments = try NamedArguments(
            argument, of: "$zip", ["inputs", "defaults", "useLongestLength"], notObject: 34460, unknown: 34464)
        func list(_ name: String, _ code: ErrorCode) throws -> [Expression] {
            guard let value = arguments[name] else { return [] }
            guard value.type == .array else {
                throw AtelierError(code, "\(name) must be an array of expressions, found \(value.type.name)")
            }
            return try compiler.operands(value, of: "$zip", 0...Int.max)
        }
        let inputs = try list("inputs", 34461)
        let defaults = try list("defaults", 34462)
        let flag = arguments["useLongestLength"] ?? .bool(false)
        guard flag.type == .bool else {
            throw AtelierError(34463, "useLongestLength must be a bool, found \(flag.type.name)")
        }
        let longest = flag.asBool
        if inputs.isEmpty { throw AtelierError(34465, "$zip requires at least one input array") }
        if !defaults.isEmpty && !longest {
            throw AtelierError(34466, "cannot specify defaults unless useLongestLength is true")
        }
        if !defaults.isEmpty && defaults.count != inputs.count {
            throw AtelierError(34467, "defaults and inputs must have the same length")
        }
        let width = inputs.count
        return FunctionCall("$zip", inputs + defaults) { scope, arguments in
            var arrays: [DocumentView] = []
            for index in 0..<width {
                let value = try arguments[index]
                guard value.type == .array else {
                    if value.isNullish { return .null }
                    throw AtelierError(34468, "$zip found a non-array expression in input: \(value.type.name)")
                }
                arrays.append(value.asDocument)
            }
            let defaults = try (width..<arguments.count).map { try arguments[$0] }
            return try zipped(scope, arrays, defaults: defaults, longest)
        }
    }

    private static func zipped(
        _ scope: Scope, _ inputs: [DocumentView], defaults: [ValueView], _ longest: Bool
    ) throws -> ValueView {
        var cursors = inputs.map { $0.elements() }
        let counts = inputs.map(\.count)
        let length = longest ? counts.max()! : counts.min()!
        return try scope.arena.array { writer in
            for row in 0..<length {
                writer.beginElement(.array)
                for i in cursors.indices {
                    if row < counts[i] && cursors[i].next() {
                        writer.appendElement(cursors[i].value)
                    } else {
                        writer.appendElement(defaults.isEmpty ? .null : defaults[i])
                    }
                }
                writer.end()
                try ValueLimits.check(bytes: writer.mark)
            }
        }
    }
}

extension Scope {
    /// An array's elements side by side, in the arena.
    func values(of array: DocumentView) -> UnsafeMutableBufferPointer<ValueView> {
        let count = array.count
        let values = arena.allocate(max(1, count) * MemoryLayout<ValueView>.stride)
            .bindMemory(to: ValueView.self, capacity: max(1, count))
        var cursor = array.elements()
        var index = 0
        while cursor.next() {
            (values + index).initialize(to: cursor.value)
            index += 1
        }
        return UnsafeMutableBufferPointer(start: values, count: count)
    }
}
