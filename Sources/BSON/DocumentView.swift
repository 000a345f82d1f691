#if canImport(Glibc)
import Glibc
#endif

/// A BSON document that somebody else owns: the address of its bytes and their count.
///
/// The bytes must be valid BSON (`validate(untrusted:)` has seen them, or this library wrote them); the view then reads them
/// without further checks. Arrays are documents whose keys are "0", "1", ….
@frozen
public struct DocumentView: @unchecked Sendable {  // Invariant: never outlives its bytes; it is plain data.
    public let base: UnsafeRawPointer
    public let length: Int

    @inlinable @inline(__always)
    public init(base: UnsafeRawPointer, length: Int) {
        self.base = base
        self.length = length
    }

    /// A view whose length is read from the document's own first four bytes.
    @inlinable @inline(__always)
    public init(unchecked base: UnsafeRawPointer) {
        self.base = base
        self.length = Int(Int32(littleEndian: base.loadUnaligned(as: Int32.self)))
    }

    @inlinable @inline(__always)
    public var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base, count: length) }

    @inlinable @inline(__always)
    public var isEmpty: Bool { length <= 5 }

    /// The elements from the first on.
    @inlinable @inline(__always)
    public func elements() -> ElementCursor { ElementCursor(self) }

    /// How many elements there are. O(n).
    public var count: Int {
        var n = 0
        var cursor = elements()
        while cursor.next() { n += 1 }
        return n
    }

    /// The value of the first element with this name, or `missing`. O(n).
    @inlinable
    public func find(_ name: FieldName) -> ValueView {
        var cursor = elements()
        while cursor.next() {
            if cursor.keyEquals(name) { return cursor.value }
        }
        return .missing
    }

    /// The value of the first element with this name, or `missing`. O(n); for hot paths keep a `FieldName`.
    public func find(_ name: String) -> ValueView {
        var name = name
        return name.withUTF8 { text in
            var cursor = elements()
            while cursor.next() {
                let key = cursor.key
                if key.count == text.count && (key.count == 0 || memcmp(key.baseAddress!, text.baseAddress!, key.count) == 0) {
                    return cursor.value
                }
            }
            return .missing
        }
    }

    /// The value at an array position, or `missing` past the end. O(index).
    public func element(at index: Int) -> ValueView {
        var cursor = elements()
        var remaining = index
        while cursor.next() {
            if remaining == 0 { return cursor.value }
            remaining -= 1
        }
        return .missing
    }
}

/// Walks the elements of a document: `next()`, then `key` and `value`.
@frozen
public struct ElementCursor: @unchecked Sendable {  // Invariant: never outlives its document; it is plain data.
    /// The type byte of the current element.
    @usableFromInline var element: UnsafeRawPointer
    /// The first byte after the current element's name.
    @usableFromInline var payload: UnsafeRawPointer
    /// The next element's type byte, or the document's terminator.
    @usableFromInline var following: UnsafeRawPointer

    @inlinable @inline(__always)
    public init(_ view: DocumentView) {
        element = view.base
        payload = view.base
        following = view.base + 4
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
        var position = element + 1
        while position.load(as: UInt8.self) != 0 { position += 1 }
        payload = position + 1
        following = payload + ElementCursor.payloadLength(byte, payload)
        return true
    }

    @inlinable @inline(__always)
    public var type: BSONType { BSONType(rawValue: element.load(as: UInt8.self)).unsafelyUnwrapped }

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

    @inlinable @inline(__always)
    public func keyEquals(_ name: FieldName) -> Bool { name.equals(element + 1, length: payload - element - 2) }

    @inlinable @inline(__always)
    public var value: ValueView { ValueView(type: type, payload: payload, length: following - payload) }

    /// How many bytes the payload of an element takes. The bytes are trusted.
    @inlinable @inline(__always)
    static func payloadLength(_ type: UInt8, _ payload: UnsafeRawPointer) -> Int {
        switch type {
        case 0x10: return 4
        case 0x02, 0x0D, 0x0E: return 4 + Int(UInt32(littleEndian: payload.loadUnaligned(as: UInt32.self)))
        case 0x01, 0x09, 0x11, 0x12: return 8
        case 0x03, 0x04, 0x0F: return Int(UInt32(littleEndian: payload.loadUnaligned(as: UInt32.self)))
        case 0x13: return 16
        case 0x07: return 12
        case 0x08: return 1
        case 0x0A, 0x06, 0xFF, 0x7F: return 0
        case 0x05: return 5 + Int(UInt32(littleEndian: payload.loadUnaligned(as: UInt32.self)))
        case 0x0C: return 4 + Int(UInt32(littleEndian: payload.loadUnaligned(as: UInt32.self))) + 12
        default: return regexLength(payload)
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

/// A field name ready to be compared with names in documents: its bytes, kept for the life of the process or plan.
@frozen
public struct FieldName: @unchecked Sendable {  // Invariant: the bytes are immutable and live as long as `storage`.
    @usableFromInline let pointer: UnsafeRawPointer
    public let length: Int
    @usableFromInline let storage: FieldNameStorage

    public init(_ text: String) {
        storage = FieldNameStorage(text)
        pointer = UnsafeRawPointer(storage.bytes)
        length = storage.count
    }

    public var text: String { String(decoding: UnsafeRawBufferPointer(start: pointer, count: length), as: UTF8.self) }

    @inlinable @inline(__always)
    public var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: pointer, count: length) }

    @inlinable @inline(__always)
    public func equals(_ other: UnsafeRawPointer, length otherLength: Int) -> Bool {
        guard otherLength == length else { return false }
        var i = 0
        while i < length {
            if other.load(fromByteOffset: i, as: UInt8.self) != pointer.load(fromByteOffset: i, as: UInt8.self) { return false }
            i += 1
        }
        return true
    }
}

@usableFromInline
final class FieldNameStorage {
    let bytes: UnsafeMutablePointer<UInt8>
    let count: Int

    init(_ text: String) {
        let utf8 = Array(text.utf8)
        count = utf8.count
        bytes = .allocate(capacity: max(1, utf8.count))
        bytes.initialize(from: utf8, count: utf8.count)
    }

    deinit { bytes.deallocate() }
}
