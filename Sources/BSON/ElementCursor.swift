#if canImport(Glibc)
import Glibc
#endif

/// Walks the elements of a document: `next()`, then `key` and `value`.
@frozen
public struct ElementCursor: @unchecked Sendable {  // Invariant: never outlives its document; it is plain data.
    /// The type byte of the current element.
    @usableFromInline var element: UnsafeRawPointer
    /// The first byte after the current element's name.
    @usableFromInline var payload: UnsafeRawPointer
    /// The next element's type byte, or the document's terminator.
    @usableFromInline var following: UnsafeRawPointer
    /// The last place where eight bytes can be read without leaving the document.
    @usableFromInline var lastWord: UnsafeRawPointer

    /// A cursor before the first element.
    @inlinable @inline(__always)
    public init(_ view: DocumentView) {
        element = view.base
        payload = view.base
        following = view.base + 4
        lastWord = view.base + view.length - 8
    }

    /// A cursor with nothing to walk.
    public static let empty: ElementCursor = {
        let bytes = UnsafeMutableRawPointer.allocate(byteCount: 5, alignment: 8)
        bytes.storeBytes(of: Int32(5).littleEndian, as: Int32.self)
        bytes.storeBytes(of: 0, toByteOffset: 4, as: UInt8.self)
        return ElementCursor(DocumentView(base: UnsafeRawPointer(bytes), length: 5))
    }()

    /// Moves to the next element; false at the end.
    @inlinable @inline(__always)
    public mutating func next() -> Bool {
        element = following
        let byte = element.load(as: UInt8.self)
        if byte == 0 { return false }
        payload = ElementCursor.afterName(element + 1, lastWord)
        following = payload + ElementCursor.payloadLength(byte, payload)
        return true
    }

    /// The first byte after the NUL that ends a name. Eight bytes a step, as long as they lie within the document.
    @inlinable @inline(__always)
    static func afterName(_ name: UnsafeRawPointer, _ lastWord: UnsafeRawPointer) -> UnsafeRawPointer {
        var position = name
        while position <= lastWord {
            let word = UInt64(littleEndian: position.loadUnaligned(as: UInt64.self))
            // Where a byte is zero, taking 1 from it borrows: the lowest high bit set is the first zero's.
            let zeros = (word &- 0x0101_0101_0101_0101) & ~word & 0x8080_8080_8080_8080
            if zeros != 0 { return position + (zeros.trailingZeroBitCount >> 3) + 1 }
            position += 8
        }
        while position.load(as: UInt8.self) != 0 { position += 1 }
        return position + 1
    }

    /// The current element's type.
    @inlinable @inline(__always)
    public var type: BSONType { BSONType(trusted: element.load(as: UInt8.self)) }

    /// The name's bytes, without the NUL.
    @inlinable @inline(__always)
    public var key: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: element + 1, count: payload - element - 2)
    }

    /// A copy of the name.
    public var keyString: String { String(decoding: key, as: UTF8.self) }

    /// The element as it stands: type byte, name, NUL, payload.
    @inlinable @inline(__always)
    public var elementBytes: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: element, count: following - element)
    }

    /// Whether the current element has this name.
    @inlinable @inline(__always)
    public func keyEquals(_ name: FieldName) -> Bool { name.equals(element + 1, length: payload - element - 2) }

    /// The current element's value; it points into the document.
    @inlinable @inline(__always)
    public var value: ValueView { ValueView(type: type, payload: payload, length: following - payload) }

    /// How many bytes the payload of an element takes. The bytes are trusted.
    @inlinable @inline(__always)
    static func payloadLength(_ type: UInt8, _ payload: UnsafeRawPointer) -> Int {
        let fixed = fixedLength(type)
        if fixed != variable { return Int(fixed) }
        return variableLength(type, payload)
    }

    @usableFromInline static var variable: UInt8 { 0xFF }

    /// The length of payloads that all have the same, `variable` for the others. The compiler makes this a table.
    @inlinable @inline(__always)
    static func fixedLength(_ type: UInt8) -> UInt8 {
        switch type {
        case 0x01: 8
        case 0x02, 0x03, 0x04, 0x05: variable
        case 0x06: 0
        case 0x07: 12
        case 0x08: 1
        case 0x09: 8
        case 0x0A: 0
        case 0x0B, 0x0C, 0x0D, 0x0E, 0x0F: variable
        case 0x10: 4
        case 0x11, 0x12: 8
        case 0x13: 16
        default: 0
        }
    }

    @inlinable @inline(__always)
    static func variableLength(_ type: UInt8, _ payload: UnsafeRawPointer) -> Int {
        if type == 0x0B { return regexLength(payload) }
        let length = Int(UInt32(littleEndian: payload.loadUnaligned(as: UInt32.self)))
        switch type {
        case 0x03, 0x04, 0x0F: return length
        case 0x05: return length + 5
        case 0x0C: return length + 16
        default: return length + 4
        }
    }

    @usableFromInline
    static func regexLength(_ payload: UnsafeRawPointer) -> Int {
        let pattern = strlen(payload.assumingMemoryBound(to: CChar.self))
        return pattern + 1 + strlen((payload + pattern + 1).assumingMemoryBound(to: CChar.self)) + 1
    }
}

extension ValueView {
    /// The value of an element whose payload (this many bytes) starts here.
    @inlinable @inline(__always)
    public init(type: BSONType, payload: UnsafeRawPointer, length: Int) {
        switch type {
        case .int32:
            self = .int32(Int32(littleEndian: payload.loadUnaligned(as: Int32.self)))
        case .double, .int64, .date, .timestamp:
            self.init(type: type, bits: UInt64(littleEndian: payload.loadUnaligned(as: UInt64.self)))
        case .string, .javascript, .symbol:
            self.init(type: type, pointer: payload + 4, length: length - 5)
        case .bool:
            self.init(type: type, bits: payload.load(as: UInt8.self) == 0 ? 0 : 1)
        case .null, .undefined, .minKey, .maxKey, .missing:
            self.init(type: type)
        default:
            self.init(type: type, pointer: payload, length: length)
        }
    }
}
