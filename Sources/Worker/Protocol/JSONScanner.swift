/// Walks JSON text (RFC 8259) without building anything: says whether it is well-formed, and where its parts lie.
///
/// A message is looked at twice: here, strictly, on the thread that reads, to find its id and method even when its
/// parameters make no sense; and by BSON's Extended JSON parser, on the thread that carries it out.
struct JSONScanner {
    /// What is not JSON, and how many bytes into the line.
    struct SyntaxError: Error {
        var offset: Int
        var message: String
    }

    /// Arrays and objects within each other. BSON stops at 100; Extended JSON's own wrappers need a few more.
    static let maxDepth = 250

    private let bytes: UnsafeRawBufferPointer
    private(set) var position: Int
    private let end: Int

    init(_ bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
        position = 0
        end = bytes.count
    }

    // MARK: Messages

    /// A member of an object: its name decoded, its value by place.
    typealias Member = (name: String, value: Range<Int>)

    /// The byte that the next value begins with; nil at the end.
    mutating func peek() -> UInt8? {
        skipWhitespace()
        return position < end ? bytes[position] : nil
    }

    /// Steps over the next value; its members where it is an object, nil where it is something else.
    mutating func members() throws -> [Member]? {
        guard peek() == UInt8(ascii: "{") else {
            _ = try value()
            return nil
        }
        position += 1
        var members: [Member] = []
        if peek() == UInt8(ascii: "}") {
            position += 1
            return members
        }
        repeat {
            skipWhitespace()
            let name = try JSONScanner.text(bytes, try memberName())
            members.append((name, try value()))
        } while try goesOn(until: UInt8(ascii: "}"))
        return members
    }

    /// Steps over the next value, an array, with a closure that steps over one element.
    mutating func elements(_ element: (inout JSONScanner) throws -> Void) throws {
        position += 1
        if peek() == UInt8(ascii: "]") {
            position += 1
            return
        }
        repeat { try element(&self) } while try goesOn(until: UInt8(ascii: "]"))
    }

    /// Checks that nothing but white space follows.
    mutating func expectEnd() throws {
        if peek() != nil { throw error("one message is one JSON value; this line goes on after it") }
    }

    // MARK: Values

