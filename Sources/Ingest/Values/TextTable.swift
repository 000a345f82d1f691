import BSON
import Glibc

/// Distinct byte strings, numbered from 0 in the order they first came.
///
/// Open addressing over one growing block of bytes: no allocation for a string that is known. Lookups are O(length).
final class TextTable {
    // Exclusivity is not checked at run time: no method hands out access to these while another runs.
    @exclusivity(unchecked) private var bytes = UnsafeMutablePointer<UInt8>.allocate(capacity: 1 << 16)
    @exclusivity(unchecked) private var byteCapacity = 1 << 16
    /// Where each string ends; entry 0 is 0.
    @exclusivity(unchecked) private var ends: [Int] = [0]
    @exclusivity(unchecked) private var hashes: [UInt32] = []
    /// Number + 1 of the string in each slot; 0 is free. The count is a power of two.
    @exclusivity(unchecked) private var slots = [Int32](repeating: 0, count: 1 << 10)

    init() {}
    deinit { bytes.deallocate() }

    var count: Int { ends.count - 1 }

    /// The string with this number; its bytes stay until the next `number(of:)`.
    subscript(_ number: Int) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: bytes + ends[number], count: ends[number + 1] - ends[number])
    }

    func text(_ number: Int) -> String { String(decoding: self[number], as: UTF8.self) }

    /// The string's number; a new one where the string is new.
    func number(of text: UnsafeRawBufferPointer) -> Int {
        let hash = TextTable.hash(text)
        var slot = Int(hash) & (slots.count - 1)
        while slots[slot] != 0 {
            let number = Int(slots[slot]) - 1
            if hashes[number] == hash && equals(number, text) { return number }
            slot = (slot + 1) & (slots.count - 1)
        }
        return append(text, hash, slot)
    }

    /// The string's number; nil where it is not known.
    func find(_ text: UnsafeRawBufferPointer) -> Int? {
        let hash = TextTable.hash(text)
        var slot = Int(hash) & (slots.count - 1)
        while slots[slot] != 0 {
            let number = Int(slots[slot]) - 1
            if hashes[number] == hash && equals(number, text) { return number }
            slot = (slot + 1) & (slots.count - 1)
        }
        return nil
    }

    private func append(_ text: UnsafeRawBufferPointer, _ hash: UInt32, _ slot: Int) -> Int {
        let number = count
        let end = ends[number] + text.count
        if end > byteCapacity {
            byteCapacity = max(byteCapacity * 2, end)
            let larger = UnsafeMutablePointer<UInt8>.allocate(capacity: byteCapacity)
            larger.update(from: bytes, count: ends[number])
            bytes.deallocate()
            bytes = larger
        }
        if let base = text.baseAddress {
            UnsafeMutableRawPointer(bytes + ends[number]).copyMemory(from: base, byteCount: text.count)
        }
        ends.append(end)
        hashes.append(hash)
        slots[slot] = Int32(number + 1)
        if count * 2 > slots.count { grow() }
        return number
    }

    private func grow() {
        slots = [Int32](repeating: 0, count: slots.count * 2)
        for number in 0..<count {
            var slot = Int(hashes[number]) & (slots.count - 1)
            while slots[slot] != 0 { slot = (slot + 1) & (slots.count - 1) }
            slots[slot] = Int32(number + 1)
        }
    }

    private func equals(_ number: Int, _ text: UnsafeRawBufferPointer) -> Bool {
        let start = ends[number]
        let length = ends[number + 1] - start
        return length == text.count && (length == 0 || memcmp(bytes + start, text.baseAddress!, length) == 0)
    }

    private static func hash(_ text: UnsafeRawBufferPointer) -> UInt32 {
        var hasher = ValueHasher()
        hasher.combine(rank: 0, text)
        return UInt32(truncatingIfNeeded: hasher.finish())
    }
}
