/// Base 64 with padding (RFC 4648, section 4), as Extended JSON writes binary values.
public enum Base64 {
    private static func digit(_ value: UInt8) -> UInt8 {
        switch value {
        case 0..<26: value + 65
        case 26..<52: value + 71
        case 52..<62: value - 4
        case 62: UInt8(ascii: "+")
        default: UInt8(ascii: "/")
        }
    }

    private static func value(_ digit: UInt8) -> UInt8? {
        switch digit {
        case 65...90: digit - 65
        case 97...122: digit - 71
        case 48...57: digit + 4
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: "/"): 63
        default: nil
        }
    }

    /// How many digits, padding included, so many bytes take.
    static func encodedCount(_ bytes: Int) -> Int { (bytes + 2) / 3 * 4 }

    /// Appends the digits of some bytes.
    public static func encode(_ data: UnsafeRawBufferPointer, to output: inout [UInt8]) {
        withUnsafeTemporaryAllocation(byteCount: encodedCount(data.count), alignment: 1) { buffer in
            guard let base = buffer.baseAddress else { return }
            encode(data, to: base)
            output.append(contentsOf: buffer)
        }
    }

    /// Writes the digits of some bytes; there is room for `encodedCount` of them.
    static func encode(_ data: UnsafeRawBufferPointer, to output: UnsafeMutableRawPointer) {
        var target = output
        var position = 0
        while position < data.count {
            let left = data.count - position
            let group =
                UInt32(data[position]) << 16 | (left > 1 ? UInt32(data[position + 1]) << 8 : 0)
                | (left > 2 ? UInt32(data[position + 2]) : 0)
            let padding = UInt8(ascii: "=")
            let digits = (
                digit(UInt8(group >> 18)), digit(UInt8(group >> 12 & 63)),
                left > 1 ? digit(UInt8(group >> 6 & 63)) : padding,
                left > 2 ? digit(UInt8(group & 63)) : padding
            )
            target.storeBytes(of: digits, as: (UInt8, UInt8, UInt8, UInt8).self)
            target += 4
            position += 3
        }
    }

    /// The bytes, or nil where the text is not base 64. Padding may be absent but not wrong.
    public static func decode(_ text: UnsafeRawBufferPointer) -> [UInt8]? {
        var digits = text.count
        while digits > 0 && text.count - digits < 2 && text[digits - 1] == UInt8(ascii: "=") { digits -= 1 }
        if digits % 4 == 1 || (digits != text.count && text.count % 4 != 0) { return nil }
        var output: [UInt8] = []
        output.reserveCapacity(digits / 4 * 3 + 2)
        var (group, bits): (UInt32, Int) = (0, 0)
        for position in 0..<digits {
            guard let value = value(text[position]) else { return nil }
            group = group << 6 | UInt32(value)
            bits += 6
            if bits >= 8 {
                bits -= 8
                output.append(UInt8(truncatingIfNeeded: group >> UInt32(bits)))
            }
        }
        return output
    }
}
