import BSON
import Testing

@testable import QueryLanguage

@Suite struct RegularExpressionTests {
    private func ranges(_ pattern: String, _ text: String, _ options: String = "", from start: Int = 0) throws
        -> [Range<Int>?]?
    {
        let regex = try QueryLanguage.Regex(pattern: pattern, options: options)
        return try Array(text.utf8).withUnsafeBytes { bytes in
            try regex.withMatch(bytes, from: start) { match in
                guard let match else { return nil }
                return (0...regex.captureCount).map { match[$0] }
            }
        }
    }

    @Test func findsTheFirstMatchInBytes() throws {
        #expect(try ranges("b+", "aébbc") == [3..<5])
        #expect(try ranges("b", "abab", from: 2) == [3..<4])
        #expect(try ranges("z", "abab") == nil)
        #expect(try ranges("", "") == [0..<0])
    }

    @Test func groupsThatTakeNoPartAreNil() throws {
        #expect(try ranges("(a)|(b)", "b") == [0..<1, nil, 0..<1])
        #expect(try ranges("(a)?(b)(c)?", "b") == [0..<1, nil, 0..<1, nil])
    }

    @Test func optionsAreHonoured() throws {
        #expect(try ranges("ÉB", "éb", "i") == [0..<3])
        #expect(try ranges("^b$", "a\nb\nc", "m") == [2..<3])
        #expect(try ranges("a.b", "a\nb") == nil)
        #expect(try ranges("a.b", "a\nb", "s") == [0..<3])
        #expect(try ranges("a b # both", "ab", "x") == [0..<2])
        #expect(try ranges("^.$", "日", "u") == [0..<3])
    }

    @Test func malformedPatternsAndOptionsAreRefused() {
        #expect(
            performing: { try QueryLanguage.Regex(pattern: "(a", code: 51111) },
            throws: { ($0 as? AtelierError)?.code == 51111 })
        #expect(
            performing: { try QueryLanguage.Regex(pattern: "a", options: "g") },
            throws: { ($0 as? AtelierError)?.code == 51108 })
    }

    @Test func bytesThatAreNotUTF8MatchNothing() throws {
        let regex = try QueryLanguage.Regex(pattern: "^.$")
        let found = try [UInt8(0xFF)].withUnsafeBytes { try regex.matches($0) }
        #expect(!found)
    }

    @Test func aMatchInsideAMatchKeepsItsOwnRanges() throws {
        let regex = try QueryLanguage.Regex(pattern: "[ab]")
        let result = try Array("xa yb".utf8).withUnsafeBytes { bytes in
            try regex.withMatch(bytes, from: 0) { outer in
                let inner = try regex.withMatch(bytes, from: 2) { $0?.range }
                return [outer?.range, inner]
            }
        }
        #expect(result == [1..<2, 4..<5])
    }

    @Test func longTextsDoNotExhaustTheStack() throws {
        let regex = try QueryLanguage.Regex(pattern: "^(?:(a)|(b))*$")
        let found = try [UInt8](repeating: UInt8(ascii: "a"), count: 1_000_000).withUnsafeBytes {
            try regex.matches($0)
        }
        #expect(found)
    }
}
