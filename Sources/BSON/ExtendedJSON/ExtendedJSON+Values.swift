// Extended JSON of single documents and values; for many use `ExtendedJSONParser` and `ExtendedJSONWriter`.

extension Document {
    /// The document that this Extended JSON (either format) holds, with nothing but white space around it.
    /// - Throws: `AtelierError`, `.failedToParse`, with line and column.
    public init(json text: String) throws {
        var text = text
        self = try text.withUTF8 { try Document(json: UnsafeRawBufferPointer($0)) }
    }

    /// The document that these bytes of UTF-8 hold; see the form for strings.
    public init(json bytes: [UInt8]) throws { self = try bytes.withUnsafeBytes { try Document(json: $0) } }

    /// The document that these bytes of UTF-8 hold; see the form for strings.
    public init(json bytes: UnsafeRawBufferPointer) throws {
        var parser = ExtendedJSONParser(borrowing: bytes)
        guard let document = try parser.nextDocument() else { throw parser.unexpected("a document") }
        try parser.expectEnd()
        self = document
    }

    /// The documents of NDJSON, or of any documents with white space between them.
    /// - Throws: `AtelierError`, `.failedToParse`, with line and column.
    public static func documents(json bytes: UnsafeRawBufferPointer) throws -> [Document] {
        var parser = ExtendedJSONParser(borrowing: bytes)
        var documents: [Document] = []
        while let document = try parser.nextDocument() { documents.append(document) }
        return documents
    }

    /// The document as Extended JSON on one line.
    public func extendedJSON(_ mode: ExtendedJSONMode = .relaxed) -> String { withView { $0.extendedJSON(mode) } }
}

extension DocumentView {
    /// The document as Extended JSON on one line.
    public func extendedJSON(_ mode: ExtendedJSONMode = .relaxed) -> String {
        ValueView.document(self).extendedJSON(mode)
    }
}

extension ValueView {
    /// The value as Extended JSON on one line; null where it is missing.
    public func extendedJSON(_ mode: ExtendedJSONMode = .relaxed) -> String {
        var writer = ExtendedJSONWriter(mode)
        writer.append(self)
        return String(decoding: writer.bytes, as: UTF8.self)
    }
}

extension BSONValue {
    /// The value that this Extended JSON (either format) holds, with nothing but white space around it.
    /// - Throws: `AtelierError`, `.failedToParse`, with line and column.
    public init(json text: String) throws {
        var text = text
        self = try text.withUTF8 { bytes in
            var parser = ExtendedJSONParser(borrowing: UnsafeRawBufferPointer(bytes))
            guard let value = try parser.nextValue() else { throw parser.unexpected("a value") }
            try parser.expectEnd()
            return value
        }
    }

    /// The value as Extended JSON on one line.
    public func extendedJSON(_ mode: ExtendedJSONMode = .relaxed) -> String { withValue { $0.extendedJSON(mode) } }
}
