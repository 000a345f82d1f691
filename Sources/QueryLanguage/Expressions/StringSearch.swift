import BSON

extension ExpressionOperator {
    /// Parts of strings and where they are: `$substr…`, `$indexOf…`, `$replace…`.
    /// Source: MongoDB manual, "String Expression Operators".
    static let stringSearch: [ExpressionOperator] = [
        function("$substr", 3...3) { scope, arguments in try substringOfBytes("$substrBytes", scope, arguments) },
        function("$substrBytes", 3...3) { scope, arguments in try substringOfBytes("$substrBytes", scope, arguments) },
        function("$substrCP", 3...3) { scope, arguments in try substringOfCodePoints(scope, arguments) },
        function("$indexOfBytes", 2...4) { _, arguments in try indexOfBytes(arguments) },
        function("$indexOfCP", 2...4) { _, arguments in try indexOfCodePoints(arguments) },
        replacement("$replaceOne", all: false),
        replacement("$replaceAll", all: true),
    ]

    private static func substringOfBytes(_ name: String, _ scope: Scope, _ arguments: Arguments) throws -> ValueView {
        func bound(_ value: ValueView, _ what: String, _ code: ErrorCode) throws -> Int {
            guard value.type == .int32 || value.type == .int64 || value.type == .double else {
                throw AtelierError(code, "\(name):  \(what) must be a numeric type (is BSON type \(value.type.name))")
            }
            return Int(try Numeric.truncated(value))
        }
        let (value, from, size) = (try arguments[0], try arguments[1], try arguments[2])
        let text = try value.coercedText(scope.arena)
        let start = try bound(from, "starting index", 16034)
        let length = try bound(size, "length", 16035)
        guard start >= 0 else {
            throw AtelierError(50752, "\(name):  starting index must be non-negative (got: \(start))")
        }
        if start < text.count && UTF8Text.isContinuation(text[start]) {
            throw AtelierError(28656, "\(name):  Invalid range, starting index is a UTF-8 continuation byte.")
        }
        guard start < text.count else { return .emptyString }
        // A negative length means the rest.
        let end = length < 0 || length > text.count - start ? text.count : start + length
        if end < text.count && UTF8Text.isContinuation(text[end]) {
            throw AtelierError(28657, "\(name):  Invalid range, ending index is in the middle of a UTF-8 character.")
        }
        return .string(borrowing: text.slice(start..<end))
    }

    private static func substringOfCodePoints(_ scope: Scope, _ arguments: Arguments) throws -> ValueView {
        func bound(_ value: ValueView, _ what: String, _ notNumber: ErrorCode, _ notWhole: ErrorCode) throws -> Int {
            guard value.isNumber else {
                throw AtelierError(
                    notNumber, "$substrCP: \(what) must be a numeric type (is BSON type \(value.type.name))")
            }
            guard let number = value.exactInt32 else {
                throw AtelierError(notWhole, "$substrCP: \(what) cannot be represented as a 32-bit integral value")
            }
            return number
        }
        let (value, from, size) = (try arguments[0], try arguments[1], try arguments[2])
        let text = UTF8Text(try value.coercedText(scope.arena))
        let start = try bound(from, "starting index", 34450, 34451)
        let length = try bound(size, "length", 34452, 34453)
        guard length >= 0 else { throw AtelierError(34454, "$substrCP: length must be a nonnegative integer.") }
        guard start >= 0 else {
            throw AtelierError(34455, "$substrCP: the starting index must be nonnegative integer.")
        }
        let first = text.offset(ofCodePoint: start)
        return .string(borrowing: text.bytes.slice(first..<text.offset(ofCodePoint: length, from: first)))
    }

