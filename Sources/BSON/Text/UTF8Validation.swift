/// How many bytes the well-formed UTF-8 sequence at `start` takes (1 to 4); 0 where it is ill-formed or cut short by `end`.
///
/// Refuses overlong forms, surrogates and values past U+10FFFF. Source: The Unicode Standard, table 3-7.
@inline(__always)
func utf8SequenceLength(_ start: UnsafeRawPointer, _ end: UnsafeRawPointer) -> Int {
    let lead = start.load(as: UInt8.self)
    if lead < 0x80 { return 1 }
    let available = end - start
    @inline(__always) func byte(_ offset: Int) -> UInt8 { start.load(fromByteOffset: offset, as: UInt8.self) }
    @inline(__always) func continues(_ offset: Int) -> Bool { byte(offset) & 0xC0 == 0x80 }
    switch lead {
    case 0xC2...0xDF:
        return available >= 2 && continues(1) ? 2 : 0
    case 0xE0...0xEF:
        guard available >= 3, continues(1), continues(2) else { return 0 }
        if lead == 0xE0 && byte(1) < 0xA0 { return 0 }
        if lead == 0xED && byte(1) > 0x9F { return 0 }
        return 3
    case 0xF0...0xF4:
        guard available >= 4, continues(1), continues(2), continues(3) else { return 0 }
        if lead == 0xF0 && byte(1) < 0x90 { return 0 }
        if lead == 0xF4 && byte(1) > 0x8F { return 0 }
        return 4
    default:
        return 0
    }
}

/// Where the first ill-formed UTF-8 sequence begins, as an offset from `start`; nil where all bytes are well-formed. O(n).
func firstInvalidUTF8(_ start: UnsafeRawPointer, _ end: UnsafeRawPointer) -> Int? {
    var position = start
    while position < end {
        if end - position >= 8 && position.loadUnaligned(as: UInt64.self) & 0x8080_8080_8080_8080 == 0 {
            position += 8
            continue
        }
        let length = utf8SequenceLength(position, end)
        if length == 0 { return position - start }
        position += length
    }
    return nil
}
