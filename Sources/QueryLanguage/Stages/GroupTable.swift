import BSON

/// A hash table from group keys to accumulator states: open addressing over blocks in an arena.
///
/// A group's block holds its key and behind it its states, so that a group is one piece of memory and no object. A key of
/// several parts is kept as numbers: each part's distinct values stand in a `ValueSet` of the part's own, so that a pair of
/// strings is eight bytes however long they are, and is compared as such. Groups are numbered in the order they came.
///
/// A large table is seldom in the processor's caches, and a look into it takes as long as a hundred steps of computing.
/// Where the states are not needed at once, rows can be queued: what a whole queue asks for is fetched together.
final class GroupTable {
    typealias States = UnsafeMutableRawPointer
    typealias Key = UnsafeMutablePointer<ValueView>

    let memory: Arena
    let keyParts: Int
    private let blockSize: Int
    private let keySize: Int
    /// Blocks by the group's number, in chunks: the first of `firstChunk` blocks, each twice as long as the one before.
    private let chunks: UnsafeMutablePointer<UnsafeMutableRawPointer>
    private var chunkCount = 0
    private static let firstChunk = 16
    /// Entries by hash: 32 bits of the hash above the group's number plus one; 0 where there is none. A group that is passed
    /// by on the way to another costs no look at its key elsewhere in memory, nor does making the table larger.
    private var table: UnsafeMutablePointer<UInt64>
    private var capacity = 64
    private(set) var count = 0

    /// Of a key of several parts: the values of each, and the last row's as positions among them.
    private let parts: UnsafeMutablePointer<ValueSet>
    private let positions: UnsafeMutablePointer<UInt32>
    /// Of each part, where texts met lately stand among the values.
    private lazy var recent = (0..<keyParts).map { _ in RecentTexts() }
    /// Keys whose values are equal to those in `parts` but not the same, as 1.0 is to 1, by the group's number.
    private var variants: [Int: Key] = [:]

    /// Rows whose states are still to be found.
    private let queue: UnsafeMutablePointer<Queued>
    private let queuedPositions: UnsafeMutablePointer<UInt32>
    private var queued = 0
    private static let queueLength = 64

    private struct Queued {
        let hash: UInt64
        let variant: Key?
        let tag: States?
        var entry: UInt64 = 0
    }

    /// - Parameter alignment: what the address of a group's states is to be a multiple of.
    init(keyParts: Int, stateSize: Int, alignment: Int, overflow: (any ArenaOverflow)?) {
        memory = Arena(overflow: overflow)
        self.keyParts = keyParts
        let key = keyParts == 1 ? MemoryLayout<ValueView>.stride : keyParts * MemoryLayout<UInt32>.stride
        keySize = (key + alignment - 1) & -alignment
        blockSize = (keySize + stateSize + alignment - 1) & -alignment
        chunks = .allocate(capacity: 48)
        table = .allocate(capacity: capacity)
        table.initialize(repeating: 0, count: capacity)
        parts = .allocate(capacity: keyParts)
        parts.initialize(repeating: ValueSet(), count: keyParts)
        positions = .allocate(capacity: keyParts)
        positions.initialize(repeating: 0, count: keyParts)
        queue = .allocate(capacity: GroupTable.queueLength)
        queuedPositions = .allocate(capacity: GroupTable.queueLength * keyParts)
    }

    deinit {
        chunks.deallocate()
        table.deallocate()
        parts.deallocate()
        positions.deallocate()
        queue.deallocate()
        queuedPositions.deallocate()
    }

    // MARK: Groups by number

    /// The states of a group by its number.
    func states(at index: Int) -> States { block(index) + keySize }

    /// Writes the key of a group by its number.
    func readKey(at index: Int, into key: Key) {
        if keyParts == 1 {
            key[0] = block(index).assumingMemoryBound(to: ValueView.self).pointee
        } else if let variant = variants[index] {
            key.update(from: variant, count: keyParts)
        } else {
            let positions = block(index).assumingMemoryBound(to: UInt32.self)
            for i in 0..<keyParts { key[i] = parts[i][Int(positions[i])] }
        }
    }

