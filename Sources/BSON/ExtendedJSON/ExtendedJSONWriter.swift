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
    public let mode: ExtendedJSONMode
    /// Blanks per level of nesting; 0 writes everything on one line without blanks.
    public let indentation: Int
    private var depth = 0

    public init(_ mode: ExtendedJSONMode = .relaxed, indentation: Int = 0) {
        self.mode = mode
        self.indentation = max(0, indentation)
    }

    /// Forgets what was written and keeps the memory.
    public mutating func removeAll() { bytes.removeAll(keepingCapacity: true) }

    /// Appends a line feed, as NDJSON has after each document.
    public mutating func appendNewline() { put("\n") }

    /// Appends a document. O(bytes).
    public mutating func append(_ document: DocumentView) {
        put("{")
        depth += 1
        var cursor = document.elements()
        var isFirst = true
        while cursor.next() {
            separate(&isFirst)
            appendQuoted(cursor.key)
            put(":")
            if indentation > 0 { put(" ") }
            append(cursor.value)
        }
        depth -= 1
        if indentation > 0 && !isFirst { breakLine() }
        put("}")
    }

    public mutating func append(_ document: Document) { document.withView { append($0) } }

    public mutating func append(_ value: BSONValue) { value.withValue { append($0) } }

    /// Appends the elements of an array; their names are not looked at.
    public mutating func append(array: DocumentView) {
        put("[")
        depth += 1
        var cursor = array.elements()
        var isFirst = true
        while cursor.next() {
            separate(&isFirst)
            append(cursor.value)
        }
        depth -= 1
        if indentation > 0 && !isFirst { breakLine() }
        put("]")
    }

    private mutating func separate(_ isFirst: inout Bool) {
        if !isFirst { put(",") }
        isFirst = false
        if indentation > 0 { breakLine() }
    }

    private mutating func breakLine() {
        put("\n")
        for _ in 0..<depth * indentation { put(" ") }
    }

    /// Appends a value; a missing one is written as null.
    public mutating func append(_ value: ValueView) {
        switch value.type {
        case .string: appendQuoted(value.bytes)
        case .int32: append(integer: value.asInt64, "$numberInt")
        case .int64: append(integer: value.asInt64, "$numberLong")
        case .double: append(double: value.asDouble)
        case .decimal:
            open("$numberDecimal")
            put("\"")
            value.asDecimal.appendText(to: &bytes)
            put("\"")
            close()
        case .document: append(value.asDocument)
        case .array: append(array: value.asDocument)
        case .bool: put(value.asBool ? "true" : "false")
        case .null, .missing: put("null")
        case .date: append(date: value.asDate)
        case .objectId: append(objectId: value.bytes)
        case .binary: append(binary: value)
        case .regex:
            let (pattern, options) = value.regexBytes
            open("$regularExpression")
            put("{")
            appendName("pattern")
            appendQuoted(pattern)
            put(",")
            appendName("options")
            // BSON has options in alphabetical order; not every writer of BSON minds.
            options.sorted().withUnsafeBytes { appendQuoted($0) }
            put("}")
            close()
        case .timestamp:
            open("$timestamp")
            put("{")
            appendName("t")
            appendInteger(Int64(value.bits >> 32))
            put(",")
            appendName("i")
            appendInteger(Int64(value.bits & 0xFFFF_FFFF))
            put("}")
            close()
        case .javascript:
            open("$code")
            appendQuoted(value.bytes)
            close()
        case .javascriptWithScope:
            let (code, scope) = value.codeAndScope
            open("$code")
            appendQuoted(code)
            put(",")
            appendName("$scope")
            append(scope)
            close()
        case .symbol:
            open("$symbol")
            appendQuoted(value.bytes)
            close()
        case .dbPointer:
            let (namespace, id) = value.dbPointerBytes
            open("$dbPointer")
            put("{")
            appendName("$ref")
            appendQuoted(namespace)
            put(",")
            appendName("$id")
            append(objectId: id)
            put("}")
            close()
        case .undefined:
            open("$undefined")
            put("true")
            close()
        case .minKey, .maxKey:
            open(value.type == .minKey ? "$minKey" : "$maxKey")
            put("1")
            close()
        }
    }
}

// MARK: - Type wrappers

extension ExtendedJSONWriter {
    /// `{"$name":`. Wrappers stay on one line whatever the indentation.
    private mutating func open(_ name: StaticString) {
        put("{")
        appendName(name)
    }

    private mutating func close() { put("}") }

    /// `"name":`.
    private mutating func appendName(_ name: StaticString) {
        put("\"")
        put(name)
        put("\":")
        if indentation > 0 { put(" ") }
    }

    private mutating func append(integer: Int64, _ name: StaticString) {
        if mode == .relaxed { return appendInteger(integer) }
        open(name)
        put("\"")
        appendInteger(integer)
        put("\"")
        close()
    }

    private mutating func append(double: Double) {
        if mode == .relaxed && double.isFinite { return appendShortest(double) }
        open("$numberDouble")
        put("\"")
        if double.isFinite {
            appendShortest(double)
        } else {
            put(double.isNaN ? "NaN" : double < 0 ? "-Infinity" : "Infinity")
        }
        put("\"")
        close()
    }

    /// Years 1970 to 9999 are ISO 8601 in the relaxed format; all others, and the canonical format, count milliseconds.
    private mutating func append(date milliseconds: Int64) {
        open("$date")
        if mode == .relaxed && 0...253_402_300_799_999 ~= milliseconds {
            put("\"")
            UTCDate(milliseconds: milliseconds).appendISO8601(to: &bytes, milliseconds: .whenNotZero)
            put("\"")
        } else {
            open("$numberLong")
            put("\"")
            appendInteger(milliseconds)
            put("\"")
            close()
        }
        close()
    }

    private mutating func append(objectId: UnsafeRawBufferPointer) {
        open("$oid")
        put("\"")
        for byte in objectId { appendHexadecimal(byte) }
        put("\"")
        close()
    }

    private mutating func append(binary value: ValueView) {
        var (subtype, data) = value.asBinary
        // Subtype 2 repeats the length in front of the data; the text has the data alone.
        if subtype == 2 && data.count >= 4 { data = UnsafeRawBufferPointer(rebasing: data[4...]) }
        open("$binary")
        put("{")
        appendName("base64")
        put("\"")
        Base64.encode(data, to: &bytes)
        put("\",")
        appendName("subType")
        put("\"")
        appendHexadecimal(subtype)
        put("\"}")
        close()
    }
}
