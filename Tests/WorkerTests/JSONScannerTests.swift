import Testing

@testable import Worker

@Suite struct JSONScannerTests {
    /// Scans a text; the offset of its first error, or nil where it is JSON.
    private func error(_ bytes: [UInt8]) -> Int? {
        bytes.withUnsafeBytes { bytes in
            var scanner = JSONScanner(bytes)
            do {
                _ = try scanner.value()
                try scanner.expectEnd()
                return nil
            } catch {
                return (error as? JSONScanner.SyntaxError)?.offset
            }
        }
    }

    @Test("Every place of a word of text is looked at", arguments: 0..<24)
    func places(_ place: Int) {
        func text(_ special: [UInt8]) -> [UInt8] {
            Array("\"".utf8) + Array(repeating: UInt8(ascii: "a"), count: place) + special
                + Array("bcdefghijklm\"".utf8)
        }
        for fine in ["x", " ", "~", "!", "#", "[", "]", "\u{7F}", #"\""#, #"\\"#, #"\/"#, #"\u00e9"#, "é", "€", "😀"] {
            #expect(error(text(Array(fine.utf8))) == nil, "\(fine)")
        }
        for control in UInt8(0)..<0x20 { #expect(error(text([control])) == place + 1, "\(control)") }
        for byte in UInt8(0x80)...0xFF { #expect(error(text([byte])) == place + 1, "\(byte)") }
        #expect(error(text(Array("\"".utf8))) == place + 2, "text after the end of the string")
    }

    @Test(
        "JSON is accepted",
        arguments: [
            "0", "-0", "-1.5e+10", "1E5", "0.1", "true", "false", "null", "\"\"", "[]", "{}", " [ 1 , 2 ] ",
            #"{"a":{"b":[{}]}}"#,
            #"{"":0}"#, "[[[[]]]]", "\t\r\n1\n",
        ])
    func accepted(_ text: String) { #expect(error(Array(text.utf8)) == nil) }

    @Test("Nesting is limited, and the limit is far from the stack's")
    func depth() {
        func nested(_ count: Int) -> [UInt8] {
            Array((String(repeating: "[", count: count) + String(repeating: "]", count: count)).utf8)
        }
        #expect(error(nested(JSONScanner.maxDepth)) == nil)
        #expect(error(nested(JSONScanner.maxDepth + 1)) == JSONScanner.maxDepth)
        #expect(error(nested(1_000_000)) == JSONScanner.maxDepth)
    }

    @Test("Names and texts have their escapes resolved")
    func texts() throws {
        for (json, text) in [
            (#""a\u0062c""#, "abc"), (#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{c}\n\r\t"), (#""\ud83d\ude00""#, "😀"),
            (#""é€😀""#, "é€😀"), (#""\u0000""#, "\0"),
        ] {
            let bytes = Array(json.utf8)
            #expect(try bytes.withUnsafeBytes { try JSONScanner.text($0, 0..<bytes.count) } == text)
        }
        for json in [#""\ud83d""#, #""\ud83dx""#, #""\ude00\ud83d""#, #""\ud83d\u0041""#] {
            let bytes = Array(json.utf8)
            #expect(throws: JSONScanner.SyntaxError.self) {
                try bytes.withUnsafeBytes { try JSONScanner.text($0, 0..<bytes.count) }
            }
        }
    }
}