    @inline(__always)
    private func block(_ index: Int) -> UnsafeMutableRawPointer {
        let place = index / GroupTable.firstChunk + 1
        let chunk = Int.bitWidth - 1 - place.leadingZeroBitCount
        return chunks[chunk] + (index - ((1 << chunk) - 1) * GroupTable.firstChunk) * blockSize
    }

    // MARK: Groups by key

    /// The states of the group with this key; a new group's are still to be started.
    func states(of key: Key) -> (states: States, isNew: Bool) {
        if keyParts == 1 { return states(of: key[0], key[0].hash) }
        let (hash, variant) = locate(key)
        return states(at: positions, hash, variant, from: Int(truncatingIfNeeded: hash) & (capacity - 1))
    }

    /// The same for a key of one part whose hash is known.
    func states(of key: ValueView, _ hash: UInt64) -> (states: States, isNew: Bool) {
        let mask = capacity - 1
        var place = Int(truncatingIfNeeded: hash) & mask
        while case let entry = table[place], entry != 0 {
            if entry >> 32 == hash & 0xFFFF_FFFF {
                let block = block(Int(entry & 0xFFFF_FFFF) - 1)
                if block.assumingMemoryBound(to: ValueView.self).pointee.equals(key) { return (block + keySize, false) }
            }
            place = (place + 1) & mask
        }
        let block = insert(hash, at: place)
        block.bindMemory(to: ValueView.self, capacity: 1).initialize(to: memory.copy(key))
        return (block + keySize, true)
    }

    /// The hashes of keys of one part, row by row. The groups that are looked for by them next are brought from memory to the
    /// processor's caches together.
    func hashes(of keys: Column, _ rows: Rows, _ arena: Arena) -> UnsafeMutablePointer<UInt64> {
        let hashes = arena.vector(of: UInt64.self, rows.count)
        for i in 0..<rows.count { hashes[i] = keys[rows[i]].hash }
        // What is small is there.
        if capacity < 1 << 12 { return hashes }
        let indices = arena.vector(of: Int.self, rows.count)
        // The loads of a loop that does nothing else wait for memory together.
        for i in 0..<rows.count {
            indices[i] = Int(table[Int(truncatingIfNeeded: hashes[i]) & (capacity - 1)] & 0xFFFF_FFFF) - 1
        }
        for i in 0..<rows.count where indices[i] >= 0 {
            let key = block(indices[i]).assumingMemoryBound(to: ValueView.self).pointee
            indices[i] = key.type == .string && key.length > 0 ? Int(key.pointer.load(as: UInt8.self)) : 0
        }
        return hashes
    }

    /// Writes the positions of a key's parts and yields their hash, and the key itself where its values are not the same as
    /// those at the positions.
    private func locate(_ key: Key, isBatched: Bool = false) -> (hash: UInt64, variant: Key?) {
        var areSame = true
        for i in 0..<keyParts {
            let isKnownText = isBatched && key[i].type == .string
            if isKnownText, let position = recent[i].position(of: key[i]) {
                positions[i] = position
                continue
            }
            // The same value as in the last row needs no search.
            let last = Int(positions[i])
            if last >= parts[i].count || !parts[i][last].equals(key[i]) {
                positions[i] = UInt32(truncatingIfNeeded: parts[i].insertIndex(key[i], memory: memory))
            }
            if isKnownText { recent[i].note(positions[i], of: key[i]) }
            if !parts[i][Int(positions[i])].isSame(as: key[i]) { areSame = false }
        }
        return (hash(of: positions), areSame ? nil : key)
    }

    /// Says that texts met so far may lie elsewhere from now on.
    func beginBatch() { for i in recent.indices { recent[i].forget() } }

    @inline(__always)
    private func hash(of positions: UnsafeMutablePointer<UInt32>) -> UInt64 {
        var hash: UInt64 = 0
        for i in 0..<keyParts {
            let product = (hash ^ UInt64(positions[i])).multipliedFullWidth(by: 0x9E37_79B9_7F4A_7C15)
            hash = (product.high ^ product.low) &+ 0x2545_F491_4F6C_DD1D
        }
        return hash
    }

