/// Builds one BSON document in a growing buffer: append elements in order, open and close nested ones, finish.
///
/// Reusable (`reset()`), not thread-safe. The bytes that `finish()` shows live until the next change. Names must not
/// contain a zero byte. Every append takes time in proportion to the bytes it adds.
public final class BSONWriter {
    /// Owned; lives as long as the writer.
    let state: UnsafeMutablePointer<WriterState>

    /// - Parameter capacity: the bytes to make room for at first.
    public init(capacity: Int = 256) {
        state = .allocate(capacity: 1)
        state.initialize(to: WriterState(capacity: max(16, capacity)))
    }

    deinit {
        state.pointee.deallocate()
        state.deallocate()
    }

    /// The bytes written so far.
    public var count: Int { state.pointee.count }

    /// Forgets what was written and starts a new document.
    public func reset() { state.pointee.reset() }

    /// Closes the document and shows its bytes.
    public func finish() -> DocumentView {
        precondition(state.pointee.depth == 1, "a nested document is still open")
        state.pointee.closeDocument()
        return DocumentView(base: UnsafeRawPointer(state.pointee.buffer), length: count)
    }

    /// Closes the document and copies it out.
    public func finishDocument() -> Document { Document(copying: finish()) }

    // MARK: Elements

    /// Appends a value under a name; a missing value appends nothing.
    public func append(_ key: String, _ value: ValueView) {
        var key = key
        key.withUTF8 { append(UnsafeRawBufferPointer($0), value) }
    }

    /// Appends a value under a name; a missing value appends nothing.
    public func append(_ key: UnsafeRawBufferPointer, _ value: ValueView) {
        if value.type == .missing { return }
        state.pointee.putHeader(value.type.rawValue, key, payload: WriterState.payloadBound(value))
        state.pointee.putPayload(value)
    }

    /// Appends a value under a name; a missing value appends nothing.
    public func append(_ key: FieldName, _ value: ValueView) { append(key.bytes, value) }

    /// Appends a value under a name.
    public func append(_ key: String, _ value: BSONValue) {
        value.withValue { append(key, $0) }
    }

    /// Appends an element as it stands in another document.
    public func append(element: UnsafeRawBufferPointer) {
        state.pointee.reserve(element.count)
        state.pointee.putBytes(element)
    }

    /// Appends a value under the next array index; null where the value is missing.
    public func appendElement(_ value: ValueView) {
        let value = value.type == .missing ? ValueView.null : value
        state.pointee.putIndexHeader(value.type.rawValue, payload: WriterState.payloadBound(value))
        state.pointee.putPayload(value)
    }

    /// Appends a value under the next array index.
    public func appendElement(_ value: BSONValue) {
        value.withValue { appendElement($0) }
    }

    // MARK: Nested documents

    /// Opens a document under a name; `end()` closes it.
    public func beginDocument(_ key: String) { begin(.document, key) }

    /// Opens an array under a name; `end()` closes it.
    public func beginArray(_ key: String) { begin(.array, key) }

    /// Opens a document or array under a name; `end()` closes it.
    public func begin(_ type: BSONType, _ key: UnsafeRawBufferPointer) {
        state.pointee.putHeader(type.rawValue, key, payload: 4)
        state.pointee.openDocument()
    }

    private func begin(_ type: BSONType, _ key: String) {
        var key = key
        key.withUTF8 { begin(type, UnsafeRawBufferPointer($0)) }
    }

    /// Opens a document or array as the next element of the open array; `end()` closes it.
    public func beginElement(_ type: BSONType) {
        state.pointee.putIndexHeader(type.rawValue, payload: 4)
        state.pointee.openDocument()
    }

    /// Closes the innermost open document or array.
    public func end() {
        precondition(state.pointee.depth > 1, "nothing is open")
        state.pointee.closeDocument()
    }

    /// Appends a document whose elements the closure appends.
    public func document(_ key: String, _ build: (BSONWriter) throws -> Void) rethrows {
        beginDocument(key)
        try build(self)
        end()
    }

    /// Appends an array whose elements the closure appends with `appendElement`.
    public func array(_ key: String, _ build: (BSONWriter) throws -> Void) rethrows {
        beginArray(key)
        try build(self)
        end()
    }

    // MARK: Undoing

    /// Where the writer stands, to come back to with `rewind(to:)`.
    public var mark: Int { count }

    /// Takes back everything appended to the innermost open document since `mark`.
    ///
    /// For documents; the names of an array's elements would go on counting.
    public func rewind(to mark: Int) { state.pointee.count = mark }
}
