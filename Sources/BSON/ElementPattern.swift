/// How an element is expected to look: its name as words, to be compared with a document's bytes without measuring them.
@frozen
public struct ElementPattern: Sendable {
    /// Type byte (masked out) and the first seven bytes of name and NUL; then the next eight.
    @usableFromInline let low: UInt64
    @usableFromInline let lowMask: UInt64
    @usableFromInline let high: UInt64
    @usableFromInline let highMask: UInt64
    /// From the element's type byte to its payload.
    @usableFromInline let payloadOffset: Int

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
    }

    public func hasSameName(as other: ElementPattern) -> Bool {
        (low, high, payloadOffset) == (other.low, other.high, other.payloadOffset)
    }

    /// Whether an element that begins less than two words before the document's end has the name of these words.
    @usableFromInline @inline(never)
    static func matchesShort(
        _ element: UnsafeRawPointer, _ end: UnsafeRawPointer, _ low: UInt64, _ high: UInt64, _ payloadOffset: Int
    ) -> Bool {
        guard element + payloadOffset < end else { return false }
        for offset in 1..<payloadOffset {
            let byte = offset < 8 ? low >> (8 * UInt64(offset)) : high >> (8 * UInt64(offset - 8))
            if element.load(fromByteOffset: offset, as: UInt8.self) != UInt8(truncatingIfNeeded: byte) { return false }
        }
        return true
    }
}

/// Walks a document whose elements' names are known or guessed.
@frozen
public struct PatternCursor {
    @usableFromInline var element: UnsafeRawPointer
    @usableFromInline let end: UnsafeRawPointer

    /// A cursor at the first element.
    @inlinable @inline(__always)
    public init(_ view: DocumentView) {
        element = view.base + 4
        end = view.base + view.length
    }

    /// Whether the cursor has come to the document's end.
    @inlinable @inline(__always)
    public var isAtEnd: Bool { element.load(as: UInt8.self) == 0 }

    /// Puts the element's value into the place and goes on to the next, if it has the pattern's name; stays otherwise.
    @inlinable @inline(__always)
    public mutating func take(
        ifLike pattern: UnsafePointer<ElementPattern>, into place: UnsafeMutablePointer<ValueView>
    ) -> Bool {
        let type: UInt8
        if element + 16 <= end {
            let first = UInt64(littleEndian: element.loadUnaligned(as: UInt64.self))
            let second = UInt64(littleEndian: element.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
            let differences =
                ((first ^ pattern.pointee.low) & pattern.pointee.lowMask)
                | ((second ^ pattern.pointee.high) & pattern.pointee.highMask)
            if differences != 0 { return false }
            type = UInt8(truncatingIfNeeded: first)
        } else {
            // Never so at the document's end, which lies before `end`.
            guard
                ElementPattern.matchesShort(
                    element, end, pattern.pointee.low, pattern.pointee.high, pattern.pointee.payloadOffset)
            else { return false }
            type = element.load(as: UInt8.self)
        }
        let payload = element + pattern.pointee.payloadOffset
        switch type {
        case 0x02:
            let length = Int(UInt32(littleEndian: payload.loadUnaligned(as: UInt32.self)))
            place.pointee = ValueView(type: .string, pointer: payload + 4, length: length - 1)
            element = payload + 4 + length
        case 0x10:
            place.pointee = .int32(Int32(littleEndian: payload.loadUnaligned(as: Int32.self)))
            element = payload + 4
        case 0x01, 0x09, 0x11, 0x12:
            let bits = UInt64(littleEndian: payload.loadUnaligned(as: UInt64.self))
            place.pointee = ValueView(type: BSONType(trusted: type), bits: bits)
            element = payload + 8
        case 0x03, 0x04:
            let length = Int(UInt32(littleEndian: payload.loadUnaligned(as: UInt32.self)))
            place.pointee = ValueView(type: BSONType(trusted: type), pointer: payload, length: length)
            element = payload + length
        case 0x13:
            place.pointee = ValueView(type: .decimal, pointer: payload, length: 16)
            element = payload + 16
        default:
            (place.pointee, element) = PatternCursor.rarer(type, payload)
        }
        return true
    }

    /// A value of any type, and where the next element begins.
    @usableFromInline @inline(never)
    static func rarer(_ type: UInt8, _ payload: UnsafeRawPointer) -> (ValueView, UnsafeRawPointer) {
        let length = ElementCursor.payloadLength(type, payload)
        return (ValueView(type: BSONType(trusted: type), payload: payload, length: length), payload + length)
    }
}

extension ElementCursor {
    /// A cursor before the element at which the other stands.
    @inlinable @inline(__always)
    public init(_ view: DocumentView, at other: PatternCursor) {
        self.init(view)
        following = other.element
    }
}