    @inline(__always)
    private func states(at positions: UnsafeMutablePointer<UInt32>, _ hash: UInt64, _ variant: Key?, from start: Int)
        -> (states: States, isNew: Bool)
    {
        let mask = capacity - 1
        var place = start
        while case let entry = table[place], entry != 0 {
            if entry >> 32 == hash & 0xFFFF_FFFF {
                let block = block(Int(entry & 0xFFFF_FFFF) - 1)
                if same(block.assumingMemoryBound(to: UInt32.self), positions) { return (block + keySize, false) }
            }
            place = (place + 1) & mask
        }
        let index = count
        let block = insert(hash, at: place)
        block.bindMemory(to: UInt32.self, capacity: keyParts).update(from: positions, count: keyParts)
        if let variant { variants[index] = copy(variant) }
        return (block + keySize, true)
    }

    @inline(__always)
    private func same(_ a: UnsafeMutablePointer<UInt32>, _ b: UnsafeMutablePointer<UInt32>) -> Bool {
        for i in 0..<keyParts where a[i] != b[i] { return false }
        return true
    }

    private func copy(_ key: Key) -> Key {
        let copy = memory.allocate(keyParts * MemoryLayout<ValueView>.stride)
            .bindMemory(to: ValueView.self, capacity: keyParts)
        for i in 0..<keyParts { (copy + i).initialize(to: memory.copy(key[i])) }
        return copy
    }

    // MARK: Queues

    /// Queues a row by its key of several parts; true where the queue is full then.
    ///
    /// - Parameter isBatched: whether texts stay where they are until `beginBatch` is called again.
    func enqueue(_ key: Key, isBatched: Bool = false) -> Bool {
        let (hash, variant) = locate(key, isBatched: isBatched)
        return enqueue(hash, variant.map(copy), tag: nil)
    }

    private func enqueue(_ hash: UInt64, _ variant: Key?, tag: States?) -> Bool {
        (queue + queued).initialize(to: Queued(hash: hash, variant: variant, tag: tag))
        (queuedPositions + queued * keyParts).update(from: positions, count: keyParts)
        queued += 1
        return queued == GroupTable.queueLength
    }

    /// Empties the queue: hands over each row's states, in order; a new group's are still to be started.
    func dequeue(_ body: (_ states: States, _ isNew: Bool) throws -> Void) rethrows {
        try dequeueTagged { states, isNew, _ in try body(states, isNew) }
    }

    private func dequeueTagged(_ body: (_ states: States, _ isNew: Bool, _ tag: States?) throws -> Void) rethrows {
        // The loads of a loop that does nothing else wait for memory together.
        for i in 0..<queued { queue[i].entry = table[Int(truncatingIfNeeded: queue[i].hash) & (capacity - 1)] }
        for i in 0..<queued where queue[i].entry != 0 {
            let index = Int(queue[i].entry & 0xFFFF_FFFF) - 1
            queue[i].entry = UInt64(block(index).load(as: UInt32.self))
        }
        let rows = queued
        queued = 0
        for i in 0..<rows {
            let hash = queue[i].hash
            let (states, isNew) = states(
                at: queuedPositions + i * keyParts, hash, queue[i].variant,
                from: Int(truncatingIfNeeded: hash) & (capacity - 1))
            try body(states, isNew, queue[i].tag)
        }
    }

    // MARK: Tables put together

