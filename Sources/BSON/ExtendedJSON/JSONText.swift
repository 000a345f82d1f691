/// Extended JSON in the making: what `ExtendedJSONWriter` does for one value.
struct JSONText: ~Copyable {
    private var base: UnsafeMutableRawPointer
    private var count = 0
    private var capacity: Int
    private let mode: ExtendedJSONMode
    private let indentation: Int
    private var depth = 0

    init(_ mode: ExtendedJSONMode, indentation: Int, capacity: Int) {
        self.mode = mode
        self.indentation = indentation
        self.capacity = capacity
        base = .allocate(byteCount: capacity, alignment: 1)
    }

    deinit { base.deallocate() }

    /// What was written so far. Lives until the next change.
    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base, count: count) }

    // MARK: Values

    mutating func put(_ value: ValueView) {
        switch value.type {
        case .string: putQuoted(value.bytes)
        case .int32: put(integer: value.asInt64, "{\"$numberInt\":\"")
        case .int64: put(integer: value.asInt64, "{\"$numberLong\":\"")
        case .double: put(double: value.asDouble)
        case .decimal:
            put("{\"$numberDecimal\":\"")
            reserve(Decimal128.longestText)
            count += value.asDecimal.writeText(to: base + count)
            put("\"}")
        case .document: put(document: value.asDocument)
        case .array: put(array: value.asDocument)
        case .bool: put(value.asBool ? "true" : "false")
        case .null, .missing: put("null")
        case .date: put(date: value.asDate)
        case .objectId: put(objectId: value.bytes)
        default: putRare(value)
        }
    }

    private mutating func put(document: DocumentView) {
        put(UInt8(ascii: "{"))
        depth += 1
        var cursor = document.elements()
        var isFirst = true
        while cursor.next() {
            separate(&isFirst)
            putQuoted(cursor.key)
            put(UInt8(ascii: ":"))
            if indentation > 0 { put(UInt8(ascii: " ")) }
            put(cursor.value)
        }
        depth -= 1
        if indentation > 0 && !isFirst { breakLine() }
        put(UInt8(ascii: "}"))
    }

    private mutating func put(array: DocumentView) {
        put(UInt8(ascii: "["))
        depth += 1
        var cursor = array.elements()
        var isFirst = true
        while cursor.next() {
            separate(&isFirst)
            put(cursor.value)
        }
        depth -= 1
        if indentation > 0 && !isFirst { breakLine() }
        put(UInt8(ascii: "]"))
    }

    @inline(__always)
    private mutating func separate(_ isFirst: inout Bool) {
        if !isFirst { put(UInt8(ascii: ",")) }
        isFirst = false
        if indentation > 0 { breakLine() }
    }

    private mutating func breakLine() {
        put(UInt8(ascii: "\n"))
        for _ in 0..<depth * indentation { put(UInt8(ascii: " ")) }
    }

    // MARK: Type wrappers, on one line whatever the indentation

    private mutating func put(integer: Int64, _ opening: StaticString) {
        if mode == .relaxed { return putDigits(integer) }
        put(opening)
        putDigits(integer)
        put("\"}")
    }

    private mutating func put(double: Double) {
        if mode == .relaxed && double.isFinite { return putShortest(double) }
        put("{\"$numberDouble\":\"")
        if double.isFinite {
            putShortest(double)
        } else {
            put(double.isNaN ? "NaN" : double < 0 ? "-Infinity" : "Infinity")
        }
        put("\"}")
    }

    /// Years 1970 to 9999 are ISO 8601 in the relaxed format; all others, and the canonical format, count milliseconds.
    private mutating func put(date milliseconds: Int64) {
        if mode == .relaxed && 0...253_402_300_799_999 ~= milliseconds {
            put("{\"$date\":\"")
            reserve(UTCDate.longestText)
            count += UTCDate(milliseconds: milliseconds).writeISO8601(to: base + count, milliseconds: .whenNotZero)
            put("\"}")
        } else {
            put("{\"$date\":{\"$numberLong\":\"")
            putDigits(milliseconds)
            put("\"}}")
        }
    }

    private mutating func put(objectId: UnsafeRawBufferPointer) {
        put("{\"$oid\":\"")
        for byte in objectId { putHexadecimal(byte) }
        put("\"}")
    }

    /// The types that few documents have.
    private mutating func putRare(_ value: ValueView) {
        switch value.type {
        case .binary:
            var (subtype, data) = value.asBinary
            // Subtype 2 repeats the length in front of the data; the text has the data alone.
            if subtype == 2 && data.count >= 4 { data = UnsafeRawBufferPointer(rebasing: data[4...]) }
            put("{\"$binary\":{\"base64\":\"")
            reserve(Base64.encodedCount(data.count))
            Base64.encode(data, to: base + count)
            count += Base64.encodedCount(data.count)
            put("\",\"subType\":\"")
            putHexadecimal(subtype)
            put("\"}}")
        case .regex:
            let (pattern, options) = value.regexBytes
            put("{\"$regularExpression\":{\"pattern\":")
            putQuoted(pattern)
            put(",\"options\":")
            // BSON has options in alphabetical order; not every writer of BSON minds.
            options.sorted().withUnsafeBytes { putQuoted($0) }
            put("}}")
        case .timestamp:
            put("{\"$timestamp\":{\"t\":")
            putDigits(Int64(value.bits >> 32))
            put(",\"i\":")
            putDigits(Int64(value.bits & 0xFFFF_FFFF))
            put("}}")
        case .javascript:
            put("{\"$code\":")
            putQuoted(value.bytes)
            put("}")
        case .javascriptWithScope:
            let (code, scope) = value.codeAndScope
            put("{\"$code\":")
            putQuoted(code)
            put(",\"$scope\":")
            put(document: scope)
            put("}")
        case .symbol:
            put("{\"$symbol\":")
            putQuoted(value.bytes)
            put("}")
        case .dbPointer:
            let (namespace, id) = value.dbPointerBytes
            put("{\"$dbPointer\":{\"$ref\":")
            putQuoted(namespace)
            put(",\"$id\":")
            put(objectId: id)
            put("}}")
        case .undefined: put("{\"$undefined\":true}")
        case .minKey: put("{\"$minKey\":1}")
        case .maxKey: put("{\"$maxKey\":1}")
        default: preconditionFailure("every other type is written above")
        }
    }

    // MARK: Text

    /// A JSON string: quotes around the text, escapes where JSON wants them.
    private mutating func putQuoted(_ text: UnsafeRawBufferPointer) {
        reserve(text.count + 2)
        put(unchecked: UInt8(ascii: "\""))
        var position = 0
        while position < text.count {
            let clean = JSONText.cleanPrefix(text, from: position)
            put(UnsafeRawBufferPointer(rebasing: text[position..<clean]))
            if clean == text.count { break }
            putEscaped(text[clean])
            position = clean + 1
        }
        put(UInt8(ascii: "\""))
    }

    /// Where the first byte at or after `start` stands that JSON wants escaped, or the count. Eight bytes a step.
    @inline(__always)
    private static func cleanPrefix(_ text: UnsafeRawBufferPointer, from start: Int) -> Int {
        var position = start
        while position + 8 <= text.count {
            let word = UInt64(littleEndian: text.loadUnaligned(fromByteOffset: position, as: UInt64.self))
            let special = JSONBytes.special(word)
            if special != 0 { return position + special.trailingZeroBitCount / 8 }
            position += 8
        }
        while position < text.count {
            let byte = text[position]
            if byte < 0x20 || byte == 0x22 || byte == 0x5C { return position }
            position += 1
        }
        return position
    }

    private mutating func putEscaped(_ byte: UInt8) {
        switch byte {
        case 0x22: put("\\\"")
        case 0x5C: put("\\\\")
        case 0x0A: put("\\n")
        case 0x0D: put("\\r")
        case 0x09: put("\\t")
        case 0x08: put("\\b")
        case 0x0C: put("\\f")
        default:
            put("\\u00")
            putHexadecimal(byte)
        }
    }

    private mutating func putHexadecimal(_ byte: UInt8) {
        @inline(__always) func digit(_ nibble: UInt8) -> UInt8 { nibble < 10 ? 48 + nibble : 87 + nibble }
        put(digit(byte >> 4))
        put(digit(byte & 15))
    }

    /// The decimal digits of an integer.
    private mutating func putDigits(_ number: Int64) {
        reserve(20)
        if number < 0 { put(unchecked: UInt8(ascii: "-")) }
        let magnitude = number.magnitude
        let digits = decimalDigits(UInt128(magnitude))
        var rest = magnitude
        var position = count + digits
        count = position
        repeat {
            position -= 1
            base.storeBytes(of: 48 + UInt8(truncatingIfNeeded: rest % 10), toByteOffset: position, as: UInt8.self)
            rest /= 10
        } while rest > 0
    }

    /// The shortest digits that read back as the same double; whole numbers as `1.0`.
    private mutating func putShortest(_ number: Double) {
        var text = number.description
        text.withUTF8 { put(UnsafeRawBufferPointer($0)) }
    }

    // MARK: Bytes

    @inline(__always)
    private mutating func put(_ text: StaticString) {
        put(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    @inline(__always)
    private mutating func put(_ bytes: UnsafeRawBufferPointer) {
        guard let start = bytes.baseAddress else { return }
        reserve(bytes.count)
        (base + count).copyMemory(from: start, byteCount: bytes.count)
        count += bytes.count
    }

    @inline(__always)
    private mutating func put(_ byte: UInt8) {
        reserve(1)
        put(unchecked: byte)
    }

    @inline(__always)
    private mutating func put(unchecked byte: UInt8) {
        base.storeBytes(of: byte, toByteOffset: count, as: UInt8.self)
        count += 1
    }

    @inline(__always)
    private mutating func reserve(_ more: Int) { if count + more > capacity { grow(more) } }

    @inline(never)
    private mutating func grow(_ more: Int) {
        let larger = max(capacity * 2, count + more)
        let moved = UnsafeMutableRawPointer.allocate(byteCount: larger, alignment: 1)
        moved.copyMemory(from: base, byteCount: count)
        base.deallocate()
        base = moved
        capacity = larger
    }
}
