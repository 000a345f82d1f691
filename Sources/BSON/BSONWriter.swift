/// Builds one BSON document in a growing buffer: append elements in order, open and close nested ones, finish.
///
/// Reusable (`reset()`), not thread-safe. The bytes that `finish()` shows live until the next change.
public final class BSONWriter {
    // Exclusivity is not checked at run time: no method hands out access to these while another runs.
    @exclusivity(unchecked) private var buffer: UnsafeMutableRawPointer
    @exclusivity(unchecked) private var capacity: Int
    @exclusivity(unchecked) public private(set) var count: Int
    /// Where each open document starts, and its next array index.
    @exclusivity(unchecked) private var open: [(start: Int, index: Int)] = []

    public init(capacity: Int = 256) {
        self.capacity = max(16, capacity)
        buffer = .allocate(byteCount: self.capacity, alignment: 16)
        count = 0
        reset()
    }

    deinit { buffer.deallocate() }

    /// Forgets what was written and starts a new document.
    public func reset() {
        open.removeAll(keepingCapacity: true)
        count = 4
        open.append((0, 0))
    }

    /// Closes the document and shows its bytes.
    public func finish() -> DocumentView {
        precondition(open.count == 1, "a nested document is still open")
        close()
        return DocumentView(base: UnsafeRawPointer(buffer), length: count)
    }

    /// Closes the document and copies it out.
    public func finishDocument() -> Document { Document(copying: finish()) }

    // MARK: Elements

    /// Appends a value under a name; a missing value appends nothing.
    public func append(_ key: String, _ value: ValueView) {
        var key = key
        key.withUTF8 { append(UnsafeRawBufferPointer($0), value) }
    }

    public func append(_ key: UnsafeRawBufferPointer, _ value: ValueView) {
        if value.type == .missing { return }
        appendHeader(value.type, key)
        appendPayload(value)
    }

    @inlinable
    public func append(_ key: FieldName, _ value: ValueView) { append(key.bytes, value) }

    public func append(_ key: String, _ value: BSONValue) {
        value.withValue { append(key, $0) }
    }

    /// Appends an element as it stands in another document.
    public func append(element: UnsafeRawBufferPointer) { appendBytes(element) }

    /// Appends a value under the next array index; null where the value is missing.
    public func appendElement(_ value: ValueView) {
        let value = value.type == .missing ? ValueView.null : value
        appendIndexHeader(value.type)
        appendPayload(value)
    }

    public func appendElement(_ value: BSONValue) {
        value.withValue { appendElement($0) }
    }

    // MARK: Nested documents

    public func beginDocument(_ key: String) { begin(.document, key) }
    public func beginArray(_ key: String) { begin(.array, key) }
    public func begin(_ type: BSONType, _ key: UnsafeRawBufferPointer) {
        appendHeader(type, key)
        openHere()
    }
    private func begin(_ type: BSONType, _ key: String) {
        var key = key
        key.withUTF8 { begin(type, UnsafeRawBufferPointer($0)) }
    }
    /// Opens a document or array as the next element of the open array.
    public func beginElement(_ type: BSONType) {
        appendIndexHeader(type)
        openHere()
    }
    /// Closes the innermost open document or array.
    public func end() {
        precondition(open.count > 1, "nothing is open")
        close()
    }

    public func document(_ key: String, _ build: (BSONWriter) throws -> Void) rethrows {
        beginDocument(key)
        try build(self)
        end()
    }

    public func array(_ key: String, _ build: (BSONWriter) throws -> Void) rethrows {
        beginArray(key)
        try build(self)
        end()
    }

    // MARK: Undoing

    /// Where the writer stands, to come back to with `rewind(to:)`.
    public var mark: Int { count }

    /// Takes back everything appended to the innermost open document since `mark`.
    public func rewind(to mark: Int) { count = mark }

    // MARK: Patching, for the Extended JSON parser, which learns a value's type after its name

    /// Starts an element whose type is not known yet; returns where `setType` puts it.
    func appendUntyped(_ key: UnsafeRawBufferPointer) -> Int {
        let slot = count
        appendHeader(.missing, key)
        return slot
    }

