/// A short element name as words, to be compared with a document's bytes without measuring them: up to fifteen bytes
/// and the NUL.
@frozen
public struct ElementName: Sendable {
    @usableFromInline let low: UInt64
    @usableFromInline let lowMask: UInt64
    @usableFromInline let high: UInt64
    @usableFromInline let highMask: UInt64
    /// The bytes of the name with its NUL.
    @usableFromInline let length: Int

    /// Nil for a longer name.
    public init?(_ name: UnsafeRawBufferPointer) {
        guard name.count < 16 else { return nil }
        length = name.count + 1
        var words: (UInt64, UInt64) = (0, 0)
        for (i, byte) in name.enumerated() {
            if i < 8 {
                words.0 |= UInt64(byte) << (8 * UInt64(i))
            } else {
                words.1 |= UInt64(byte) << (8 * UInt64(i - 8))
            }
        }
        (low, high) = words
        lowMask = length >= 8 ? UInt64.max : (1 << (8 * UInt64(length))) - 1
        highMask = length <= 8 ? 0 : length == 16 ? UInt64.max : (1 << (8 * UInt64(length - 8))) - 1
    }
}

extension ElementCursor {
    /// Moves to the next element if it has this name; where it has not, or where that cannot be told without reading
    /// past the document's end, the cursor stays where it is.
    @inlinable @inline(__always)
    public mutating func next(ifNamed name: ElementName) -> Bool {
        let start = following + 1
        guard start <= lastWord, UInt64(littleEndian: start.loadUnaligned(as: UInt64.self)) & name.lowMask == name.low
        else {
            return false
        }
        if name.highMask != 0 {
            guard start + 8 <= lastWord,
                UInt64(littleEndian: start.loadUnaligned(fromByteOffset: 8, as: UInt64.self)) & name.highMask
                    == name.high
            else { return false }
        }
        element = following
        payload = start + name.length
        following = payload + ElementCursor.payloadLength(element.load(as: UInt8.self), payload)
        return true
    }
}
