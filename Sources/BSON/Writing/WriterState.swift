/// The buffer of a `BSONWriter` and the documents that are open in it.
///
/// A struct that the writer keeps behind a pointer: appends are then plain loads and stores, without the check for
/// overlapping access that Swift makes at every use of a class's variable.
struct WriterState {
    var buffer: UnsafeMutableRawPointer
    var capacity: Int
    /// How many bytes are written.
    var count = 0
    private var levels: UnsafeMutablePointer<Level>
    private var levelCapacity = 16
    /// How many documents are open, the outermost included.
    private(set) var depth = 0

    /// An open document or array.
    private struct Level {
        var start: Int
        /// The name of the next element, where it is an array.
        var index: Int
    }

    init(capacity: Int) {
        self.capacity = capacity
        buffer = .allocate(byteCount: capacity, alignment: 16)
        levels = .allocate(capacity: levelCapacity)
        reset()
    }

    func deallocate() {
        buffer.deallocate()
        levels.deallocate()
    }

    mutating func reset() {
        count = 0
        depth = 0
        openDocument()
    }

    // MARK: Documents

    /// Opens a document here; its length is written when it is closed.
    mutating func openDocument() {
        if depth == levelCapacity { growLevels() }
        levels[depth] = Level(start: count, index: 0)
        depth += 1
        reserve(4)
        count += 4
    }

    mutating func closeDocument() {
        reserve(1)
        put(UInt8(0))
        depth -= 1
        let start = levels[depth].start
        buffer.storeBytes(of: Int32(count - start).littleEndian, toByteOffset: start, as: Int32.self)
    }

    private mutating func growLevels() {
        let moved = UnsafeMutablePointer<Level>.allocate(capacity: levelCapacity * 2)
        moved.moveInitialize(from: levels, count: depth)
        levels.deallocate()
        levels = moved
        levelCapacity *= 2
    }

    // MARK: Elements

    /// Type and name of an element, with room for a payload of so many bytes.
    @inline(__always)
    mutating func putHeader(_ type: UInt8, _ key: UnsafeRawBufferPointer, payload: Int) {
        reserve(key.count + 2 + payload)
        put(type)
        if let base = key.baseAddress {
            (buffer + count).copyMemory(from: base, byteCount: key.count)
            count += key.count
        }
        put(UInt8(0))
    }

    /// Type and name of the open array's next element, with room for a payload of so many bytes.
    @inline(__always)
    mutating func putIndexHeader(_ type: UInt8, payload: Int) {
        var index = levels[depth - 1].index
        levels[depth - 1].index = index + 1
        reserve(22 + payload)
        put(type)
        if index < 10 {
            put(48 + UInt8(truncatingIfNeeded: index))
        } else {
            var digits = 2
            var limit = 100
            while index >= limit {
                digits += 1
                limit = limit &* 10
            }
            var position = count + digits
            count = position
            repeat {
                position -= 1
                buffer.storeBytes(
                    of: 48 + UInt8(truncatingIfNeeded: index % 10), toByteOffset: position, as: UInt8.self)
                index /= 10
            } while index > 0
        }
        put(UInt8(0))
    }

    /// The most bytes that `putPayload` writes.
    @inline(__always)
    static func payloadBound(_ value: ValueView) -> Int { Int(value.length) + 8 }

    /// A value's payload; there must be room for `payloadBound`.
    @inline(__always)
    mutating func putPayload(_ value: ValueView) {
        switch value.type {
        case .int32: put(value.asInt32.littleEndian)
        case .double, .int64, .date, .timestamp: put(value.bits.littleEndian)
        case .bool: put(UInt8(value.asBool ? 1 : 0))
        case .string, .javascript, .symbol:
            put(Int32(bitPattern: value.length + 1).littleEndian)
            putBytes(value.bytes)
            put(UInt8(0))
        case .null, .undefined, .minKey, .maxKey, .missing: break
        default: putBytes(value.bytes)
        }
    }

    // MARK: Bytes

    @inline(__always)
    private mutating func put<T: FixedWidthInteger>(_ number: T) {
        buffer.storeBytes(of: number, toByteOffset: count, as: T.self)
        count += MemoryLayout<T>.size
    }

    @inline(__always)
    mutating func putBytes(_ bytes: UnsafeRawBufferPointer) {
        guard let base = bytes.baseAddress else { return }
        (buffer + count).copyMemory(from: base, byteCount: bytes.count)
        count += bytes.count
    }

    /// Makes room for so many bytes more.
    @inline(__always)
    mutating func reserve(_ more: Int) { if count + more > capacity { grow(more) } }

    @inline(never)
    private mutating func grow(_ more: Int) {
        let larger = max(capacity * 2, count + more)
        let moved = UnsafeMutableRawPointer.allocate(byteCount: larger, alignment: 16)
        moved.copyMemory(from: buffer, byteCount: count)
        buffer.deallocate()
        buffer = moved
        capacity = larger
    }
}
