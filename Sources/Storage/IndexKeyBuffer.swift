import BSON
import Glibc

/// Builds order-preserving keys: comparing two keys byte by byte gives the order of the values they were made from.
///
/// The order is `ValueView.compare`, with missing values standing as null; values that it calls equal have the same
/// bytes. The bytes of a value never begin those of another value, so that the keys of compound indexes are their
/// fields' bytes one after the other. A descending field has all its bytes inverted.
///
/// | value | bytes |
/// |---|---|
/// | any | type byte (`typeByte(of:)`), then |
/// | number | 9 bytes, and the decimal digits where a double cannot hold it: see `appendNumber` |
/// | string, symbol, javascript | UTF-8 with 0x00 → 01 01 and 0x01 → 01 02, then 0x00 |
/// | document | per element: type byte, name as a string, value; then 0x00 |
/// | array | per element: type byte, value; then 0x00 |
/// | binary, dbPointer | length (4 bytes), then the payload as it is compared |
/// | objectId | its 12 bytes |
/// | bool | 0 or 1 |
/// | date, timestamp | 8 bytes, big-endian, the date with its sign flipped |
/// | regex | pattern and options as strings |
/// | javascriptWithScope | code as a string, scope as a document |
///
/// Not thread-safe. Keys are cut at `limit` bytes; `isTruncated` then says so, and the order among keys that share
/// those bytes is lost.
public final class IndexKeyBuffer {
    /// Bytes an index keeps of a key: LMDB's 511 less the record id.
    public static let maximumLength = 503

    // Exclusivity is not checked at run time: no method hands out access to these while another runs.

    /// The bytes; those of the current key begin at `start`.
    @exclusivity(unchecked) private(set) var base: UnsafeMutablePointer<UInt8>
    @exclusivity(unchecked) private var capacity: Int
    /// How many bytes are in use.
    @exclusivity(unchecked) private(set) var end = 0
    /// Where the current key begins.
    @exclusivity(unchecked) private(set) var start = 0
    private let limit: Int
    /// `end` may not pass this.
    @exclusivity(unchecked) private var barrier: Int
    /// Whether the current key was cut.
    @exclusivity(unchecked) public private(set) var isTruncated = false

    public init(limit: Int = IndexKeyBuffer.maximumLength) {
        self.limit = limit
        capacity = 1024
        base = .allocate(capacity: capacity)
        barrier = limit
    }

    deinit { base.deallocate() }

    // MARK: Keys

    /// Forgets everything.
    public func reset() {
        end = 0
        beginKey()
    }

    /// Begins a key behind the bytes there are.
    func beginKey() {
        start = end
        barrier = limit > Int.max - end ? Int.max : end + limit
        isTruncated = false
    }

    /// Takes the current key back.
    func discardKey() {
        end = start
        isTruncated = false
    }

    /// The current key's length.
    public var count: Int { end - start }

