import BSON

extension ExpressionOperator {
    /// Source: MongoDB manual, "$trim".
    static let trimming: [ExpressionOperator] = [
        trim("$trim", left: true, right: true),
        trim("$ltrim", left: true, right: false),
        trim("$rtrim", left: false, right: true),
    ]

    /// White space as `$trim` has it where no characters are given: NUL, ASCII space, U+00A0, U+1680, U+2000 to U+200A.
    private static let whitespace: [[UInt8]] =
        [[0x00], [0x20], [0x09], [0x0A], [0x0B], [0x0C], [0x0D], [0xC2, 0xA0], [0xE1, 0x9A, 0x80]]
        + (0x80...0x8A).map { [0xE2, 0x80, $0] }

    private static func trim(_ name: String, left: Bool, right: Bool) -> ExpressionOperator {
        form(name) { argument, compiler in
            let arguments = try NamedArguments(
                argument, of: name, ["input", "chars"], notObject: 50696, unknown: 50694)
            let input = try compiler.expression(arguments, required: "input", 50695)
            let characters = try compiler.expression(arguments, "chars")
            let given = characters != nil
            return try compiler.call(name, [input, characters]) { scope, arguments in
                let input = try arguments[0]
                if input.isNullish { return .null }
                guard input.type == .string else {
                    throw AtelierError(
                        50699, "\(name) requires its input to be a string, got \(input.type.name) instead.")
                }
                if !given { return trimmed(input.bytes, whitespace, left: left, right: right) }
                let characters = try arguments[1]
                if characters.isNullish { return .null }
                guard characters.type == .string else {
                    throw AtelierError(
                        50700, "\(name) requires 'chars' to be a string, got \(characters.type.name) instead.")
                }
                return trimmed(input.bytes, codePoints(characters.bytes), left: left, right: right)
            }
        }
    }

    private static func codePoints(_ bytes: UnsafeRawBufferPointer) -> [[UInt8]] {
        let text = UTF8Text(bytes)
        var result: [[UInt8]] = []
        var offset = 0
        while offset < bytes.count {
            let next = text.next(after: offset)
            result.append(Array(bytes[offset..<next]))
            offset = next
        }
        return result
    }

    private static func trimmed(
        _ text: UnsafeRawBufferPointer, _ characters: [[UInt8]], left: Bool, right: Bool
    ) -> ValueView {
        var (start, end) = (0, text.count)
        while left, let length = characters.lazy.compactMap({ length($0, in: text, at: start, before: end) }).first {
            start += length
        }
        while right,
            let length = characters.lazy.compactMap({ length($0, in: text, at: end - $0.count, after: start) }).first
        {
            end -= length
        }
        return .string(borrowing: text.slice(start..<end))
    }

    /// A character's length where it stands at an offset, within bounds.
    private static func length(
        _ character: [UInt8], in text: UnsafeRawBufferPointer, at offset: Int, after start: Int = 0,
        before end: Int = Int.max
    ) -> Int? {
        guard offset >= start, offset + character.count <= end else { return nil }
        return character.withUnsafeBytes { text.has($0, at: offset) } ? character.count : nil
    }
}
