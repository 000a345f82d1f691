import BSON

/// A regular expression in a filter: compiled, and as it was written.
struct RegexLiteral: Sendable {
    let pattern: String
    /// In alphabetical order.
    let options: String
    let regex: Regex

    /// Options that MongoDB does not know count for nothing in filters.
    ///
    /// - Throws: `51091` for a malformed pattern.
    init(pattern: String, options: String) throws {
        self.pattern = pattern
        self.options = String(options.sorted())
        if pattern.utf8.contains(0) {
            throw AtelierError(.badValue, "Regular expression cannot contain an embedded null byte")
        }
        regex = try Regex(pattern: pattern, options: options.filter { "imsxu".contains($0) })
    }

    /// Strings and symbols by the expression; a stored regular expression where it is the same one.
    @inline(__always)
    func matches(_ value: ValueView) throws -> Bool {
        switch value.type {
        case .string, .symbol: return try regex.matches(value.bytes)
        case .regex:
            let other = value.asRegex
            return other.pattern == pattern && other.options == options
        default: return false
        }
    }
}
