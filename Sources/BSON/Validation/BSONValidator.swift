#if canImport(Glibc)
import Glibc
#endif

/// Checks bytes from outside before anything reads them as BSON.
///
/// After it has passed a document, `DocumentView` can read every part of it without looking at bounds. It never reads
/// outside the bytes it was given, whatever they are.
/// Source: BSON specification 1.1 (bsonspec.org).
struct BSONValidator {
    let start: UnsafeRawPointer

    /// Checks the document that begins here; `end` is as far as it may reach. Returns its length.
    func validateDocument(_ base: UnsafeRawPointer, _ end: UnsafeRawPointer, depth: Int) throws(AtelierError) -> Int {
        if depth > DocumentView.depthLimit {
            throw failure("documents are nested deeper than \(DocumentView.depthLimit) levels", at: base)
        }
        guard end - base >= 5 else {
            throw failure("a document takes at least 5 bytes, \(end - base) are left", at: base)
        }
        let length = int32(base)
        guard length >= 5 else { throw failure("a document's length is at least 5, not \(length)", at: base) }
        guard length <= end - base else {
            throw failure("the document's length is \(length), but \(end - base) bytes are left", at: base)
        }
        let terminator = base + length - 1
        guard byte(terminator) == 0 else { throw failure("the document does not end with a zero byte", at: terminator) }
        var position = base + 4
        while position < terminator {
            let type = byte(position)
            if type == 0 { throw failure("the document ends before its length says so", at: position) }
            let payload = try validateCString(position + 1, terminator, "a name")
            position = try validatePayload(type, at: position, payload, terminator, depth: depth)
        }
        return length
    }

    /// Checks the payload of an element; returns where it ends, at `end` or before.
    private func validatePayload(
        _ type: UInt8, at element: UnsafeRawPointer, _ payload: UnsafeRawPointer, _ end: UnsafeRawPointer, depth: Int
    ) throws(AtelierError) -> UnsafeRawPointer {
        switch BSONType(rawValue: type) {
        case .int32: return try skip(4, payload, end, "an int32")
        case .double, .int64, .date, .timestamp: return try skip(8, payload, end, "a number of 64 bits")
        case .decimal: return try skip(16, payload, end, "a decimal128")
        case .objectId: return try skip(12, payload, end, "an ObjectId")
        case .null, .undefined, .minKey, .maxKey: return payload
        case .bool:
            let next = try skip(1, payload, end, "a bool")
            if byte(payload) > 1 { throw failure("a bool is 0 or 1, not \(byte(payload))", at: payload) }
            return next
        case .string, .javascript, .symbol: return try validateString(payload, end)
        case .document, .array:
            let length = try validateDocument(payload, end, depth: depth + 1)
            return payload + length
        case .binary: return try validateBinary(payload, end)
        case .regex:
            let options = try validateCString(payload, end, "a regular expression's pattern")
            return try validateCString(options, end, "a regular expression's options")
        case .dbPointer: return try skip(12, try validateString(payload, end), end, "a DBPointer's ObjectId")
        case .javascriptWithScope: return try validateCodeWithScope(payload, end, depth: depth)
        case .missing, nil: throw failure("\(hexadecimal(type, digits: 2)) is no type of BSON", at: element)
        }
    }

    private func skip(_ count: Int, _ payload: UnsafeRawPointer, _ end: UnsafeRawPointer, _ what: String)
        throws(AtelierError)
        -> UnsafeRawPointer
    {
        guard end - payload >= count else {
            throw failure("\(what) takes \(count) bytes, \(end - payload) are left", at: payload)
        }
        return payload + count
    }

    /// A length, as many bytes of UTF-8, of which the last is a NUL.
    private func validateString(_ payload: UnsafeRawPointer, _ end: UnsafeRawPointer) throws(AtelierError)
        -> UnsafeRawPointer
    {
        let text = try skip(4, payload, end, "a string's length")
        let length = int32(payload)
        guard length >= 1 else { throw failure("a string's length is at least 1, not \(length)", at: payload) }
        guard length <= end - text else {
            throw failure("the string's length is \(length), but \(end - text) bytes are left", at: payload)
        }
        let terminator = text + length - 1
        guard byte(terminator) == 0 else { throw failure("the string does not end with a zero byte", at: terminator) }
        if let offset = firstInvalidUTF8(text, terminator) {
            throw failure("the string is not UTF-8", at: text + offset)
        }
        return terminator + 1
    }