    /// After a value: steps over the comma before the next one, or over the closing byte.
    private mutating func goesOn(until close: UInt8) throws -> Bool {
        guard let byte = peek() else {
            throw error("the text ends inside an \(close == UInt8(ascii: "}") ? "object" : "array")")
        }
        guard byte == close || byte == UInt8(ascii: ",") else {
            throw error("expected `,` or `\(Character(UnicodeScalar(close)))`, found \(shown(byte))")
        }
        position += 1
        return byte != close
    }

    /// Steps over the next value and returns where it lies.
    mutating func value() throws -> Range<Int> {
        skipWhitespace()
        let start = position
        var containers: [UInt8] = []  // the closing byte each open array or object waits for
        while true {
            skipWhitespace()
            guard position < end else { throw error("the text ends where a value should be") }
            let byte = bytes[position]
            switch byte {
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                if containers.count == JSONScanner.maxDepth {
                    throw error("more than \(JSONScanner.maxDepth) arrays and objects within each other")
                }
                let close = byte == UInt8(ascii: "{") ? UInt8(ascii: "}") : UInt8(ascii: "]")
                position += 1
                skipWhitespace()
                if position < end && bytes[position] == close {
                    position += 1
                    break
                }
                containers.append(close)
                if close == UInt8(ascii: "}") { _ = try memberName() }
                continue
            case UInt8(ascii: "\""): try string()
            case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): try number()
            case UInt8(ascii: "t"): try literal("true")
            case UInt8(ascii: "f"): try literal("false")
            case UInt8(ascii: "n"): try literal("null")
            default: throw error("a value cannot begin with \(shown(byte))")
            }
            // A value has ended: close what ends with it, or go on to the next one.
            while let close = containers.last {
                if try goesOn(until: close) {
                    if close == UInt8(ascii: "}") {
                        skipWhitespace()
                        _ = try memberName()
                    }
                    break
                }
                containers.removeLast()
            }
            if containers.isEmpty { return start..<position }
        }
    }

    // MARK: Tokens

    private mutating func skipWhitespace() {
        while position < end {
            switch bytes[position] {
            case 0x20, 0x09, 0x0A, 0x0D: position += 1
            default: return
            }
        }
    }

    /// Steps over a member's name and its colon; returns where the name lies.
    private mutating func memberName() throws -> Range<Int> {
        let start = position
        guard position < end else { throw error("the text ends inside an object") }
        guard bytes[position] == UInt8(ascii: "\"") else {
            throw error("expected a member's name in quotation marks, found \(shown(bytes[position]))")
        }
        try string()
        let name = start..<position
        skipWhitespace()
        guard position < end, bytes[position] == UInt8(ascii: ":") else {
            throw error("expected `:` after a member's name")
        }
        position += 1
        return name
    }

    private mutating func literal(_ text: StaticString) throws {
        for i in 0..<text.utf8CodeUnitCount {
            guard position + i < end, bytes[position + i] == text.utf8Start[i] else {
                throw error("expected `\(text)`")
            }
        }
        position += text.utf8CodeUnitCount
    }

    private mutating func number() throws {
        if bytes[position] == UInt8(ascii: "-") { position += 1 }
        if position < end && bytes[position] == UInt8(ascii: "0") {
            position += 1
            if position < end, isDigit(bytes[position]) {
                throw error("a number does not begin with 0 and another digit")
            }
        } else {
            try digits()
        }
        if position < end && bytes[position] == UInt8(ascii: ".") {
            position += 1
            try digits()
        }
        if position < end && (bytes[position] | 0x20) == UInt8(ascii: "e") {
            position += 1
            if position < end, bytes[position] == UInt8(ascii: "+") || bytes[position] == UInt8(ascii: "-") {
                position += 1
            }
            try digits()
        }
    }

    private mutating func digits() throws {
        guard position < end, isDigit(bytes[position]) else { throw error("expected a digit") }
        while position < end && isDigit(bytes[position]) { position += 1 }
    }

    private func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }

    private mutating func string() throws {
        let start = position
        position += 1
        while position < end {
            skipPlainText()
            guard position < end else { break }
            let byte = bytes[position]
            switch byte {
            case UInt8(ascii: "\""):
                position += 1
                return
            case UInt8(ascii: "\\"):
                try escape()
            case 0..<0x20:
                throw error("a control character in a string has to be escaped")
            case 0..<0x80:
                position += 1
            default:
                try multibyteCharacter()
            }
        }
        position = start
        throw error("this string has no end")
    }

    /// Steps over characters that stand for themselves, eight at a time: ASCII but quotation marks, backslashes and controls.
    private mutating func skipPlainText() {
        let low = 0x0101_0101_0101_0101 as UInt64
        let high = low &* 0x80
        while end - position >= 8 {
            let eight = bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self)
            // Bit 7 of a byte of each is set where the byte is zero (in `quote` and `escape`) or below 0x20; a byte after such
            // a one may be marked too, which does no harm.
            let quote = eight ^ (low &* UInt64(UInt8(ascii: "\"")))
            let escape = eight ^ (low &* UInt64(UInt8(ascii: "\\")))
            let special =
                ((quote &- low) & ~quote) | ((escape &- low) & ~escape) | ((eight &- low &* 0x20) & ~eight) | eight
            if special & high != 0 { return }
            position += 8
        }
    }

    private mutating func escape() throws {
        guard position + 1 < end else { throw error("this string has no end") }
        switch bytes[position + 1] {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"),
            UInt8(ascii: "r"), UInt8(ascii: "t"):
            position += 2
        case UInt8(ascii: "u"):
            for i in 2..<6 {
                guard position + i < end, JSONScanner.hexadecimalDigit(bytes[position + i]) != nil else {
                    throw error("`\\u` needs four hexadecimal digits")
                }
            }
            position += 6
        default: throw error("`\\` with \(shown(bytes[position + 1])) is no escape of JSON's")
        }
    }

    /// A character of two to four bytes, neither overlong nor a surrogate. Source: the Unicode Standard, table 3-7.
    private mutating func multibyteCharacter() throws {
        let first = bytes[position]
        let (length, second): (Int, ClosedRange<UInt8>) =
            switch first {
            case 0xC2...0xDF: (2, 0x80...0xBF)
            case 0xE0: (3, 0xA0...0xBF)
            case 0xED: (3, 0x80...0x9F)
            case 0xE1...0xEF: (3, 0x80...0xBF)
            case 0xF0: (4, 0x90...0xBF)
            case 0xF1...0xF3: (4, 0x80...0xBF)
            case 0xF4: (4, 0x80...0x8F)
            default: throw error("this byte is not UTF-8")
            }
        guard position + length <= end, second.contains(bytes[position + 1]),
            (2..<length).allSatisfy({ bytes[position + $0] & 0xC0 == 0x80 })
        else { throw error("this byte is not UTF-8") }
        position += length
    }

    // MARK: Errors

    private func error(_ message: String) -> SyntaxError { SyntaxError(offset: position, message: message) }

    /// A byte as it appears in a message: itself where it can be printed and says nothing of the data around it.
    private func shown(_ byte: UInt8) -> String {
        (0x21..<0x7F).contains(byte) ? "`\(Character(UnicodeScalar(byte)))`" : "byte \(byte)"
    }
}
