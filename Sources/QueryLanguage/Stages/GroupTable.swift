import BSON

/// A hash table from group keys to accumulator states: open addressing over blocks in an arena.
///
/// A group's block holds its key's parts and behind them its states, so that a group is one piece of memory and no
/// object. Groups are numbered in the order they came.
final class GroupTable {
    let memory: Arena
    private let keyParts: Int
    private let blockSize: Int
    private let keySize: Int
    private var blocks: UnsafeMutablePointer<UnsafeMutableRawPointer>
    private var hashes: UnsafeMutablePointer<UInt64>
    /// Entries by hash: the hash's upper half beside the group's number plus one; 0 where there is none. A group that is
    /// passed by on the way to another costs no look at its hash or its key elsewhere in memory.
    private var table: UnsafeMutablePointer<UInt64>
    private var capacity: Int
    private(set) var count = 0

    init(keyParts: Int, stateSize: Int, overflow: (any ArenaOverflow)?) {
        memory = Arena(overflow: overflow)
        self.keyParts = keyParts
        keySize = keyParts * MemoryLayout<ValueView>.stride
        blockSize = keySize + stateSize
        capacity = 64
        blocks = .allocate(capacity: capacity)
        hashes = .allocate(capacity: capacity)
        table = .allocate(capacity: capacity)
        table.initialize(repeating: 0, count: capacity)
    }

    deinit {
        blocks.deallocate()
        hashes.deallocate()
        table.deallocate()
    }

    /// Key and states of a group by its number.
    subscript(index: Int) -> (key: UnsafeMutablePointer<ValueView>, states: UnsafeMutableRawPointer) {
        let block = blocks[index]
        return (block.assumingMemoryBound(to: ValueView.self), block + keySize)
    }

    /// The states of the group with this key; a new group's are still to be started.
    func states(of key: UnsafeMutablePointer<ValueView>) -> (states: UnsafeMutableRawPointer, isNew: Bool) {
        var hasher = ValueHasher()
        for i in 0..<keyParts { key[i].hash(into: &hasher) }
        let hash = hasher.finish()
        let mask = capacity - 1
        var position = Int(truncatingIfNeeded: hash) & mask
        while case let entry = table[position], entry != 0 {
            if (entry ^ hash) >> 32 == 0 {
                let block = blocks[Int(entry & 0xFFFF_FFFF) - 1]
                if equal(block.assumingMemoryBound(to: ValueView.self), key) { return (block + keySize, false) }
            }
            position = (position + 1) & mask
        }
        return (insert(key, hash, at: position), true)
    }

    /// The entry of a group with this hash and number.
    private func entry(_ hash: UInt64, _ index: Int) -> UInt64 { hash & 0xFFFF_FFFF_0000_0000 | UInt64(index + 1) }

    private func equal(_ a: UnsafeMutablePointer<ValueView>, _ b: UnsafeMutablePointer<ValueView>) -> Bool {
        for i in 0..<keyParts where !a[i].equals(b[i]) { return false }
        return true
    }

    private func insert(_ key: UnsafeMutablePointer<ValueView>, _ hash: UInt64, at position: Int)
        -> UnsafeMutableRawPointer
    {
        let block = memory.allocate(blockSize)
        let parts = block.bindMemory(to: ValueView.self, capacity: keyParts)
        for i in 0..<keyParts { (parts + i).initialize(to: memory.copy(key[i])) }
        table[position] = entry(hash, count)
        blocks[count] = block
        hashes[count] = hash
        count += 1
        if count * 4 > capacity * 3 { grow() }
        return block + keySize
    }

    private func grow() {
        let larger = capacity * 2
        let newBlocks = UnsafeMutablePointer<UnsafeMutableRawPointer>.allocate(capacity: larger)
        let newHashes = UnsafeMutablePointer<UInt64>.allocate(capacity: larger)
        let newTable = UnsafeMutablePointer<UInt64>.allocate(capacity: larger)
        newTable.initialize(repeating: 0, count: larger)
        newBlocks.update(from: blocks, count: count)
        newHashes.update(from: hashes, count: count)
        for i in 0..<count {
            var position = Int(truncatingIfNeeded: newHashes[i]) & (larger - 1)
            while newTable[position] != 0 { position = (position + 1) & (larger - 1) }
            newTable[position] = entry(newHashes[i], i)
        }
        blocks.deallocate()
        hashes.deallocate()
        table.deallocate()
        (blocks, hashes, table, capacity) = (newBlocks, newHashes, newTable, larger)
    }

    func removeAll() {
        count = 0
        table.initialize(repeating: 0, count: capacity)
        memory.reset()
    }
}