    /// UTF-8 up to a NUL before `end`; returns what follows the NUL.
    @inline(__always)
    private func validateCString(_ text: UnsafeRawPointer, _ end: UnsafeRawPointer, _ what: String) throws(AtelierError)
        -> UnsafeRawPointer
    {
        guard let found = memchr(text, 0, end - text) else {
            throw failure("\(what) does not end with a zero byte", at: text)
        }
        let terminator = UnsafeRawPointer(found)
        if let offset = firstInvalidUTF8(text, terminator) { throw failure("\(what) is not UTF-8", at: text + offset) }
        return terminator + 1
    }

    private func validateBinary(_ payload: UnsafeRawPointer, _ end: UnsafeRawPointer) throws(AtelierError)
        -> UnsafeRawPointer
    {
        let data = try skip(5, payload, end, "a binary's length and subtype")
        let length = int32(payload)
        guard length >= 0 else { throw failure("a binary's length is not negative, as \(length) is", at: payload) }
        guard length <= end - data else {
            throw failure("the binary's length is \(length), but \(end - data) bytes are left", at: payload)
        }
        // Subtype 2 repeats the length, less the four bytes of the repetition.
        if byte(payload + 4) == 2 {
            guard length >= 4 else {
                throw failure("a binary of subtype 2 takes at least 4 bytes, not \(length)", at: payload)
            }
            guard int32(data) == length - 4 else {
                throw failure(
                    "the inner length of a binary of subtype 2 is \(length - 4), not \(int32(data))", at: data)
            }
        }
        return data + length
    }

    /// The whole's length, a string, a document that ends where the whole does.
    private func validateCodeWithScope(_ payload: UnsafeRawPointer, _ end: UnsafeRawPointer, depth: Int)
        throws(AtelierError)
        -> UnsafeRawPointer
    {
        let code = try skip(4, payload, end, "the length of JavaScript with scope")
        let length = int32(payload)
        guard length >= 14 else {
            throw failure("JavaScript with scope takes at least 14 bytes, not \(length)", at: payload)
        }
        guard length <= end - payload else {
            throw failure(
                "the length of JavaScript with scope is \(length), but \(end - payload) bytes are left", at: payload)
        }
        let last = payload + length
        let scope = try validateString(code, last)
        let scopeLength = try validateDocument(scope, last, depth: depth + 1)
        guard scope + scopeLength == last else {
            throw failure(
                "the scope ends \(last - scope - scopeLength) bytes before the JavaScript value does", at: scope)
        }
        return last
    }

    @inline(__always)
    private func byte(_ pointer: UnsafeRawPointer) -> UInt8 { pointer.load(as: UInt8.self) }

    @inline(__always)
    private func int32(_ pointer: UnsafeRawPointer) -> Int {
        Int(Int32(littleEndian: pointer.loadUnaligned(as: Int32.self)))
    }

    func failure(_ reason: String, at place: UnsafeRawPointer) -> AtelierError {
        AtelierError(.invalidBSON, "invalid BSON: \(reason)", at: "byte \(place - start)")
    }
}

extension DocumentView {
    /// The deepest nesting of documents that is accepted from outside: room for a stored document's 100 levels within a command.
    public static let depthLimit = 200

    /// A view of bytes that are one valid BSON document from the first to the last.
    ///
    /// Checks lengths, terminators, types, nesting and the UTF-8 of names and strings. O(bytes).
    /// - Throws: `AtelierError`, `.invalidBSON`, with the offset of the first wrong byte and the reason.
    public static func validate(untrusted bytes: UnsafeRawBufferPointer) throws(AtelierError) -> DocumentView {
        let view = try validate(prefixOf: bytes)
        guard view.length == bytes.count else {
            let reason = "the document ends, but \(bytes.count - view.length) bytes follow"
            throw BSONValidator(start: view.base).failure(reason, at: view.base + view.length)
        }
        return view
    }

    /// A view of the valid BSON document that some bytes begin with; what follows it is not looked at.
    /// - Throws: `AtelierError`, `.invalidBSON`, with the offset of the first wrong byte and the reason.
    public static func validate(prefixOf bytes: UnsafeRawBufferPointer) throws(AtelierError) -> DocumentView {
        guard let base = bytes.baseAddress else {
            throw AtelierError(
                .invalidBSON, "invalid BSON: a document takes at least 5 bytes, 0 are left", at: "byte 0")
        }
        let length = try BSONValidator(start: base).validateDocument(base, base + bytes.count, depth: 1)
        return DocumentView(base: base, length: length)
    }
}

extension Document {
    /// A document from bytes that may be anything.
    /// - Throws: `AtelierError`, `.invalidBSON`, with the offset of the first wrong byte and the reason.
    public init(validating bytes: [UInt8]) throws(AtelierError) {
        let checked = bytes.withUnsafeBytes { buffer in
            Result { () throws(AtelierError) in try DocumentView.validate(untrusted: buffer).length }
        }
        _ = try checked.get()
        self.init(unchecked: bytes)
    }
}
