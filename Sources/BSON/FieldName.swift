/// A field name ready to be compared with names in documents: its bytes, kept for the life of the process or plan.
@frozen
public struct FieldName: @unchecked Sendable {  // Invariant: the bytes are immutable and live as long as `storage`.
    @usableFromInline let pointer: UnsafeRawPointer
    /// The name's bytes in UTF-8.
    public let length: Int
    @usableFromInline let storage: FieldNameStorage

    /// The name; its bytes are copied.
    public init(_ text: String) {
        storage = FieldNameStorage(text)
        pointer = UnsafeRawPointer(storage.bytes)
        length = storage.count
    }

    /// A copy of the name.
    public var text: String { String(decoding: UnsafeRawBufferPointer(start: pointer, count: length), as: UTF8.self) }

    /// The name in UTF-8, without a NUL.
    @inlinable @inline(__always)
    public var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: pointer, count: length) }

    /// Whether a name of so many bytes is this one. Reads nothing but those bytes.
    @inlinable @inline(__always)
    public func equals(_ other: UnsafeRawPointer, length otherLength: Int) -> Bool {
        guard otherLength == length else { return false }
        // Two words that may overlap cover a name of up to twice their size.
        if length > 8 {
            var position = 0
            while position < length - 8 {
                if differs(other, position, as: UInt64.self) { return false }
                position += 8
            }
            return !differs(other, length - 8, as: UInt64.self)
        }
        if length >= 4 { return !differs(other, 0, as: UInt32.self) && !differs(other, length - 4, as: UInt32.self) }
        if length >= 2 { return !differs(other, 0, as: UInt16.self) && !differs(other, length - 2, as: UInt16.self) }
        return length == 0 || !differs(other, 0, as: UInt8.self)
    }

    @inlinable @inline(__always)
    func differs<T: FixedWidthInteger>(_ other: UnsafeRawPointer, _ offset: Int, as: T.Type) -> Bool {
        pointer.loadUnaligned(fromByteOffset: offset, as: T.self)
            != other.loadUnaligned(fromByteOffset: offset, as: T.self)
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
