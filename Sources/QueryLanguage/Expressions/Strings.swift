import BSON

extension ExpressionOperator {
    /// Whole strings: joining, case, comparison, length, splitting. Source: MongoDB manual, "String Expression Operators".
    static let strings: [ExpressionOperator] = [
        function("$concat", 0...Int.max, .associative) { scope, arguments in try concat(scope, arguments) },
        unary("$toLower") { scope, value in
            try scope.changingCase(value) { (65...90).contains($0) ? $0 | 0x20 : $0 }
        },
        unary("$toUpper") { scope, value in
            try scope.changingCase(value) { (97...122).contains($0) ? $0 & ~0x20 : $0 }
        },
        binary("$strcasecmp") { scope, a, b in
            let (x, y) = (try a.coercedText(scope.arena), try b.coercedText(scope.arena))
            return .int32(Int32(compareCaseless(x, y)))
        },
        unary("$strLenBytes") { _, value in
            guard value.type == .string else {
                throw AtelierError(34473, "$strLenBytes requires a string argument, found: \(value.type.name)")
            }
            return .integer(Int64(value.length))
        },
        unary("$strLenCP") { _, value in
            guard value.type == .string else {
                throw AtelierError(34471, "$strLenCP requires a string argument, found: \(value.type.name)")
            }
            return .integer(Int64(UTF8Text(value.bytes).count))
        },
        binary("$split") { scope, text, separator in
            if text.isNullish || separator.isNullish { return .null }
            guard text.type == .string else {
                throw AtelierError(
                    40085,
                    "$split requires an expression that evaluates to a string as a first argument, found: \(text.type.name)"
                )
            }
            guard separator.type == .string else {
                throw AtelierError(
                    40086,
                    "$split requires an expression that evaluates to a string as a second argument, found: \(separator.type.name)"
                )
            }
            guard separator.length > 0 else { throw AtelierError(40087, "$split requires a non-empty separator") }
            return split(scope, text.bytes, separator.bytes)
        },
    ]

    private static func concat(_ scope: Scope, _ arguments: Arguments) throws -> ValueView {
        try withUnsafeTemporaryAllocation(of: ValueView.self, capacity: arguments.count) { values in
            var length = 0
            for index in 0..<arguments.count {
                let value = try arguments[index]
                guard value.type == .string else {
                    if value.isNullish { return .null }
                    throw AtelierError(16702, "$concat only supports strings, not \(value.type.name)")
                }
                length += Int(value.length)
                try ValueLimits.check(bytes: length)
                values.initializeElement(at: index, to: value)
            }
            if length == 0 { return .emptyString }
            let text = scope.arena.allocate(length)
            var position = 0
            for index in 0..<arguments.count where values[index].length > 0 {
                (text + position).copyMemory(from: values[index].pointer, byteCount: Int(values[index].length))
                position += Int(values[index].length)
            }
            return ValueView(type: .string, pointer: UnsafeRawPointer(text), length: length)
        }
    }

    private static func split(
        _ scope: Scope, _ text: UnsafeRawBufferPointer, _ separator: UnsafeRawBufferPointer
    ) -> ValueView {
        scope.arena.array { writer in
            var start = 0
            while let found = text.firstPosition(of: separator, from: start) {
                writer.appendElement(ValueView.string(borrowing: text.slice(start..<found)))
                start = found + separator.count
            }
            writer.appendElement(ValueView.string(borrowing: text.slice(start..<text.count)))
        }
    }

    /// -1, 0 or 1 by bytes, ASCII letters without case.
    private static func compareCaseless(_ a: UnsafeRawBufferPointer, _ b: UnsafeRawBufferPointer) -> Int {
        for i in 0..<min(a.count, b.count) {
            let (x, y) = (upper(a[i]), upper(b[i]))
            if x != y { return x < y ? -1 : 1 }
        }
        return a.count < b.count ? -1 : a.count == b.count ? 0 : 1
    }

    private static func upper(_ byte: UInt8) -> UInt8 { (97...122).contains(byte) ? byte & ~0x20 : byte }
}

extension Scope {
    /// The value's text with every byte changed.
    fileprivate func changingCase(_ value: ValueView, _ change: (UInt8) -> UInt8) throws -> ValueView {
        let text = try value.coercedText(arena)
        if text.isEmpty { return .emptyString }
        let changed = arena.allocate(text.count)
        for i in 0..<text.count { changed.storeBytes(of: change(text[i]), toByteOffset: i, as: UInt8.self) }
        return ValueView(type: .string, pointer: UnsafeRawPointer(changed), length: text.count)
    }
}
