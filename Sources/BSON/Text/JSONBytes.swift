/// Eight bytes at a time, as a little-endian word: where is the first that a JSON string cannot hold as it is?
enum JSONBytes {
    private static let lowBits: UInt64 = 0x0101_0101_0101_0101
    private static let highBits: UInt64 = 0x8080_8080_8080_8080

    /// Zero where no byte is a quote, a backslash or below 0x20. Otherwise the lowest bit set is the high bit of the
    /// first such byte; bits above it mean nothing.
    @inline(__always)
    static func special(_ word: UInt64) -> UInt64 {
        let quote = word ^ (lowBits &* 0x22)
        let backslash = word ^ (lowBits &* 0x5C)
        // A subtraction borrows into a byte's high bit where the byte is too small; borrows only travel upwards.
        let control = (word &- (lowBits &* 0x20)) & ~word
        let marks = ((quote &- lowBits) & ~quote) | ((backslash &- lowBits) & ~backslash)
        return (control | marks) & highBits
    }

    /// The same, and bytes of 0x80 and above count too.
    @inline(__always)
    static func specialOrNotASCII(_ word: UInt64) -> UInt64 { special(word) | (word & highBits) }
}
