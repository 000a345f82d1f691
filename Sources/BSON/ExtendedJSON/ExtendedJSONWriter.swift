/// Which of Extended JSON's two formats is written.
public enum ExtendedJSONMode: Sendable {
    /// Plain JSON numbers and ISO 8601 dates: for people and web services. Types of numbers may be lost.
    case relaxed
    /// Every type spelt out: what is read back is what was written, bit for bit (but a NaN's payload).
    case canonical
}

/// Writes BSON as MongoDB Extended JSON v2: UTF-8 bytes, appended to a buffer.
///
/// Fit for printing result sets: append documents, hand `bytes` on, `removeAll()`, go on. Every document stands on one
/// line unless an indentation is asked for.
/// Source: MongoDB specifications, "Extended JSON".
public struct ExtendedJSONWriter: Sendable {
    /// What was written so far.
    public var bytes: [UInt8] = []
    /// Which format is written.
    public let mode: ExtendedJSONMode
    /// Blanks per level of nesting; 0 writes everything on one line without blanks.
    public let indentation: Int

    /// A writer with an empty buffer.
    public init(_ mode: ExtendedJSONMode = .relaxed, indentation: Int = 0) {
        self.mode = mode
        self.indentation = max(0, indentation)
    }

    /// Forgets what was written and keeps the memory.
    public mutating func removeAll() { bytes.removeAll(keepingCapacity: true) }

    /// Appends a line feed, as NDJSON has after each document.
    public mutating func appendNewline() { bytes.append(UInt8(ascii: "\n")) }

    /// Appends a document. O(bytes).
    public mutating func append(_ document: DocumentView) { append(.document(document)) }

    /// Appends a document. O(bytes).
    public mutating func append(_ document: Document) { document.withView { append(.document($0)) } }

    /// Appends a value. O(bytes).
    public mutating func append(_ value: BSONValue) { value.withValue { append($0) } }

    /// Appends the elements of an array; their names are not looked at.
    public mutating func append(array: DocumentView) { append(.array(array)) }

    /// Appends a value; a missing one is written as null. O(bytes).
    public mutating func append(_ value: ValueView) {
        // The text is put together in memory of its own and copied at the end: an array checks itself at every byte.
        var text = JSONText(mode, indentation: indentation, capacity: 128 + 2 * Int(value.length))
        text.put(value)
        bytes.append(contentsOf: text.bytes)
    }
}
