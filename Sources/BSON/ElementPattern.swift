/// How an element is expected to look: its name as words, to be compared with a document's bytes without measuring
/// them, and the size it has if its type is the one seen before.
@frozen
public struct ElementPattern: Sendable {
    /// Type byte (masked out) and the first seven bytes of name and NUL; then the next eight.
    @usableFromInline let low: UInt64
    @usableFromInline let lowMask: UInt64
    @usableFromInline let high: UInt64
    @usableFromInline let highMask: UInt64
    /// From the element's type byte to its payload.
    @usableFromInline let payloadOffset: Int
    /// The whole element's bytes where all elements of `type` take the same; 0 where they do not.
    @usableFromInline let size: Int
    @usableFromInline let type: UInt8

    /// The pattern of the element at the cursor; nil for a name of more than fourteen bytes.
    public init?(_ cursor: ElementCursor) {
        let name = cursor.key
        guard name.count < 15 else { return nil }
        payloadOffset = name.count + 2
        var words: (UInt64, UInt64) = (0, 0)
        for (i, byte) in name.enumerated() {
            if i < 7 {
                words.0 |= UInt64(byte) << (8 * UInt64(i + 1))
            } else {
                words.1 |= UInt64(byte) << (8 * UInt64(i - 7))
            }
        }
        (low, high) = words
        lowMask = (payloadOffset >= 8 ? UInt64.max : (1 << (8 * UInt64(payloadOffset))) - 1) & ~0xFF
        highMask =
            payloadOffset <= 8 ? 0 : payloadOffset == 16 ? UInt64.max : (1 << (8 * UInt64(payloadOffset - 8))) - 1
        type = cursor.element.load(as: UInt8.self)
        let fixed = ElementCursor.fixedLength(type)
        size = fixed == ElementCursor.variable ? 0 : payloadOffset + Int(fixed)
    }

    public func hasSameName(as other: ElementPattern) -> Bool {
        (low, high, payloadOffset) == (other.low, other.high, other.payloadOffset)
    }
}

extension ElementCursor {
    /// Moves to the next element if it has the pattern's name; where it has not, or where that cannot be told without
    /// reading past the document's end, the cursor stays where it is.
    @inlinable @inline(__always)
    public mutating func next(ifLike pattern: ElementPattern) -> Bool {
        let start = following
        guard start <= lastWord else { return false }
        let word = UInt64(littleEndian: start.loadUnaligned(as: UInt64.self))
        guard word & pattern.lowMask == pattern.low else { return false }
        if pattern.highMask != 0 {
            guard start + 8 <= lastWord,
                UInt64(littleEndian: start.loadUnaligned(fromByteOffset: 8, as: UInt64.self)) & pattern.highMask
                    == pattern.high
            else { return false }
        }
        element = start
        payload = start + pattern.payloadOffset
        let type = UInt8(truncatingIfNeeded: word)
        if type == pattern.type && pattern.size != 0 {
            following = start + pattern.size
        } else {
            following = payload + ElementCursor.payloadLength(type, payload)
        }
        return true
    }

    /// Whether the cursor has come to the document's end: no `next()` will succeed.
    @inlinable @inline(__always)
    public var isAtEnd: Bool { following.load(as: UInt8.self) == 0 }
}
