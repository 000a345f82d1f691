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

    // Kept by hand, and without run-time checks of exclusivity: every write of every document passes here, mostly with
    // a single key. No method hands out access to these while another runs.
    private let buffer: IndexKeyBuffer
    @exclusivity(unchecked) private var keys: UnsafeMutablePointer<Key>
    @exclusivity(unchecked) private var capacity = 4
    @exclusivity(unchecked) public private(set) var count = 0
    @exclusivity(unchecked) private var multikey: UnsafeMutablePointer<UInt64>
    @exclusivity(unchecked) private var fieldCount = 0
    @exclusivity(unchecked) private(set) var isMultikey = false
    /// Whether a key was cut.
    @exclusivity(unchecked) private(set) var hasTruncatedKeys = false

    /// - Parameter limit: where keys are cut.
    public init(limit: Int = IndexKeyBuffer.maximumLength) {
        buffer = IndexKeyBuffer(limit: limit)
        keys = .allocate(capacity: 4)
        multikey = .allocate(capacity: 1)
    }

    deinit {
        keys.deallocate()
        multikey.deallocate()
    }

    /// Forgets all keys, and gets ready for a source that reports on this many fields.
    public func reset(fieldCount: Int) {
        buffer.reset()
        count = 0
        hasTruncatedKeys = false
        if fieldCount != self.fieldCount {
            multikey.deallocate()
            multikey = .allocate(capacity: max(1, fieldCount))
            self.fieldCount = fieldCount
            isMultikey = true
        }
        if isMultikey {
            multikey.initialize(repeating: 0, count: fieldCount)
            isMultikey = false
        }
    }

    /// Adds the key that the closure appends to the buffer.
    @inline(__always)
    public func addKey(_ build: (IndexKeyBuffer) -> Void) {
        buffer.beginKey()
        build(buffer)
        if count == capacity { grow() }
        keys[count] = Key(offset: buffer.start, length: buffer.count, isTruncated: buffer.isTruncated)
        count += 1
        if buffer.isTruncated { hasTruncatedKeys = true }
    }

    private func grow() {
        let larger = UnsafeMutablePointer<Key>.allocate(capacity: capacity * 2)
        larger.update(from: keys, count: count)
        keys.deallocate()
        keys = larger
        capacity *= 2
    }

    /// Records that the path of a field met an array at one of its components, counted from 0.
    public func markMultikey(field: Int, component: Int) {
        multikey[field] |= 1 << UInt64(min(component, 63))
        isMultikey = true
    }

    /// For each field, which components of its path met an array: see `IndexEntry.multikeyPaths`.
    public var multikeyPaths: [UInt64] { (0..<fieldCount).map { multikey[$0] } }

    public var isEmpty: Bool { count == 0 }

    @inline(__always)
    private func bytes(_ key: Key) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: buffer.base + key.offset, count: key.length)
    }

    /// The bytes of the key at a position; valid until the set changes.
    public subscript(position: Int) -> UnsafeRawBufferPointer { bytes(keys[position]) }

    public func isTruncated(at position: Int) -> Bool { keys[position].isTruncated }

    /// Sorts the keys and drops those that are there twice. O(n log n).
    public func normalise() {
        if count < 2 { return }
        var all = UnsafeMutableBufferPointer(start: keys, count: count)
        all.sort { compareBytes(bytes($0), bytes($1)) < 0 }
        var kept = 1
        for position in 1..<count where compareBytes(bytes(keys[position]), bytes(keys[kept - 1])) != 0 {
            keys[kept] = keys[position]
            kept += 1
        }
        count = kept
    }

    /// Whether another set's key is among these. O(log n); both sets are sorted.
    func contains(_ other: IndexKeySet, _ position: Int) -> Bool {
        let wanted = other[position]
        var (low, high) = (0, count)
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
        (isMultikey && hasNewPaths(index)) || (hasTruncatedKeys && !index.hasTruncatedKeys)
    }

    private func hasNewPaths(_ index: IndexEntry) -> Bool {
        (0..<fieldCount).contains { multikey[$0] & ~index.multikeyPaths[$0] != 0 }
    }

    /// Copies of all keys' bytes.
    public var arrays: [[UInt8]] { (0..<count).map { Array(self[$0]) } }
}
