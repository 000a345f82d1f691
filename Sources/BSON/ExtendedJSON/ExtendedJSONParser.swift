/// Reads MongoDB Extended JSON v2, relaxed or canonical, straight into BSON bytes.
///
/// Strict JSON (RFC 8259) in UTF-8, one value after another in one buffer, as in NDJSON. Integers become int32 or int64,
/// whichever is the smallest that holds them; numbers past int64 or with a fraction or exponent become doubles. Objects
/// that are type wrappers become the values they stand for, and malformed wrappers are errors; other names that begin
/// with `$` are left alone, because queries are full of them. So are `{"$regex": …, "$options": …}`, `{"$type": …}` and,
/// as the specification has it, a `$` name of a document's top level. The older `{"$binary": "…", "$type": "…"}` is read too.
///
/// Errors are `AtelierError` with `.failedToParse`, saying the line, the column and what was expected.
/// Source: MongoDB specifications, "Extended JSON".
public struct ExtendedJSONParser: ~Copyable {
    let start: UnsafeRawPointer
    let end: UnsafeRawPointer
    var position: UnsafeRawPointer
    private let firstLine: Int
    /// The text of the string read last, if it had escapes.
    let scratch = TextBuffer()
    var lastStringHadEscapes = false
    /// How many type wrappers were read, and which was the value read last, if it was one.
    private var wrappers = 0
    private var lastWrapper: TypeWrapper?
    /// Where the value at hand began; nil when it was read whole.
    private var begun: UnsafeRawPointer?
    private let writer: BSONWriter
    /// The writer's, at hand without counting references to it.
    private let state: UnsafeMutablePointer<WriterState>

    /// Bytes up to the end of the last value that was read whole.
    public private(set) var offset = 0
    /// Whether the last error was that the bytes ended in the middle of a value: more bytes might mend it.
    public internal(set) var endedEarly = false

    /// The deepest nesting of objects and arrays that is read.
    public static let depthLimit = 200
    /// The largest BSON that one value may become: 1 GiB.
    static let sizeLimit = 1 << 30

    /// A parser for bytes that outlive it.
    /// - Parameter line: the number of the first line, for error messages.
    public init(borrowing bytes: UnsafeRawBufferPointer, line: Int = 1) {
        start = bytes.baseAddress ?? UnsafeRawPointer(bitPattern: 1)!
        end = start + bytes.count
        position = start
        firstLine = line
        writer = BSONWriter()
        state = writer.state
        // RFC 8259 lets a reader pass over a byte order mark.
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { position += 3 }
    }

    /// Reads the next document; nil where only white space is left.
    public mutating func nextDocument() throws(AtelierError) -> Document? {
        try readDocument() ? Document(copying: writer.finish()) : nil
    }

    /// Reads the next document and shows its bytes, which live until the next call; nil where only white space is left.
    public mutating func nextDocumentView() throws(AtelierError) -> DocumentView? {
        try readDocument() ? writer.finish() : nil
    }

    /// Reads the next value of any type; nil where only white space is left.
    public mutating func nextValue() throws(AtelierError) -> BSONValue? {
        guard begin() else { return nil }
        let slot = state.pointee.putUntypedHeader(UnsafeRawBufferPointer(start: nil, count: 0))
        try readValue(at: slot, depth: 0)
        finishValue()
        var cursor = writer.finish().elements()
        _ = cursor.next()
        return BSONValue(copying: cursor.value)
    }

    /// Goes to the next line: after an error to the one below the line where the faulty value began, else to the one
    /// below the line where the last value ended.
    public mutating func skipLine() {
        if let begun { position = begun }
        begun = nil
        while position < end {
            position += 1
            if position.load(fromByteOffset: -1, as: UInt8.self) == UInt8(ascii: "\n") { break }
        }
        offset = position - start
    }

    /// Throws where anything but white space is left.
    mutating func expectEnd() throws(AtelierError) {
        skipWhitespace()
        if position < end { throw unexpected("nothing more after the value") }
    }

    private mutating func readDocument() throws(AtelierError) -> Bool {
        guard begin() else { return false }
        guard peek() == UInt8(ascii: "{") else { throw unexpected("a document, which begins with {") }
        _ = try readMembers(depth: 1)
        finishValue()
        return true
    }

    private mutating func finishValue() {
        offset = position - start
        begun = nil
    }

    /// Whether there is something to read; goes there.
    private mutating func begin() -> Bool {
        writer.reset()
        endedEarly = false
        skipWhitespace()
        begun = position
        if position < end { return true }
        begun = nil
        offset = position - start
        return false
    }

    // MARK: Values

    private mutating func readValue(at slot: Int, depth: Int) throws(AtelierError) {
        let byte = peek()
        lastWrapper = nil
        switch byte {
        case UInt8(ascii: "\""):
            let text = try readString()
            state.pointee.put(payload: .string(borrowing: text), typeAt: slot)
        case UInt8(ascii: "{"): try readObject(at: slot, depth: depth + 1)
        case UInt8(ascii: "["): try readArray(at: slot, depth: depth + 1)
        case UInt8(ascii: "t") where take("true"): state.pointee.put(payload: .bool(true), typeAt: slot)
        case UInt8(ascii: "f") where take("false"): state.pointee.put(payload: .bool(false), typeAt: slot)
        case UInt8(ascii: "n") where take("null"): state.pointee.put(payload: .null, typeAt: slot)
        case UInt8(ascii: "-"), 48...57: state.pointee.put(payload: try readNumber(), typeAt: slot)
        default:
            let error = unexpected("a value")
            if isCutOff("true") || isCutOff("false") || isCutOff("null") { endedEarly = true }
            throw error
        }
        if state.pointee.count > ExtendedJSONParser.sizeLimit { throw tooLarge() }
    }

