import BSON

extension ExpressionOperator {
    /// Source: MongoDB manual, "$regexFind", "$regexFindAll", "$regexMatch".
    static let regularExpressions: [ExpressionOperator] = [
        regex("$regexMatch", nullInput: .bool(false)) { _, regex, text in .bool(try regex.matches(text)) },
        regex("$regexFind", nullInput: .null) { scope, regex, text in
            try find(scope, regex, text, from: 0, codePoints: 0)?.value ?? .null
        },
        regex("$regexFindAll", nullInput: nil) { scope, regex, text in
            try scope.arena.array { writer in
                var (start, codePoints) = (0, 0)
                repeat {
                    guard let found = try find(scope, regex, text, from: start, codePoints: codePoints) else { break }
                    writer.appendElement(found.value)
                    try ValueLimits.check(bytes: writer.mark)
                    // An empty match at a place does not hide a longer one after it, but does not match there again.
                    let end =
                        found.range.isEmpty && found.range.upperBound < text.count
                        ? UTF8Text(text).next(after: found.range.upperBound) : found.range.upperBound
                    if found.range.isEmpty && end == found.range.upperBound { break }
                    codePoints = found.index + UTF8Text(text.slice(found.range.lowerBound..<end)).count
                    start = end
                } while start < text.count
            }
        },
    ]

    /// - Parameter nullInput: what null as input or pattern yields; nil for an empty array.
    private static func regex(
        _ name: String, nullInput: ValueView?,
        _ body: @escaping @Sendable (Scope, Regex, UnsafeRawBufferPointer) throws -> ValueView
    ) -> ExpressionOperator {
        form(name) { argument, compiler in
            let arguments = try NamedArguments(
                argument, of: name, ["input", "regex", "options"], notObject: 51103, unknown: 31024)
            let input = try compiler.expression(arguments, required: "input", 31022)
            let pattern = try compiler.expression(arguments, required: "regex", 31023)
            let options = try compiler.expression(arguments, "options")
            // A constant pattern is compiled here, once; its errors come with those of other constants.
            var compiled: Regex?
            if let constant = pattern.constant, options.map({ $0.constant != nil }) ?? true {
                compiled = compiler.checked { try Regex(name, constant, options?.constant ?? .missing) } ?? nil
            }
            let fixed = compiled
            return FunctionCall(name, [input, pattern, options ?? Constant(.missing)]) { scope, arguments in
                let input = try arguments[0]
                let regex: Regex?
                if let fixed {
                    try checkInput(input, name)
                    regex = fixed
                } else {
                    let (pattern, options) = (try arguments[1], try arguments[2])
                    try checkInput(input, name)
                    regex = try Regex(name, pattern, options)
                }
                guard let regex, input.type == .string else { return nullInput ?? scope.arena.array { _ in } }
                return try body(scope, regex, input.bytes)
            }
        }
    }

    private static func checkInput(_ input: ValueView, _ name: String) throws {
        if input.type != .string && !input.isNullish {
            throw AtelierError(51104, "\(name) needs 'input' to be of type string, not \(input.type.name)")
        }
    }

    /// The first match from a byte offset on as `{match, idx, captures}`; `codePoints` begin before the offset.
    private static func find(
        _ scope: Scope, _ regex: Regex, _ text: UnsafeRawBufferPointer, from start: Int, codePoints: Int
    ) throws -> (value: ValueView, range: Range<Int>, index: Int)? {
        try regex.withMatch(text, from: start) { match in
            guard let match else { return nil }
            let range = match.range
            let index = codePoints + UTF8Text(text.slice(start..<max(start, range.lowerBound))).count
            let value = scope.arena.document { writer in
                writer.append("match", ValueView.string(borrowing: text.slice(range)))
                writer.append("idx", ValueView.integer(Int64(index)))
                writer.beginArray("captures")
                for group in 0..<regex.captureCount {
                    writer.appendElement(
                        match[group + 1].map { ValueView.string(borrowing: text.slice($0)) } ?? .null)
                }
                writer.end()
            }
            return (value, range, index)
        }
    }
}

extension Regex {
    /// The regular expression of a `$regex…` operator's arguments; nil where it is null.
    ///
    /// - Throws: `51105`, `51106` for arguments of other types, `51107` for options given twice, `51109`, `51110` for
    ///   NULs, `51108` and `51111` for options and patterns that are malformed.
    fileprivate convenience init?(_ name: String, _ pattern: ValueView, _ options: ValueView) throws {
        guard pattern.isNullish || pattern.type == .string || pattern.type == .regex else {
            throw AtelierError(51105, "\(name) needs 'regex' to be of type string or regex, not \(pattern.type.name)")
        }
        guard options.isNullish || options.type == .string else {
            throw AtelierError(51106, "\(name) needs 'options' to be of type string, not \(options.type.name)")
        }
        var text = ""
        var letters = options.type == .string ? options.asString : ""
        if pattern.type == .regex {
            let (own, ownLetters) = pattern.asRegex
            if !ownLetters.isEmpty && !letters.isEmpty {
                throw AtelierError(
                    51107, "\(name): found regex option(s) specified in both 'regex' and 'option' fields")
            }
            text = own
            if letters.isEmpty { letters = ownLetters }
        } else if pattern.type == .string {
            text = pattern.asString
        }
        if text.utf8.contains(0) {
            throw AtelierError(51109, "\(name): regular expression cannot contain an embedded null byte")
        }
        if letters.utf8.contains(0) {
            throw AtelierError(51110, "\(name): regex options cannot contain an embedded null byte")
        }
        if pattern.isNullish { return nil }
        try self.init(pattern: text, options: letters, code: 51111)
    }
}
