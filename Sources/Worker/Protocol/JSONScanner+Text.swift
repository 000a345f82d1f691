extension JSONScanner {
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

    static func hexadecimalDigit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