    /// Hands over the states of each of another table's groups, in order, with those of the group of the same key here.
    func absorb(_ other: GroupTable, _ body: (_ states: States, _ isNew: Bool, _ others: States) throws -> Void)
        rethrows
    {
        if keyParts == 1 {
            for index in 0..<other.count {
                let key = other.block(index).assumingMemoryBound(to: ValueView.self).pointee
                let (states, isNew) = states(of: key, key.hash)
                try body(states, isNew, other.states(at: index))
            }
            return
        }
        // Where the other table's values stand among this one's.
        let places = (0..<keyParts).map { part in
            (0..<other.parts[part].count).map { parts[part].insertIndex(other.parts[part][$0], memory: memory) }
        }
        let key = Key.allocate(capacity: keyParts)
        defer { key.deallocate() }
        for index in 0..<other.count {
            let theirs = other.block(index).assumingMemoryBound(to: UInt32.self)
            var areSame = other.variants[index] == nil
            for i in 0..<keyParts {
                let (place, position) = (places[i][Int(theirs[i])], Int(theirs[i]))
                positions[i] = UInt32(truncatingIfNeeded: place)
                if !parts[i][place].isSame(as: other.parts[i][position]) { areSame = false }
            }
            var variant: Key?
            if !areSame {
                other.readKey(at: index, into: key)
                variant = copy(key)
            }
            if enqueue(hash(of: positions), variant, tag: other.states(at: index)) {
                try dequeueTagged { try body($0, $1, $2.unsafelyUnwrapped) }
            }
        }
        try dequeueTagged { try body($0, $1, $2.unsafelyUnwrapped) }
    }

    // MARK: Growth

    /// Memory for a new group.
    private func insert(_ hash: UInt64, at place: Int) -> UnsafeMutableRawPointer {
        if count == ((1 << chunkCount) - 1) * GroupTable.firstChunk {
            (chunks + chunkCount).initialize(to: memory.allocate((GroupTable.firstChunk << chunkCount) * blockSize))
            chunkCount += 1
        }
        count += 1
        table[place] = hash << 32 | UInt64(count)
        if count * 4 > capacity * 3 { grow() }
        return block(count - 1)
    }

    private func grow() {
        let larger = capacity * 2
        let newTable = UnsafeMutablePointer<UInt64>.allocate(capacity: larger)
        preferLargePages(newTable, larger * MemoryLayout<UInt64>.stride)
        newTable.initialize(repeating: 0, count: larger)
        // Neighbours stay neighbours, in one half of the larger table or the other.
        for i in 0..<capacity where table[i] != 0 {
            var place = Int(table[i] >> 32) & (larger - 1)
            while newTable[place] != 0 { place = (place + 1) & (larger - 1) }
            newTable[place] = table[i]
        }
        table.deallocate()
        (table, capacity) = (newTable, larger)
    }

    func removeAll() {
        count = 0
        chunkCount = 0
        queued = 0
        table.initialize(repeating: 0, count: capacity)
        parts.update(repeating: ValueSet(), count: keyParts)
        variants = [:]
        memory.reset()
    }
}

/// Positions of texts by their addresses: a text that is met again in the same place is not compared again.
private final class RecentTexts {
    private struct Entry {
        var address: UInt64 = 0
        var length: UInt32 = 0
        var position: UInt32 = 0
    }
    private let entries: UnsafeMutablePointer<Entry>
    private static let countBits: UInt64 = 10

    init() {
        entries = .allocate(capacity: 1 << RecentTexts.countBits)
        forget()
    }

    deinit { entries.deallocate() }

    func forget() { entries.initialize(repeating: Entry(), count: 1 << RecentTexts.countBits) }

    @inline(__always)
    private func entry(_ text: ValueView) -> UnsafeMutablePointer<Entry> {
        entries + Int(truncatingIfNeeded: (text.bits &* 0x9E37_79B9_7F4A_7C15) >> (64 - RecentTexts.countBits))
    }

    @inline(__always)
    func position(of text: ValueView) -> UInt32? {
        let entry = entry(text)
        return entry.pointee.address == text.bits && entry.pointee.length == text.length ? entry.pointee.position : nil
    }

    @inline(__always)
    func note(_ position: UInt32, of text: ValueView) {
        entry(text).pointee = Entry(address: text.bits, length: text.length, position: position)
    }
}

extension ValueView {
    /// Whether two values that are equal are the same to the last bit: of one type, with the same bytes.
    @inline(__always)
    fileprivate func isSame(as other: ValueView) -> Bool {
        guard type == other.type, length == other.length else { return false }
        // The equality of texts is that of their bytes.
        return type == .string || type == .objectId || bits == other.bits || hasSamePayload(as: other)
    }

    private func hasSamePayload(as other: ValueView) -> Bool {
        length > 0 && compareBytes(bytes, other.bytes) == 0
    }
}
