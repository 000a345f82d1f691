extension ExtendedJSONWriter {
    /// Appends text that is JSON already.
    @inline(__always)
    mutating func put(_ text: StaticString) {
        bytes.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    /// Appends the UTF-8 of a string as it is.
    mutating func appendText(_ text: String) {
        var text = text
        text.withUTF8 { bytes.append(contentsOf: $0) }
    }

    /// Appends a JSON string: quotes around the text, escapes where JSON wants them.
    mutating func appendQuoted(_ text: UnsafeRawBufferPointer) {
        put("\"")
        var position = 0
        while position < text.count {
            let clean = ExtendedJSONWriter.cleanPrefix(text, from: position)
            bytes.append(contentsOf: UnsafeRawBufferPointer(rebasing: text[position..<clean]))
            if clean == text.count { break }
            appendEscaped(text[clean])
            position = clean + 1
        }
        put("\"")
    }

    /// Where the first byte at or after `start` stands that JSON wants escaped, or the count. Eight bytes a step.
    private static func cleanPrefix(_ text: UnsafeRawBufferPointer, from start: Int) -> Int {
        var position = start
        while position + 8 <= text.count {
            let word = UInt64(littleEndian: text.loadUnaligned(fromByteOffset: position, as: UInt64.self))
            let special = JSONBytes.special(word)
            if special != 0 { return position + special.trailingZeroBitCount / 8 }
            position += 8
        }
        while position < text.count {
            let byte = text[position]
            if byte < 0x20 || byte == 0x22 || byte == 0x5C { return position }
            position += 1
        }
        return position
    }

    private mutating func appendEscaped(_ byte: UInt8) {
        switch byte {
        case 0x22: put("\\\"")
        case 0x5C: put("\\\\")
        case 0x0A: put("\\n")
        case 0x0D: put("\\r")
        case 0x09: put("\\t")
        case 0x08: put("\\b")
        case 0x0C: put("\\f")
        default:
            put("\\u00")
            appendHexadecimal(byte)
        }
    }

    mutating func appendHexadecimal(_ byte: UInt8) {
        @inline(__always) func digit(_ nibble: UInt8) -> UInt8 { nibble < 10 ? 48 + nibble : 87 + nibble }
        bytes.append(digit(byte >> 4))
        bytes.append(digit(byte & 15))
    }

    /// Appends the decimal digits of an integer.
    mutating func appendInteger(_ number: Int64) {
        if number < 0 { put("-") }
        var rest = number.magnitude
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 20) { digits in
            var first = 20
            repeat {
                first -= 1
                digits[first] = 48 + UInt8(truncatingIfNeeded: rest % 10)
                rest /= 10
            } while rest != 0
            bytes.append(contentsOf: UnsafeBufferPointer(rebasing: digits[first...]))
        }
    }

    /// Appends the shortest digits that read back as the same double; whole numbers as `1.0`.
    mutating func appendShortest(_ number: Double) { appendText(number.description) }
}
