import BSON
import Glibc

/// Gives each distinct id a number, from 0 on in the order of first sight. For one thread at a time.
final class Interner: @unchecked Sendable {  // Invariant: used by one thread at a time.
    /// The keys one after another; the number's key is `offsets[n]..<offsets[n + 1]`.
    private(set) var bytes: UnsafeMutablePointer<UInt8>
    private var byteCapacity = 1 << 12
    private(set) var offsets: GrowingList<Int>
    private var hashes: GrowingList<UInt32>
    /// Open addressing: number + 1, or 0 for a free place.
    private var slots: UnsafeMutablePointer<UInt32>
    private var mask = (1 << 10) - 1

    init() {
        bytes = .allocate(capacity: byteCapacity)
        slots = .allocate(capacity: mask + 1)
        slots.initialize(repeating: 0, count: mask + 1)
        offsets = GrowingList()
        offsets.append(0)
        hashes = GrowingList()
    }

    deinit {
        bytes.deallocate()
        slots.deallocate()
    }

    var count: Int { hashes.count }

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
        var slot = Int(hash) & mask
        while slots[slot] != 0 {
            let number = Int(slots[slot]) - 1
            if hashes[number] == hash {
                let start = offsets[number]
                let length = offsets[number + 1] - start
                if length == rest.count + 1 && bytes[start] == tag
                    && (length == 1 || memcmp(bytes + start + 1, rest.baseAddress!, rest.count) == 0)
                {
                    return UInt32(number)
                }
            }
            slot = (slot + 1) & mask
        }
        let number = count
        append(tag, rest)
        hashes.append(hash)
        slots[slot] = UInt32(number + 1)
        if count * 2 > mask { grow() }
        return UInt32(number)
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
        slots.deallocate()
        mask = mask * 4 + 3
        slots = .allocate(capacity: mask + 1)
        slots.initialize(repeating: 0, count: mask + 1)
        for number in 0..<count {
            var slot = Int(hashes[number]) & mask
            while slots[slot] != 0 { slot = (slot + 1) & mask }
            slots[slot] = UInt32(number + 1)
        }
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