    /// Starts the next element of the open array, its type not known yet; returns where `setType` puts it.
    func appendUntypedElement() -> Int {
        let slot = count
        appendIndexHeader(.missing)
        return slot
    }

    func setType(_ type: BSONType, at slot: Int) { buffer.storeBytes(of: type.rawValue, toByteOffset: slot, as: UInt8.self) }

    /// Opens a nested document as the payload of the element begun last; returns where it starts.
    func openPayload() -> Int {
        openHere()
        return count - 4
    }

    /// The closed nested document that starts here. Its bytes live until the next change.
    func closedDocument(at start: Int) -> DocumentView { DocumentView(unchecked: UnsafeRawPointer(buffer) + start) }

    /// Puts a value where the last element's payload was. The value's bytes must not lie in this writer.
    func replacePayload(from start: Int, typeAt slot: Int, with value: ValueView) {
        count = start
        setType(value.type, at: slot)
        appendPayload(value)
    }

    /// Appends the payload of the element begun last.
    func append(payload value: ValueView, typeAt slot: Int) {
        setType(value.type, at: slot)
        appendPayload(value)
    }

    // MARK: Bytes

    private func openHere() {
        open.append((count, 0))
        reserve(4)
        count += 4
    }

    private func close() {
        reserve(1)
        buffer.storeBytes(of: 0, toByteOffset: count, as: UInt8.self)
        count += 1
        let start = open.removeLast().start
        buffer.storeBytes(of: Int32(count - start).littleEndian, toByteOffset: start, as: Int32.self)
    }

    private func appendHeader(_ type: BSONType, _ key: UnsafeRawBufferPointer) {
        reserve(key.count + 2)
        buffer.storeBytes(of: type.rawValue, toByteOffset: count, as: UInt8.self)
        if let base = key.baseAddress { (buffer + count + 1).copyMemory(from: base, byteCount: key.count) }
        buffer.storeBytes(of: 0, toByteOffset: count + 1 + key.count, as: UInt8.self)
        count += key.count + 2
    }

    private func appendIndexHeader(_ type: BSONType) {
        let index = open[open.count - 1].index
        open[open.count - 1].index = index + 1
        reserve(24)
        buffer.storeBytes(of: type.rawValue, toByteOffset: count, as: UInt8.self)
        count += 1
        var divisor = 1
        while index / divisor >= 10 { divisor *= 10 }
        while divisor > 0 {
            buffer.storeBytes(of: UInt8(48 + index / divisor % 10), toByteOffset: count, as: UInt8.self)
            count += 1
            divisor /= 10
        }
        buffer.storeBytes(of: 0, toByteOffset: count, as: UInt8.self)
        count += 1
    }

    private func appendPayload(_ value: ValueView) {
        switch value.type {
        case .int32: append(value.asInt32.littleEndian)
        case .double, .int64, .date, .timestamp: append(value.bits.littleEndian)
        case .bool: append(UInt8(value.asBool ? 1 : 0))
        case .string, .javascript, .symbol:
            append(Int32(value.length + 1).littleEndian)
            appendBytes(value.bytes)
            append(UInt8(0))
        case .null, .undefined, .minKey, .maxKey, .missing: break
        default: appendBytes(value.bytes)
        }
    }

    private func append<T: FixedWidthInteger>(_ number: T) {
        reserve(MemoryLayout<T>.size)
        buffer.storeBytes(of: number, toByteOffset: count, as: T.self)
        count += MemoryLayout<T>.size
    }

    private func appendBytes(_ bytes: UnsafeRawBufferPointer) {
        guard let base = bytes.baseAddress else { return }
        reserve(bytes.count)
        (buffer + count).copyMemory(from: base, byteCount: bytes.count)
        count += bytes.count
    }

    private func reserve(_ more: Int) {
        if count + more <= capacity { return }
        let larger = max(capacity * 2, count + more)
        let moved = UnsafeMutableRawPointer.allocate(byteCount: larger, alignment: 16)
        moved.copyMemory(from: buffer, byteCount: count)
        buffer.deallocate()
        buffer = moved
        capacity = larger
    }
}