    private static func indexOfBytes(_ arguments: Arguments) throws -> ValueView {
        let text = try arguments[0]
        if text.isNullish { return .null }
        guard text.type == .string else {
            throw AtelierError(40091, "$indexOfBytes requires a string as the first argument, found: \(text.type.name)")
        }
        let token = try arguments[1]
        guard token.type == .string else {
            throw AtelierError(
                40092, "$indexOfBytes requires a string as the second argument, found: \(token.type.name)")
        }
        let start = try arguments.count > 2 ? position(arguments[2], of: "$indexOfBytes", "starting index") : 0
        let end = try arguments.count > 3 ? position(arguments[3], of: "$indexOfBytes", "ending index") : Int.max
        guard start <= text.bytes.count && start <= end else { return .int32(-1) }
        let found = text.bytes.firstPosition(of: token.bytes, from: start, before: min(end, text.bytes.count))
        return .integer(Int64(found ?? -1))
    }

    private static func indexOfCodePoints(_ arguments: Arguments) throws -> ValueView {
        let value = try arguments[0]
        if value.isNullish { return .null }
        guard value.type == .string else {
            throw AtelierError(40093, "$indexOfCP requires a string as the first argument, found: \(value.type.name)")
        }
        let token = try arguments[1]
        guard token.type == .string else {
            throw AtelierError(40094, "$indexOfCP requires a string as the second argument, found: \(token.type.name)")
        }
        let start = try arguments.count > 2 ? position(arguments[2], of: "$indexOfCP", "starting index") : 0
        let end = try arguments.count > 3 ? position(arguments[3], of: "$indexOfCP", "ending index") : Int.max
        let text = UTF8Text(value.bytes)
        let count = text.count
        guard start <= min(end, count) else { return .int32(-1) }
        if text.bytes.isEmpty && token.length == 0 { return .int32(0) }
        // A match begins before the end index; it may reach past it.
        var offset = text.offset(ofCodePoint: start)
        for index in start..<min(end, count) {
            if text.bytes.has(token.bytes, at: offset) { return .integer(Int64(index)) }
            offset = text.next(after: offset)
        }
        return .int32(-1)
    }

    private static func replacement(_ name: String, all: Bool) -> ExpressionOperator {
        form(name) { argument, compiler in
            let arguments = try NamedArguments(
                argument, of: name, ["input", "find", "replacement"], notObject: 51751, unknown: 51750)
            let operands = [
                try compiler.expression(arguments, required: "input", 51749),
                try compiler.expression(arguments, required: "find", 51748),
                try compiler.expression(arguments, required: "replacement", 51747),
            ]
            return try compiler.call(name, operands) { scope, arguments in
                let values = try arguments.all()
                for (i, (what, code)) in zip(["input", "find", "replacement"], [51746, 51745, 51744] as [ErrorCode])
                    .enumerated()
                where values[i].type != .string && !values[i].isNullish {
                    throw AtelierError(
                        code, "\(name) requires that '\(what)' be a string, found: \(values[i].type.name)")
                }
                if values[0].isNullish || values[1].isNullish || values[2].isNullish { return .null }
                return try replace(scope, values[0], values[1].bytes, with: values[2].bytes, all: all)
            }
        }
    }

    private static func replace(
        _ scope: Scope, _ input: ValueView, _ find: UnsafeRawBufferPointer, with text: UnsafeRawBufferPointer, all: Bool
    ) throws -> ValueView {
        let source = input.bytes
        guard var found = source.firstPosition(of: find, from: 0) else { return input }
        var result: [UInt8] = []
        var start = 0
        while true {
            result += source.slice(start..<found)
            result += text
            try ValueLimits.check(bytes: result.count)
            start = found + find.count
            if !all { break }
            if find.isEmpty {
                // Nothing is found before every character and at the end.
                guard start < source.count else { break }
                let next = UTF8Text(source).next(after: start)
                result += source.slice(start..<next)
                (start, found) = (next, next)
            } else {
                guard let next = source.firstPosition(of: find, from: start) else { break }
                found = next
            }
        }
        result += source.slice(start..<source.count)
        return result.withUnsafeBytes { scope.arena.string($0) }
    }
}
