import Glibc

/// UTF-8 bytes seen as code points. Bytes that are no UTF-8 count one by one as they come.
struct UTF8Text {
    let bytes: UnsafeRawBufferPointer

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    /// How many code points there are. O(n).
    var count: Int { UTF8Text.count(bytes, upTo: bytes.count) }

    /// How many code points begin before a byte offset. O(n).
    func count(upTo offset: Int) -> Int { UTF8Text.count(bytes, upTo: offset) }

    /// The byte offset at which the code point with this index begins; the end where there are not so many. O(n).
    func offset(ofCodePoint index: Int, from start: Int = 0) -> Int {
        var offset = start
        var remaining = index
        while remaining > 0 && offset < bytes.count {
            offset = next(after: offset)
            remaining -= 1
        }
        return offset
    }

    /// Where the code point after the one at `offset` begins.
    func next(after offset: Int) -> Int {
        var offset = offset + 1
        while offset < bytes.count && UTF8Text.isContinuation(bytes[offset]) { offset += 1 }
        return offset
    }

    @inline(__always)
    static func isContinuation(_ byte: UInt8) -> Bool { byte & 0xC0 == 0x80 }

    private static func count(_ bytes: UnsafeRawBufferPointer, upTo end: Int) -> Int {
        var count = 0
        for i in 0..<end where !isContinuation(bytes[i]) { count += 1 }
        return count
    }
}

extension UnsafeRawBufferPointer {
    /// Some of the bytes.
    @inline(__always)
    func slice(_ range: Range<Int>) -> UnsafeRawBufferPointer {
        guard let baseAddress, !range.isEmpty else { return UnsafeRawBufferPointer(start: nil, count: 0) }
        return UnsafeRawBufferPointer(start: baseAddress + range.lowerBound, count: range.count)
    }

    /// Where other bytes first occur at or after an offset and before an end; nil where they do not.
    func firstPosition(of other: UnsafeRawBufferPointer, from start: Int, before end: Int? = nil) -> Int? {
        let end = Swift.min(end ?? count, count)
        guard start + other.count <= end else { return nil }
        guard let needle = other.baseAddress, other.count > 0 else { return start }
        let (base, first) = (baseAddress!, Int32(needle.load(as: UInt8.self)))
        var position = start
        while position + other.count <= end,
            let found = memchr(base + position, first, end - other.count - position + 1).map({
                UnsafeRawPointer($0) - base
            })
        {
            if memcmp(base + found, needle, other.count) == 0 { return found }
            position = found + 1
        }
        return nil
    }

    /// Whether other bytes stand at an offset.
    @inline(__always)
    func has(_ other: UnsafeRawBufferPointer, at offset: Int) -> Bool {
        guard offset + other.count <= count else { return false }
        return other.count == 0 || memcmp(baseAddress! + offset, other.baseAddress!, other.count) == 0
    }
}
