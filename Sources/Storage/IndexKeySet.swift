import BSON
import Glibc

/// The keys of one document in one index. Reusable, not thread-safe.
///
/// A source adds a key with `addKey`, appending its fields' values to the buffer.
public final class IndexKeySet {
    struct Key {
        let offset: Int
        let length: Int
        let isTruncated: Bool
    }

    private let buffer: IndexKeyBuffer
    private(set) var keys: [Key] = []
    /// For each field, which components of its path met an array: see `IndexEntry.multikeyPaths`.
    private(set) var multikeyPaths: [UInt64] = []
    private var isSorted = true

    /// - Parameter limit: where keys are cut.
    public init(limit: Int = IndexKeyBuffer.maximumLength) { buffer = IndexKeyBuffer(limit: limit) }

    /// Forgets all keys, and gets ready for a source that reports on this many fields.
    public func reset(fieldCount: Int) {
        buffer.reset()
        keys.removeAll(keepingCapacity: true)
        isSorted = true
        if multikeyPaths.count != fieldCount {
            multikeyPaths = Array(repeating: 0, count: fieldCount)
        } else {
            for field in 0..<fieldCount where multikeyPaths[field] != 0 { multikeyPaths[field] = 0 }
        }
    }

    /// Adds the key that the closure appends to the buffer.
    @inline(__always)
    public func addKey(_ build: (IndexKeyBuffer) -> Void) {
        buffer.beginKey()
        build(buffer)
        keys.append(Key(offset: buffer.start, length: buffer.count, isTruncated: buffer.isTruncated))
        if keys.count > 1 { isSorted = false }
    }

    /// Records that the path of a field met an array at one of its components, counted from 0.
    public func markMultikey(field: Int, component: Int) { multikeyPaths[field] |= 1 << UInt64(min(component, 63)) }

    public var count: Int { keys.count }
    public var isEmpty: Bool { keys.isEmpty }

    func bytes(_ key: Key) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: buffer.base + key.offset, count: key.length)
    }

    /// The bytes of the key at a position; valid until the set changes.
    public subscript(position: Int) -> UnsafeRawBufferPointer { bytes(keys[position]) }

    public func isTruncated(at position: Int) -> Bool { keys[position].isTruncated }

    /// Sorts the keys and drops those that are there twice. O(n log n).
    public func normalise() {
        if isSorted { return }
        keys.sort { compareBytes(bytes($0), bytes($1)) < 0 }
        var kept = 1
        for position in 1..<keys.count where compareBytes(bytes(keys[position]), bytes(keys[kept - 1])) != 0 {
            keys[kept] = keys[position]
            kept += 1
        }
        keys.removeLast(keys.count - kept)
        isSorted = true
    }

    /// Whether a key was cut.
    var hasTruncatedKeys: Bool { keys.contains { $0.isTruncated } }

    /// Whether another set's key is among these. O(log n); both sets are sorted.
    func contains(_ other: IndexKeySet, _ position: Int) -> Bool {
        let wanted = other[position]
        var (low, high) = (0, keys.count)
        while low < high {
            let middle = (low + high) / 2
            let order = compareBytes(bytes(keys[middle]), wanted)
            if order == 0 { return true }
            if order < 0 { low = middle + 1 } else { high = middle }
        }
        return false
    }

    /// Whether these keys tell something that the index does not know of itself yet.
    @inline(__always)
    func hasNews(for index: IndexEntry) -> Bool {
        for field in multikeyPaths.indices where multikeyPaths[field] & ~index.multikeyPaths[field] != 0 { return true }
        return !index.hasTruncatedKeys && hasTruncatedKeys
    }

    /// Copies of all keys' bytes.
    public var arrays: [[UInt8]] { keys.map { Array(bytes($0)) } }
}
