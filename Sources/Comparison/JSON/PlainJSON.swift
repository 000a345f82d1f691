import BSON

/// Documents as the JSON that a database of SQL keeps: decimals are numbers, and moments are what the database can index.
struct PlainJSON {
    let dialect: SQLDialect
    private(set) var bytes: [UInt8] = []

    init(_ dialect: SQLDialect) { self.dialect = dialect }

    mutating func removeAll() { bytes.removeAll(keepingCapacity: true) }

    /// Appends a value. What JSON has no word for is its relaxed Extended JSON.
    mutating func append(_ value: ValueView) {
        switch value.type {
        case .missing, .null, .undefined: append("null")
        case .bool: append(value.asBool ? "true" : "false")
        case .int32: append(String(value.asInt32))
        case .int64: append(String(value.asInt64))
        case .double: append(value.asDouble)
        case .decimal: append(value.asDecimal)
        case .date: append(moment: value.asDate)
        case .string: append(text: value.bytes)
        case .document: append(value.asDocument, open: "{", close: "}")
        case .array: append(value.asDocument, open: "[", close: "]")
        default: append(value.extendedJSON())
        }
    }

    private mutating func append(_ text: String) { bytes += Array(text.utf8) }

    /// Whole numbers without a point, so that integers among doubles stay integers.
    private mutating func append(_ number: Double) {
        if !number.isFinite {
            append("\"\(number.isNaN ? "NaN" : number < 0 ? "-Infinity" : "Infinity")\"")
        } else if let whole = Int64(exactly: number) {
            append(String(whole))
        } else {
            append(number.description)
        }
    }

    private mutating func append(_ number: Decimal128) {
        append(number.isFinite ? number.description : "\"\(number.description)\"")
    }

    /// PostgreSQL has no way from text to a moment that it would build an index of: there a moment is the number of
    /// milliseconds since 1970. SQLite compares moments as texts.
    private mutating func append(moment: Int64) {
        append(dialect == .sqlite ? "\"\(SQLText.timestamp(moment))\"" : String(moment))
    }

    private mutating func append(_ document: DocumentView, open: Unicode.Scalar, close: Unicode.Scalar) {
        bytes.append(UInt8(ascii: open))
        var isFirst = true
        var cursor = document.elements()
        while cursor.next() {
            if !isFirst { bytes.append(UInt8(ascii: ",")) }
            isFirst = false
            if open == "{" {
                append(text: cursor.key)
                bytes.append(UInt8(ascii: ":"))
            }
            append(cursor.value)
        }
        bytes.append(UInt8(ascii: close))
    }

    private mutating func append(text: UnsafeRawBufferPointer) {
        bytes.append(UInt8(ascii: "\""))
        for byte in text {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes += [UInt8(ascii: "\\"), byte]
            case 0..<32:
                let digits = Array("0123456789abcdef".utf8)
                bytes += Array("\\u00".utf8) + [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }
}
