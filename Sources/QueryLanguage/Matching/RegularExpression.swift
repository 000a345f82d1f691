import BSON
import CPCRE2
import Synchronization

/// A compiled Perl-compatible regular expression over UTF-8 bytes (PCRE2, just-in-time compiled where the machine allows).
///
/// Compile once, match often: matching allocates nothing and may happen on several threads at once. Bytes that are not
/// UTF-8 match nothing and do no harm. Positions are byte offsets.
final class Regex: @unchecked Sendable {  // Invariant: `code` is immutable; `matchData` belongs to whoever set `busy`.
    private let code: OpaquePointer
    /// Kept from match to match; a second thread that finds it taken makes one of its own.
    private let matchData: OpaquePointer
    private let busy = Atomic<Bool>(false)
    /// How many capture groups the pattern has.
    let captureCount: Int

    /// Compiles a pattern.
    ///
    /// - Parameter options: any of `i` (caseless), `m` (`^` and `$` at every line), `s` (`.` matches newlines), `x`
    ///   (white space and comments in the pattern) and `u` (UTF, which is always on).
    /// - Parameter code: the error code for a pattern that does not compile.
    /// - Throws: `51108` for another option letter; `code` for a malformed pattern.
    init(pattern: String, options: String = "", code errorCode: ErrorCode = 51091) throws {
        let flags = try Regex.flags(options)
        var failure: Int32 = 0
        var offset = 0
        var pattern = pattern
        let compiled = pattern.withUTF8 { text in
            // An empty string may have no address, and PCRE2 wants one.
            withUnsafePointer(to: 0 as UInt8) { empty in
                pcre2_compile_8(text.baseAddress ?? empty, text.count, flags, &failure, &offset, nil)
            }
        }
        guard let compiled else {
            throw AtelierError(
                errorCode, "Regular expression is invalid: \(Regex.message(failure)) (at byte \(offset) of the pattern)"
            )
        }
        // Where there is no just-in-time compiler, PCRE2 interprets.
        _ = pcre2_jit_compile_8(compiled, UInt32(PCRE2_JIT_COMPLETE))
        var groups: UInt32 = 0
        _ = pcre2_pattern_info_8(compiled, UInt32(PCRE2_INFO_CAPTURECOUNT), &groups)
        code = compiled
        matchData = pcre2_match_data_create_from_pattern_8(compiled, nil)
        captureCount = Int(groups)
    }

    deinit {
        pcre2_match_data_free_8(matchData)
        pcre2_code_free_8(code)
    }

    private static func flags(_ options: String) throws -> UInt32 {
        var flags = UInt32(PCRE2_UTF) | UInt32(PCRE2_MATCH_INVALID_UTF)
        for letter in options.unicodeScalars {
            switch letter {
            case "i": flags |= UInt32(PCRE2_CASELESS)
            case "m": flags |= UInt32(PCRE2_MULTILINE)
            case "s": flags |= UInt32(PCRE2_DOTALL)
            case "x": flags |= UInt32(PCRE2_EXTENDED)
            case "u": break
            default:
                throw AtelierError(
                    51108, "invalid flag in regex options: \(letter)", advice: "The options are i, m, s, x and u.")
            }
        }
        return flags
    }

    private static func message(_ failure: Int32) -> String {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 256) { buffer in
            let length = pcre2_get_error_message_8(failure, buffer.baseAddress, buffer.count)
            return length < 0 ? "error \(failure)" : String(decoding: buffer[0..<Int(length)], as: UTF8.self)
        }
    }
}

// MARK: - Matching

extension Regex {
    /// Whether the pattern matches anywhere in the text.
    ///
    /// - Throws: `51156` where the match needs more steps or memory than PCRE2 allows.
    func matches(_ text: UnsafeRawBufferPointer) throws -> Bool {
        try withMatch(text, from: 0) { $0 != nil }
    }

    /// Looks for the pattern from a byte offset on, and shows the match to the closure: nil where there is none.
    ///
    /// What lies before the offset still counts for look-behind and `^`.
    /// - Throws: `51156` where the match needs more steps or memory than PCRE2 allows; what `body` throws.
    func withMatch<R>(_ text: UnsafeRawBufferPointer, from start: Int, _ body: (borrowing Match?) throws -> R) throws
        -> R
    {
        let mine = busy.compareExchange(expected: false, desired: true, ordering: .acquiring).exchanged
        let data = mine ? matchData : pcre2_match_data_create_from_pattern_8(code, nil)!
        defer { if mine { busy.store(false, ordering: .releasing) } else { pcre2_match_data_free_8(data) } }
        var result = match(text, from: start, options: 0, data)
        // Long texts can be too much for the compiled code's stack; the interpreter uses the heap.
        if result == PCRE2_ERROR_JIT_STACKLIMIT {
            result = match(text, from: start, options: UInt32(PCRE2_NO_JIT), data)
        }
        if result >= 0 { return try body(Match(ranges: pcre2_get_ovector_pointer_8(data), count: captureCount + 1)) }
        if result == PCRE2_ERROR_NOMATCH { return try body(nil) }
        throw AtelierError(51156, "Error occurred while executing regular expression: \(Regex.message(result))")
    }

    private func match(
        _ text: UnsafeRawBufferPointer, from start: Int, options: UInt32, _ data: OpaquePointer
    ) -> Int32 {
        withUnsafePointer(to: 0 as UInt8) { empty in
            let bytes = text.baseAddress?.assumingMemoryBound(to: UInt8.self) ?? empty
            return pcre2_match_8(code, bytes, text.count, start, options, data, nil)
        }
    }

    /// Where a match lies; valid inside `withMatch`.
    struct Match {
        fileprivate let ranges: UnsafeMutablePointer<Int>
        fileprivate let count: Int

        /// The whole match, in bytes.
        var range: Range<Int> { self[0]! }

        /// A capture group's range, 0 being the whole match; nil where the group took no part.
        subscript(group: Int) -> Range<Int>? {
            precondition(group < count)
            let (lower, upper) = (ranges[2 * group], ranges[2 * group + 1])
            // `\K` in a look-ahead can put the start after the end.
            return lower == -1 ? nil : min(lower, upper)..<max(lower, upper)
        }
    }
}
