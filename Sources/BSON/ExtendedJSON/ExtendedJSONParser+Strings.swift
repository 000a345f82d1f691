extension ExtendedJSONParser {
    /// Reads a string from quote to quote. The bytes live until the next string is read.
    mutating func readString() throws(AtelierError) -> UnsafeRawBufferPointer {
        position += 1
        let first = position
        lastStringHadEscapes = false
        try skipPlainText()
        if peek() == UInt8(ascii: "\"") {
            position += 1
            return UnsafeRawBufferPointer(start: first, count: position - first - 1)
        }
        lastStringHadEscapes = true
        scratch.removeAll()
        scratch.append(first, count: position - first)
        while peek() != UInt8(ascii: "\"") {
            try readEscape()
            let run = position
            try skipPlainText()
            scratch.append(run, count: position - run)
        }
        position += 1
        return scratch.bytes
    }

    /// Goes to the next quote or backslash; what lies between is well-formed UTF-8 without control characters.
    private mutating func skipPlainText() throws(AtelierError) {
        while true {
            while end - position >= 8 {
                let word = UInt64(littleEndian: position.loadUnaligned(as: UInt64.self))
                let special = JSONBytes.specialOrNotASCII(word)
                position += special == 0 ? 8 : special.trailingZeroBitCount / 8
                if special != 0 { break }
            }
            guard position < end else { throw unexpected("the string's closing quote") }
            let byte = position.load(as: UInt8.self)
            if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { return }
            if byte < 0x20 {
                throw failure(
                    "control characters in a string are written as escapes, such as \\n or \\u0001", at: position)
            }
            let length = utf8SequenceLength(position, end)
            if length == 0 {
                endedEarly = end - position < 4
                throw failure("the bytes are not UTF-8", at: position)
            }
            position += length
        }
    }

    /// Reads one escape, or a surrogate pair of two, into `scratch`.
    private mutating func readEscape() throws(AtelierError) {
        let backslash = position
        position += 1
        let mark = peek()
        switch mark {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): scratch.append(mark)
        case UInt8(ascii: "n"): scratch.append(0x0A)
        case UInt8(ascii: "r"): scratch.append(0x0D)
        case UInt8(ascii: "t"): scratch.append(0x09)
        case UInt8(ascii: "b"): scratch.append(0x08)
        case UInt8(ascii: "f"): scratch.append(0x0C)
        case UInt8(ascii: "u"):
            position += 1
            var code = try readFourHexadecimalDigits()
            if 0xDC00...0xDFFF ~= code { throw failure("a low surrogate needs a high one before it", at: backslash) }
            if 0xD800...0xDBFF ~= code {
                let needed = "a high surrogate needs \\u and a low one after it"
                guard peek() == UInt8(ascii: "\\") else {
                    throw position < end ? failure(needed, at: backslash) : unexpected("a low surrogate")
                }
                position += 1
                guard peek() == UInt8(ascii: "u") else {
                    throw position < end ? failure(needed, at: backslash) : unexpected("a low surrogate")
                }
                position += 1
                let low = try readFourHexadecimalDigits()
                guard 0xDC00...0xDFFF ~= low else { throw failure(needed, at: backslash) }
                code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
            }
            // Surrogates are gone, so the scalar and its encoding exist.
            for byte in UTF8.encode(Unicode.Scalar(code)!)! { scratch.append(byte) }
            return
        default: throw unexpected("one of \" \\ / b f n r t u after the backslash")
        }
        position += 1
    }

    private mutating func readFourHexadecimalDigits() throws(AtelierError) -> UInt32 {
        var code: UInt32 = 0
        for _ in 0..<4 {
            guard let nibble = hexadecimalValue(peek()) else { throw unexpected("four hexadecimal digits after \\u") }
            code = code << 4 | UInt32(nibble)
            position += 1
        }
        return code
    }
}
