#if canImport(Glibc)
import Glibc
#endif

/// Asks the system for large pages under memory of some megabytes, which is read here and there: a look into it then seldom
/// waits for the page's address. Memory for which there are none stays as it is.
public func preferLargePages(_ base: UnsafeMutableRawPointer, _ size: Int) {
    let largePage = 2 << 20
    guard size >= 2 * largePage else { return }
    let start = (UInt(bitPattern: base) + UInt(largePage) - 1) & ~UInt(largePage - 1)
    let end = (UInt(bitPattern: base) + UInt(size)) & ~UInt(largePage - 1)
    if start < end { madvise(UnsafeMutableRawPointer(bitPattern: start), Int(end - start), MADV_HUGEPAGE) }
}

/// Memory that is handed out bump by bump and taken back all at once.
///
/// The pipeline keeps one for the row at hand (reset by whoever produces the next row), and blocking stages keep
/// one each for what they hold on to. Addresses stay valid until `reset()` or the arena's end.
/// Not thread-safe: one pipeline, one arena.
public final class Arena {
    // Exclusivity is not checked at run time: no method hands out access to these while another runs.
    @exclusivity(unchecked) @usableFromInline var cursor: UnsafeMutableRawPointer
    @exclusivity(unchecked) @usableFromInline var limit: UnsafeMutableRawPointer
    /// How often everything was taken back.
    @exclusivity(unchecked) @usableFromInline var resets = 0
    /// Where the first chunk begins: the cursor of an arena that is fresh.
    @usableFromInline let beginning: UnsafeMutableRawPointer
    private var chunks: [Chunk] = []
    private var reserved: Int
    private let overflow: (any ArenaOverflow)?
    /// Why the overflow gave no memory when it was wanted. Ordinary memory was used instead; who fills the arena asks now
    /// and then, and gives up.
    public private(set) var overflowFailure: AtelierError?
    private var current = 0
    /// Scratch for building documents and arrays whose bytes then move into the arena.
    private var writers: [BSONWriter] = []

    private struct Chunk {
        let base: UnsafeMutableRawPointer
        let size: Int
        var isOverflow = false
    }

    /// - Parameters:
    ///   - chunkSize: bytes of the first chunk; later ones are larger.
    ///   - overflow: where memory comes from once the arena holds much; nil for from where it always does.
    public init(chunkSize: Int = 64 * 1024, overflow: (any ArenaOverflow)? = nil) {
        let base = UnsafeMutableRawPointer.allocate(byteCount: chunkSize, alignment: 16)
        chunks = [Chunk(base: base, size: chunkSize)]
        reserved = chunkSize
        self.overflow = overflow
        cursor = base
        limit = base + chunkSize
        beginning = base
    }

    deinit { chunks.forEach(release) }

    /// Uninitialised memory, aligned to 16 bytes.
    @inlinable @inline(__always)
    public func allocate(_ count: Int) -> UnsafeMutableRawPointer {
        let size = (count + 15) & ~15
        if limit - cursor < size { grow(size) }
        let result = cursor
        cursor = result + size
        return result
    }

    @usableFromInline
    func grow(_ size: Int) {
        while current + 1 < chunks.count {
            current += 1
            if chunks[current].size >= size {
                use(current)
                return
            }
        }
        let wanted = max(size, min(chunks[chunks.count - 1].size * 2, 8 * 1024 * 1024))
        chunks.append(makeChunk(wanted))
        reserved += wanted
        current = chunks.count - 1
        use(current)
    }

    private func makeChunk(_ size: Int) -> Chunk {
        if let overflow, reserved + size > overflow.threshold {
            switch overflow.allocate(size) {
            case .success(let base): return Chunk(base: base, size: size, isOverflow: true)
            case .failure(let error): overflowFailure = error
            }
        }
        let base = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 16)
        preferLargePages(base, size)
        return Chunk(base: base, size: size)
    }

    private func release(_ chunk: Chunk) {
        if chunk.isOverflow { overflow?.deallocate(chunk.base, chunk.size) } else { chunk.base.deallocate() }
    }

    private func use(_ index: Int) {
        cursor = chunks[index].base
        limit = chunks[index].base + chunks[index].size
    }

    /// Another number whenever everything was taken back: while it is the same, so is what lies at an address.
    @inlinable @inline(__always)
    public var generation: Int { resets }

    /// Takes everything back. Memory is kept for the next round, up to a few chunks.
    @inlinable @inline(__always)
    public func reset() {
        resets &+= 1
        if cursor != beginning { rewind() }
    }

    @usableFromInline
    func rewind() {
        while chunks.count > 4 {
            let chunk = chunks.removeLast()
            reserved -= chunk.size
            release(chunk)
        }
        overflowFailure = nil
        current = 0
        use(0)
    }

    /// How many bytes the arena holds from the system.
    public var reservedBytes: Int { reserved }

    // MARK: Copying and making values

    /// A copy of bytes.
    @inlinable
    public func copy(_ bytes: UnsafeRawBufferPointer) -> UnsafeRawPointer {
        let target = allocate(max(1, bytes.count))
        if let source = bytes.baseAddress { target.copyMemory(from: source, byteCount: bytes.count) }
        return UnsafeRawPointer(target)
    }

    /// The same value with its payload, if it has one, in this arena.
    @inlinable
    public func copy(_ value: ValueView) -> ValueView {
        switch value.type {
        case .double, .int32, .int64, .bool, .date, .timestamp, .null, .undefined, .minKey, .maxKey, .missing:
            return value
        default:
            if value.length == 0 { return value }
            return ValueView(type: value.type, pointer: copy(value.bytes), length: Int(value.length))
        }
    }

    /// A decimal value stored here.
    @inlinable @inline(__always)
    public func decimal(_ decimal: Decimal128) -> ValueView {
        let target = allocate(16)
        target.storeBytes(of: decimal.low.littleEndian, as: UInt64.self)
        target.storeBytes(of: decimal.high.littleEndian, toByteOffset: 8, as: UInt64.self)
        return ValueView(type: .decimal, pointer: UnsafeRawPointer(target), length: 16)
    }

    /// A string value with a copy of this text.
    public func string(_ text: String) -> ValueView {
        var text = text
        return text.withUTF8 { string(UnsafeRawBufferPointer($0)) }
    }

    /// A string value with a copy of these UTF-8 bytes.
    public func string(_ bytes: UnsafeRawBufferPointer) -> ValueView {
        ValueView(type: .string, pointer: copy(bytes), length: bytes.count)
    }

    /// An ObjectId stored here.
    public func objectId(_ id: ObjectId) -> ValueView {
        let target = allocate(12)
        id.withBytes { target.copyMemory(from: $0.baseAddress!, byteCount: 12) }
        return ValueView(type: .objectId, pointer: UnsafeRawPointer(target), length: 12)
    }

    /// A document built by the closure, which appends its elements.
    public func document(_ build: (BSONWriter) throws -> Void) rethrows -> ValueView { try compose(.document, build) }

    /// An array built by the closure, which appends its elements with `appendElement`.
    public func array(_ build: (BSONWriter) throws -> Void) rethrows -> ValueView { try compose(.array, build) }

    private func compose(_ type: BSONType, _ build: (BSONWriter) throws -> Void) rethrows -> ValueView {
        let writer = writers.popLast() ?? BSONWriter()
        defer { writers.append(writer) }
        writer.reset()
        try build(writer)
        let view = writer.finish()
        return ValueView(type: type, pointer: copy(view.bytes), length: view.length)
    }

    /// An owned value's bytes, copied here.
    public func value(_ value: BSONValue) -> ValueView { value.withValue { copy($0) } }
}
