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

    init(_ bytes: UnsafeRawBufferPointer, in range: Range<Int>? = nil) {
        self.bytes = bytes
        position = range?.lowerBound ?? 0
        end = range?.upperBound ?? bytes.count
    }

    /// Checks that the text is one JSON value with nothing but white space around it, and returns where it lies.
    mutating func soleValue() throws -> Range<Int> {
        let range = try value()
        skipWhitespace()
        if position < end { throw error("one message is one JSON value; this line goes on after it") }
        return range
    }

    /// The first byte of the value at `range`: `{`, `[`, `"`, a digit, `-`, `t`, `f` or `n`.
    func firstByte(of range: Range<Int>) -> UInt8 { bytes[range.lowerBound] }

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
                if close == UInt8(ascii: "}") { try memberName() }
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
                skipWhitespace()
                guard position < end else {
                    throw error("the text ends inside an \(close == UInt8(ascii: "}") ? "object" : "array")")
                }
                let byte = bytes[position]
                if byte == UInt8(ascii: ",") {
                    position += 1
                    if close == UInt8(ascii: "}") {
                        skipWhitespace()
                        try memberName()
                    }
                    break
                }
                guard byte == close else {
                    throw error("expected `,` or `\(Character(UnicodeScalar(close)))`, found \(shown(byte))")
                }
                position += 1
                containers.removeLast()
            }
            if containers.isEmpty { return start..<position }
        }
    }

    // MARK: Parts of a value that is known to be well-formed

    /// The members of the object at `range`: names decoded, values by place.
    static func members(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) throws -> [(
        name: String, value: Range<Int>
    )] {
        var scanner = JSONScanner(bytes, in: range.lowerBound + 1..<range.upperBound)
        var members: [(name: String, value: Range<Int>)] = []
        scanner.skipWhitespace()
        while bytes[scanner.position] != UInt8(ascii: "}") {
            let start = scanner.position
            try scanner.string()
            let name = try JSONScanner.text(bytes, start..<scanner.position)
            scanner.skipWhitespace()
            scanner.position += 1  // the colon
            members.append((name, try scanner.value()))
            scanner.skipWhitespace()
            if bytes[scanner.position] == UInt8(ascii: ",") { scanner.position += 1 }
            scanner.skipWhitespace()
        }
        return members
    }

    /// Where each element of the array at `range` lies, up to `limit` of them; nil when there are more.
    static func elements(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>, limit: Int) throws -> [Range<Int>]? {
        var scanner = JSONScanner(bytes, in: range.lowerBound + 1..<range.upperBound)
        var elements: [Range<Int>] = []
        scanner.skipWhitespace()
        while bytes[scanner.position] != UInt8(ascii: "]") {
            if elements.count == limit { return nil }
            elements.append(try scanner.value())
            scanner.skipWhitespace()
            if bytes[scanner.position] == UInt8(ascii: ",") { scanner.position += 1 }
            scanner.skipWhitespace()
        }
        return elements
    }

    /// The text of the string at `range`, escapes resolved. A half of a surrogate pair is an error: it is no character.
    static func text(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) throws -> String {
        let content = UnsafeRawBufferPointer(rebasing: bytes[range.lowerBound + 1..<range.upperBound - 1])
        guard content.contains(UInt8(ascii: "\\")) else { return String(decoding: content, as: UTF8.self) }
        var utf8: [UInt8] = []
        utf8.reserveCapacity(content.count)
        var i = 0
        while i < content.count {
            guard content[i] == UInt8(ascii: "\\") else {
                utf8.append(content[i])
                i += 1
                continue
            }
            i += 2
            switch content[i - 1] {
            case UInt8(ascii: "b"): utf8.append(8)
            case UInt8(ascii: "f"): utf8.append(12)
            case UInt8(ascii: "n"): utf8.append(10)
            case UInt8(ascii: "r"): utf8.append(13)
            case UInt8(ascii: "t"): utf8.append(9)
            case UInt8(ascii: "u"):
                var unit = hexadecimal(content, i)
                i += 4
                if unit & 0xFC00 == 0xD800, i + 6 <= content.count, content[i] == UInt8(ascii: "\\"),
                    content[i + 1] == UInt8(ascii: "u")
                {
                    let low = hexadecimal(content, i + 2)
                    if low & 0xFC00 == 0xDC00 {
                        unit = 0x10000 + (unit & 0x3FF) << 10 + (low & 0x3FF)
                        i += 6
                    }
                }
                guard let scalar = UnicodeScalar(unit) else {
                    throw SyntaxError(
                        offset: range.lowerBound + i - 5, message: "half of a surrogate pair is no character")
                }
                utf8.append(contentsOf: Character(scalar).utf8)
            default: utf8.append(content[i - 1])  // a quotation mark, a slash or a backslash
            }
        }
        return String(decoding: utf8, as: UTF8.self)
    }

    private static func hexadecimal(_ bytes: UnsafeRawBufferPointer, _ start: Int) -> UInt32 {
        (0..<4).reduce(0) { $0 << 4 | UInt32(hexadecimalDigit(bytes[start + $1]) ?? 0) }
    }

    private static func hexadecimalDigit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
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

    private mutating func memberName() throws {
        guard position < end else { throw error("the text ends inside an object") }
        guard bytes[position] == UInt8(ascii: "\"") else {
            throw error("expected a member's name in quotation marks, found \(shown(bytes[position]))")
        }
        try string()
        skipWhitespace()
        guard position < end, bytes[position] == UInt8(ascii: ":") else {
            throw error("expected `:` after a member's name")
        }
        position += 1
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