    /// The current key; valid until the buffer changes.
    public var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base + start, count: end - start) }

    /// A copy of the current key.
    public var array: [UInt8] { Array(bytes) }

    // MARK: Values

    /// Appends a value; a missing one as null.
    public func append(_ value: ValueView, descending: Bool = false) {
        let from = end
        appendValue(value)
        if descending { invert(from: from) }
    }

    /// Appends the byte that all values of this type's rank begin with: alone, a lower bound of them all, and after
    /// `makeSuccessor()` an upper bound.
    public func appendType(_ type: BSONType, descending: Bool = false) {
        push(IndexKeyBuffer.typeByte(of: type) ^ (descending ? 0xFF : 0))
    }

    /// Appends a string's bytes without their end: the beginning of the keys of all strings that begin with it.
    public func appendStringPrefix(_ text: UnsafeRawBufferPointer, descending: Bool = false) {
        let from = end
        push(IndexKeyBuffer.typeByte(of: .string))
        pushEscaped(text)
        if descending { invert(from: from) }
    }

    /// Appends bytes as they are: keys made by others, such as hashes and cell ids. A source that uses it must itself
    /// see to it that no value's bytes begin another's.
    public func appendRaw(_ bytes: UnsafeRawBufferPointer) { pushAll(bytes) }

    /// Turns the current key into the smallest one that is greater than every key beginning with it. False where there
    /// is none; the key is then unchanged.
    @discardableResult
    public func makeSuccessor() -> Bool {
        var position = end
        while position > start, base[position - 1] == 0xFF { position -= 1 }
        if position == start { return false }
        base[position - 1] += 1
        end = position
        isTruncated = false
        return true
    }

    /// The first byte of every value of this type's rank. Ranks follow each other as `ValueView.compare` has them.
    public static func typeByte(of type: BSONType) -> UInt8 {
        UInt8((type == .missing ? BSONType.null : type).canonicalRank + 2)
    }

    private func appendValue(_ value: ValueView) {
        switch value.type {
        case .int32:
            appendInteger(Int64(value.asInt32))
        case .int64:
            appendInteger(value.asInt64)
        case .double:
            appendDouble(value.asDouble)
        default:
            push(IndexKeyBuffer.typeByte(of: value.type))
            appendPayload(value)
        }
    }

    /// A value without its type byte.
    func appendPayload(_ value: ValueView) {
        switch value.type {
        case .missing, .null, .undefined, .minKey, .maxKey: break
        case .int32: appendIntegerPayload(Int64(value.asInt32))
        case .int64: appendIntegerPayload(value.asInt64)
        case .double: appendDoublePayload(value.asDouble)
        case .decimal: appendDecimalPayload(value.asDecimal)
        case .string, .symbol, .javascript: pushString(value.bytes)
        case .document: appendElements(value.asDocument, names: true)
        case .array: appendElements(value.asDocument, names: false)
        case .objectId: pushAll(value.bytes)
        case .bool: push(value.asBool ? 1 : 0)
        case .date: pushWord(UInt64(bitPattern: value.asDate) ^ 1 << 63)
        case .timestamp: pushWord(value.bits)
        case .binary:
            let (subtype, data) = value.asBinary
            pushLength(data.count)
            push(subtype)
            pushAll(data)
        case .dbPointer:
            pushLength(value.bytes.count)
            pushAll(value.bytes)
        case .regex:
            let pattern = value.bytes
            let end = pattern.firstIndex(of: 0) ?? pattern.count
            pushString(UnsafeRawBufferPointer(rebasing: pattern[..<end]))
            pushString(UnsafeRawBufferPointer(rebasing: pattern[min(end + 1, pattern.count)...].dropLast()))
        case .javascriptWithScope:
            let length = Int(UInt32(littleEndian: value.pointer.loadUnaligned(fromByteOffset: 4, as: UInt32.self)))
            pushString(UnsafeRawBufferPointer(start: value.pointer + 8, count: length - 1))
            appendElements(DocumentView(unchecked: value.pointer + 8 + length), names: true)
        }
    }

    private func appendElements(_ view: DocumentView, names: Bool) {
        var cursor = view.elements()
        while cursor.next() {
            if isTruncated { return }
            push(IndexKeyBuffer.typeByte(of: cursor.type))
            if names { pushString(cursor.key) }
            appendPayload(cursor.value)
        }
        push(0)
    }

    // MARK: Bytes

    func invert(from position: Int) {
        var i = position
        while i < end {
            base[i] = ~base[i]
            i += 1
        }
    }

    @inline(__always)
    func push(_ byte: UInt8) {
        guard end < barrier else {
            isTruncated = true
            return
        }
        if end == capacity { grow(1) }
        base[end] = byte
        end += 1
    }

    @inline(__always)
    func pushWord(_ word: UInt64) {
        if barrier - end >= 8 {
            if capacity - end < 8 { grow(8) }
            UnsafeMutableRawPointer(base + end).storeBytes(of: word.bigEndian, as: UInt64.self)
            end += 8
        } else {
            withUnsafeBytes(of: word.bigEndian) { pushAll($0) }
        }
    }

    private func pushLength(_ length: Int) {
        withUnsafeBytes(of: UInt32(truncatingIfNeeded: length).bigEndian) { pushAll($0) }
    }

    func pushAll(_ bytes: UnsafeRawBufferPointer) {
        guard let source = bytes.baseAddress else { return }
        let room = barrier - end
        let count = min(bytes.count, room)
        if count < bytes.count { isTruncated = true }
        if capacity - end < count { grow(count) }
        UnsafeMutableRawPointer(base + end).copyMemory(from: source, byteCount: count)
        end += count
    }

    private func pushString(_ text: UnsafeRawBufferPointer) {
        pushEscaped(text)
        push(0)
    }

    private func pushEscaped(_ text: UnsafeRawBufferPointer) {
        let room = min(text.count, barrier - end)
        if capacity - end < room { grow(room) }
        var i = 0
        // Most strings hold neither byte; those that do leave this loop for the careful one.
        while i < room, text[i] > 1 {
            base[end + i] = text[i]
            i += 1
        }
        end += i
        while i < text.count {
            if text[i] > 1 {
                push(text[i])
            } else {
                push(1)
                push(text[i] + 1)
            }
            if isTruncated { return }
            i += 1
        }
    }

    private func grow(_ more: Int) {
        capacity = max(capacity * 2, end + more)
        let larger = UnsafeMutablePointer<UInt8>.allocate(capacity: capacity)
        larger.update(from: base, count: end)
        base.deallocate()
        base = larger
    }
}
