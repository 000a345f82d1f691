/// How a text file's bytes are to be read.
enum TextEncoding: String, Sendable {
    case utf8 = "UTF-8"
    /// ISO 8859-1 with Windows' printable characters at 0x80–0x9F, as the web reads "Latin-1".
    case windows1252 = "Windows-1252 (Latin-1)"
}

/// Finds out whether a stream of bytes is UTF-8, chunk by chunk.
///
/// Source: The Unicode Standard, table 3-7, "Well-Formed UTF-8 Byte Sequences".
struct UTF8Validator {
    /// How many continuation bytes the open sequence still needs, and between which bounds the next one lies.
    private var needed = 0
    private var low: UInt8 = 0x80
    private var high: UInt8 = 0xBF
    private var line = 1
    /// The line with the first byte that is not UTF-8; nil while there is none.
    private(set) var firstInvalidLine: Int?

    mutating func update(_ bytes: UnsafeRawBufferPointer) {
        guard firstInvalidLine == nil, let base = bytes.baseAddress else { return }
        var i = 0
        let count = bytes.count
        while i < count {
            if needed == 0 {
                while i + 8 <= count,
                    base.loadUnaligned(fromByteOffset: i, as: UInt64.self) & 0x8080_8080_8080_8080 == 0
                {
                    i += 8
                }
                guard i < count else { break }
            }
            if !accept(base.load(fromByteOffset: i, as: UInt8.self)) {
                firstInvalidLine = line + bytes[..<i].count { $0 == 10 }
                return
            }
            i += 1
        }
        line += bytes.count { $0 == 10 }
    }

    /// Whether everything was UTF-8, the last sequence complete.
    mutating func finish() -> Bool {
        if needed > 0 && firstInvalidLine == nil { firstInvalidLine = line }
        return firstInvalidLine == nil
    }

    private mutating func accept(_ byte: UInt8) -> Bool {
        if needed > 0 {
            guard low <= byte, byte <= high else { return false }
            needed -= 1
            (low, high) = (0x80, 0xBF)
            return true
        }
        switch byte {
        case 0x00...0x7F: return true
        case 0xC2...0xDF: needed = 1
        case 0xE0: (needed, low) = (2, 0xA0)
        case 0xED: (needed, high) = (2, 0x9F)
        case 0xE1...0xEF: needed = 2
        case 0xF0: (needed, low) = (3, 0x90)
        case 0xF1...0xF3: needed = 3
        case 0xF4: (needed, high) = (3, 0x8F)
        default: return false
        }
        return true
    }
}

/// Windows-1252 to UTF-8.
///
/// Source: the WHATWG Encoding Standard's index for windows-1252 (its five unassigned bytes stay control characters).
enum Windows1252 {
    private static let specials: [UInt16] = [
        0x20AC, 0x0081, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0x008D,
        0x017D, 0x008F, 0x0090, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A,
        0x0153, 0x009D, 0x017E, 0x0178,
    ]

    /// Puts the bytes' UTF-8 in place of what the array held.
    static func decode(_ bytes: UnsafeRawBufferPointer, into text: inout [UInt8]) {
        text.removeAll(keepingCapacity: true)
        for byte in bytes {
            if byte < 0x80 {
                text.append(byte)
                continue
            }
            let scalar = byte < 0xA0 ? specials[Int(byte - 0x80)] : UInt16(byte)
            if scalar < 0x800 {
                text.append(UInt8(0xC0 | scalar >> 6))
            } else {
                text.append(UInt8(0xE0 | scalar >> 12))
                text.append(UInt8(0x80 | scalar >> 6 & 0x3F))
            }
            text.append(UInt8(0x80 | scalar & 0x3F))
        }
    }
}