    private mutating func readArray(at slot: Int, depth: Int) throws(AtelierError) {
        if depth > ExtendedJSONParser.depthLimit { throw tooDeep() }
        position += 1
        state.pointee.setType(.array, at: slot)
        state.pointee.openDocument()
        skipWhitespace()
        if peek() != UInt8(ascii: "]") {
            while true {
                try readValue(at: state.pointee.putUntypedIndexHeader(), depth: depth)
                skipWhitespace()
                if peek() != UInt8(ascii: ",") { break }
                position += 1
                skipWhitespace()
            }
            if peek() != UInt8(ascii: "]") { throw unexpected("a comma or the array's ]") }
        }
        position += 1
        state.pointee.closeDocument()
        lastWrapper = nil
    }

    private mutating func readObject(at slot: Int, depth: Int) throws(AtelierError) {
        let opening = position
        let before = wrappers
        state.pointee.setType(.document, at: slot)
        let payload = state.pointee.count
        state.pointee.openDocument()
        let wrapper = try readMembers(depth: depth)
        state.pointee.closeDocument()
        guard let wrapper else {
            lastWrapper = nil
            return
        }
        let inner = wrappers - before
        guard let value = wrapper.value(of: state.pointee.closedDocument(at: payload), inner: inner, last: lastWrapper)
        else {
            var error = failure("malformed \(wrapper.name): \(wrapper.shape)", at: opening)
            error.advice = wrapper.advice
            throw error
        }
        value.withValue { state.pointee.replacePayload(from: payload, typeAt: slot, with: $0) }
        wrappers += 1
        lastWrapper = wrapper
    }

    /// Reads from the opening brace past the closing one into the document that is open; the wrapper that a name among
    /// the members belongs to, if any.
    private mutating func readMembers(depth: Int) throws(AtelierError) -> TypeWrapper? {
        if depth > ExtendedJSONParser.depthLimit { throw tooDeep() }
        var wrapper: TypeWrapper?
        position += 1
        skipWhitespace()
        if peek() == UInt8(ascii: "}") {
            position += 1
            return nil
        }
        while true {
            guard peek() == UInt8(ascii: "\"") else {
                throw unexpected(
                    wrapper == nil ? "a name in double quotes or the object's }" : "a name in double quotes")
            }
            let nameStart = position
            let name = try readString()
            if let first = name.first {
                if first == UInt8(ascii: "$"), let found = TypeWrapper(key: name) { wrapper = wrapper ?? found }
                if hasZero(name) { throw failure("a name must not contain U+0000", at: nameStart) }
            }
            let slot = state.pointee.putUntypedHeader(name)
            skipWhitespace()
            guard peek() == UInt8(ascii: ":") else { throw unexpected("a colon after the name") }
            position += 1
            skipWhitespace()
            try readValue(at: slot, depth: depth)
            skipWhitespace()
            if peek() == UInt8(ascii: ",") {
                position += 1
                skipWhitespace()
            } else if peek() == UInt8(ascii: "}") {
                position += 1
                return wrapper
            } else {
                throw unexpected("a comma or the object's }")
            }
        }
    }

    /// Only an escape can put a NUL into a name, and then the text is in `scratch`.
    private func hasZero(_ name: UnsafeRawBufferPointer) -> Bool { lastStringHadEscapes && name.contains(0) }

    // MARK: Bytes

    /// The byte at hand; 0, which JSON never has outside strings, at the end.
    @inline(__always)
    func peek() -> UInt8 { position < end ? position.load(as: UInt8.self) : 0 }

    @inline(__always)
    mutating func skipWhitespace() {
        while position < end {
            let byte = position.load(as: UInt8.self)
            guard byte <= 0x20, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else { return }
            position += 1
        }
    }

    private mutating func take(_ word: StaticString) -> Bool {
        let count = word.utf8CodeUnitCount
        guard end - position >= count, begins(word, count) else { return false }
        position += count
        return true
    }

    /// Whether the bytes end in the middle of a word.
    private func isCutOff(_ word: StaticString) -> Bool {
        end - position < word.utf8CodeUnitCount && begins(word, end - position)
    }

    private func begins(_ word: StaticString, _ count: Int) -> Bool {
        for i in 0..<count where position.load(fromByteOffset: i, as: UInt8.self) != word.utf8Start[i] { return false }
        return true
    }

    // MARK: Errors

    /// What was expected and what stands there instead.
    mutating func unexpected(_ expected: String) -> AtelierError {
        if position >= end {
            endedEarly = true
            return failure("expected \(expected), but the text ends", at: position)
        }
        let length = max(1, utf8SequenceLength(position, end))
        let found = String(decoding: UnsafeRawBufferPointer(start: position, count: length), as: UTF8.self)
        return failure("expected \(expected), found '\(found)'", at: position)
    }

    private func tooDeep() -> AtelierError {
        failure("nested deeper than \(ExtendedJSONParser.depthLimit) levels", at: position)
    }

    private func tooLarge() -> AtelierError { failure("one value takes more than 1 GiB as BSON", at: position) }

    func failure(_ message: String, at place: UnsafeRawPointer) -> AtelierError {
        var (line, column) = (firstLine, 1)
        var here = start
        while here < place {
            let byte = here.load(as: UInt8.self)
            if byte == UInt8(ascii: "\n") {
                line += 1
                column = 1
            } else if byte & 0xC0 != 0x80 {
                column += 1
            }
            here += 1
        }
        return AtelierError(.failedToParse, message, at: "line \(line), column \(column)")
    }
}
