import BSON
import Glibc

/// Gives each distinct id a number, from 0 on in the order of first sight. For one thread at a time.
final class Interner: @unchecked Sendable {  // Invariant: used by one thread at a time.
    /// The keys one after another; the number's key is `offsets[n]..<offsets[n + 1]`.
    private(set) var bytes: UnsafeMutablePointer<UInt8>
    private var byteCapacity = 1 << 12
    private(set) var offsets: GrowingList<Int>
    /// Short keys once more, packed: a look-up finds all it has to compare in one line of the cache.
    private var packed: GrowingList<PackedKey>
    /// Open addressing: the hash in the upper half, number + 1 in the lower; 0 for a free place.
    private var slots: UnsafeMutablePointer<UInt64>
    private var mask = (1 << 10) - 1

    init() {
        bytes = .allocate(capacity: byteCapacity)
        slots = .allocate(capacity: mask + 1)
        slots.initialize(repeating: 0, count: mask + 1)
        offsets = GrowingList()
        offsets.append(0)
        packed = GrowingList()
    }

    deinit {
        bytes.deallocate()
        slots.deallocate()
    }

    var count: Int { packed.count }

    func key(_ number: Int) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: bytes + offsets[number], count: offsets[number + 1] - offsets[number])
    }

    /// The number of a value's key; nil where the value is no id. O(length).
    func number(of value: ValueView) -> UInt32? {
        if value.type == .string { return number(tag: NodeKey.text, value.bytes) }
        guard let key = NodeKey.key(value) else { return nil }
        return key.withUnsafeBytes { number(tag: $0[0], UnsafeRawBufferPointer(rebasing: $0.dropFirst())) }
    }

    func number(tag: UInt8, _ rest: UnsafeRawBufferPointer) -> UInt32 {
        let hash = Interner.hash(tag, rest)
        let wanted = PackedKey(tag, rest)
        var slot = Int(hash) & mask
        while slots[slot] != 0 {
            if UInt32(truncatingIfNeeded: slots[slot] >> 32) == hash {
                let number = Int(UInt32(truncatingIfNeeded: slots[slot])) - 1
                if packed[number] == wanted && (wanted.isWhole || isKey(number, tag, rest)) { return UInt32(number) }
            }
            slot = (slot + 1) & mask
        }
        let number = count
        append(tag, rest)
        packed.append(wanted)
        slots[slot] = UInt64(hash) << 32 | UInt64(number + 1)
        if count * 2 > mask { grow() }
        return UInt32(number)
    }

    private func isKey(_ number: Int, _ tag: UInt8, _ rest: UnsafeRawBufferPointer) -> Bool {
        let start = offsets[number]
        return offsets[number + 1] - start == rest.count + 1 && bytes[start] == tag
            && memcmp(bytes + start + 1, rest.baseAddress!, rest.count) == 0
    }

    private func append(_ tag: UInt8, _ rest: UnsafeRawBufferPointer) {
        let start = offsets[offsets.count - 1]
        let end = start + 1 + rest.count
        if end > byteCapacity {
            while end > byteCapacity { byteCapacity *= 2 }
            let larger = UnsafeMutablePointer<UInt8>.allocate(capacity: byteCapacity)
            larger.update(from: bytes, count: start)
            bytes.deallocate()
            bytes = larger
        }
        bytes[start] = tag
        if let source = rest.baseAddress { memcpy(bytes + start + 1, source, rest.count) }
        offsets.append(end)
    }

    private func grow() {
        let (old, oldMask) = (slots, mask)
        mask = mask * 4 + 3
        slots = .allocate(capacity: mask + 1)
        slots.initialize(repeating: 0, count: mask + 1)
        for place in 0...oldMask where old[place] != 0 {
            var slot = Int(UInt32(truncatingIfNeeded: old[place] >> 32)) & mask
            while slots[slot] != 0 { slot = (slot + 1) & mask }
            slots[slot] = old[place]
        }
        old.deallocate()
    }

    /// Eight bytes a step: multiply to 128 bits and fold.
    private static func hash(_ tag: UInt8, _ rest: UnsafeRawBufferPointer) -> UInt32 {
        var state = UInt64(tag) &+ UInt64(rest.count) &* 0x9E37_79B9_7F4A_7C15
        func mix(_ word: UInt64) {
            let (high, low) = (state ^ word).multipliedFullWidth(by: 0xA076_1D64_78BD_642F)
            state = high ^ low ^ 0xE703_7ED1_A0B4_28DB
        }
        var position = 0
        while position + 8 <= rest.count {
            mix(rest.loadUnaligned(fromByteOffset: position, as: UInt64.self))
            position += 8
        }
        var last: UInt64 = 0
        while position < rest.count {
            last = last << 8 | UInt64(rest[position])
            position += 1
        }
        mix(last)
        return UInt32(truncatingIfNeeded: state ^ state >> 32)
    }
}

/// The first 14 bytes of an id, its tag, and its length: the whole of a short one.
private struct PackedKey: BitwiseCopyable, Equatable {
    private var low: UInt64 = 0
    private var high: UInt64

    init(_ tag: UInt8, _ rest: UnsafeRawBufferPointer) {
        // The length, 15 for any that is longer, stands in the highest byte and the tag below it.
        high = UInt64(min(rest.count, 15)) << 56 | UInt64(tag) << 48
        for i in 0..<min(rest.count, 8) { low |= UInt64(rest[i]) << UInt64(8 * i) }
        if rest.count > 8 { for i in 8..<min(rest.count, 14) { high |= UInt64(rest[i]) << UInt64(8 * (i - 8)) } }
    }

    /// Whether two that are equal have equal ids.
    var isWhole: Bool { high >> 56 < 15 }
}

/// A list that grows, without the checks of an array: for loops that add millions. Freed with its last copy; not to be
/// changed through two copies.
struct GrowingList<Element: BitwiseCopyable> {
    private final class Owner {
        var base: UnsafeMutablePointer<Element>
        init(_ base: UnsafeMutablePointer<Element>) { self.base = base }
        deinit { base.deallocate() }
    }

    private let owner: Owner
    private(set) var base: UnsafeMutablePointer<Element>
    private(set) var count = 0
    private var capacity: Int

    init(capacity: Int = 1 << 10) {
        self.capacity = capacity
        base = .allocate(capacity: capacity)
        owner = Owner(base)
    }

    @inline(__always)
    subscript(_ index: Int) -> Element {
        get { base[index] }
        nonmutating set { base[index] = newValue }
    }

    @inline(__always)
    mutating func append(_ element: Element) {
        if count == capacity { grow() }
        base[count] = element
        count += 1
    }

    mutating func removeAll() { count = 0 }

    private mutating func grow() {
        let larger = UnsafeMutablePointer<Element>.allocate(capacity: capacity * 2)
        larger.update(from: base, count: count)
        base.deallocate()
        owner.base = larger
        base = larger
        capacity *= 2
    }

    var elements: UnsafeBufferPointer<Element> { UnsafeBufferPointer(start: base, count: count) }
}
