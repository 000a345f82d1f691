#if canImport(Glibc)
import Glibc
#endif

/// A BSON document that somebody else owns: the address of its bytes and their count.
///
/// The bytes must be valid BSON (`validate(untrusted:)` has seen them, or this library wrote them); the view then reads them
/// without further checks. Arrays are documents whose keys are "0", "1", ….
@frozen
public struct DocumentView: @unchecked Sendable {  // Invariant: never outlives its bytes; it is plain data.
    /// The document's first byte, where its length begins.
    public let base: UnsafeRawPointer
    /// How many bytes it takes, length and terminator included.
    public let length: Int

    /// A view of bytes that are known to be valid BSON.
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

    /// All its bytes.
    @inlinable @inline(__always)
    public var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base, count: length) }

    /// Whether there are no elements.
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
                if key.count == text.count
                    && (key.count == 0 || memcmp(key.baseAddress!, text.baseAddress!, key.count) == 0)
                {
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
