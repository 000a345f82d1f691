/// A BSON value that owns its bytes: the twin of `ValueView` for code outside the hot paths.
public enum BSONValue: Sendable {
    case double(Double)
    case string(String)
    case document(Document)
    /// The elements as a document with keys "0", "1", ….
    case array(BSONArray)
    case binary(subtype: UInt8, data: [UInt8])
    case undefined
    case objectId(ObjectId)
    case bool(Bool)
    /// Milliseconds since the epoch, UTC.
    case date(Int64)
    case null
    indirect case regex(pattern: String, options: String)
    indirect case dbPointer(namespace: String, id: ObjectId)
    case javascript(String)
    case symbol(String)
    indirect case javascriptWithScope(code: String, scope: Document)
    case int32(Int32)
    /// Seconds in the upper half, increment in the lower.
    case timestamp(UInt64)
    case int64(Int64)
    case decimal(Decimal128)
    case minKey
    case maxKey
}

/// The elements of a BSON array. Value semantics.
public struct BSONArray: Sendable, ExpressibleByArrayLiteral, Sequence {
    /// The array as the document BSON stores.
    public let document: Document

    /// An array whose elements are those of a document with the names "0", "1", ….
    public init(unchecked document: Document) { self.document = document }

    /// An array of these values. O(bytes).
    public init(_ values: some Sequence<BSONValue>) {
        document = Document { writer in for value in values { writer.appendElement(value) } }
    }

    /// `[1, "two", .null]`.
    public init(arrayLiteral elements: BSONValue...) { self.init(elements) }

    /// An array of these documents. O(bytes).
    public init(documents: some Sequence<Document>) { self.init(documents.map { BSONValue.document($0) }) }

    /// The elements as owned values. O(bytes).
    public var values: [BSONValue] { document.values }
    /// How many elements there are. O(n).
    public var count: Int { document.count }
    /// Walks the elements as owned values.
    public func makeIterator() -> IndexingIterator<[BSONValue]> { values.makeIterator() }
}

extension BSONValue {
    /// An owned copy of a value. Missing becomes null.
    public init(copying value: ValueView) {
        switch value.type {
        case .missing, .null: self = .null
        case .double: self = .double(value.asDouble)
        case .string: self = .string(value.asString)
        case .document: self = .document(Document(copying: value.asDocument))
        case .array: self = .array(BSONArray(unchecked: Document(copying: value.asDocument)))
        case .binary:
            let (subtype, data) = value.asBinary
            self = .binary(subtype: subtype, data: Array(data))
        case .undefined: self = .undefined
        case .objectId: self = .objectId(value.asObjectId)
        case .bool: self = .bool(value.asBool)
        case .date: self = .date(value.asDate)
        case .regex:
            let (pattern, options) = value.asRegex
            self = .regex(pattern: pattern, options: options)
        case .dbPointer:
            let (namespace, id) = value.dbPointerBytes
            self = .dbPointer(
                namespace: String(decoding: namespace, as: UTF8.self), id: ObjectId(pointer: id.baseAddress!))
        case .javascript: self = .javascript(value.asString)
        case .symbol: self = .symbol(value.asString)
        case .javascriptWithScope:
            let (code, scope) = value.codeAndScope
            self = .javascriptWithScope(code: String(decoding: code, as: UTF8.self), scope: Document(copying: scope))
        case .int32: self = .int32(value.asInt32)
        case .timestamp: self = .timestamp(value.bits)
        case .int64: self = .int64(value.asInt64)
        case .decimal: self = .decimal(value.asDecimal)
        case .minKey: self = .minKey
        case .maxKey: self = .maxKey
        }
    }

    /// Shows the value as a `ValueView` whose bytes live for the length of the call.
    public func withValue<R>(_ body: (ValueView) throws -> R) rethrows -> R {
        switch self {
        case .double(let number): return try body(.double(number))
        case .string(let text): return try withText(.string, text, body)
        case .javascript(let text): return try withText(.javascript, text, body)
        case .symbol(let text): return try withText(.symbol, text, body)
        case .document(let document): return try document.withView { try body(.document($0)) }
        case .array(let array): return try array.document.withView { try body(.array($0)) }
        case .undefined: return try body(.undefined)
        case .bool(let flag): return try body(.bool(flag))
        case .date(let milliseconds): return try body(.date(milliseconds))
        case .null: return try body(.null)
        case .int32(let number): return try body(.int32(number))
        case .timestamp(let bits): return try body(.timestamp(bits))
        case .int64(let number): return try body(.int64(number))
        case .minKey: return try body(.minKey)
        case .maxKey: return try body(.maxKey)
        case .objectId(let id):
            return try id.withBytes { try body(ValueView(type: .objectId, pointer: $0.baseAddress!, length: 12)) }
        case .decimal(let decimal):
            return try withUnsafeBytes(of: (decimal.low.littleEndian, decimal.high.littleEndian)) {
                try body(ValueView(type: .decimal, pointer: $0.baseAddress!, length: 16))
            }
        case .binary(let subtype, let data):
            return try withPayload(.binary, littleEndianBytes(Int32(data.count)) + [subtype] + data, body)
        case .regex(let pattern, let options):
            return try withPayload(.regex, Array(pattern.utf8) + [0] + Array(options.utf8) + [0], body)
        case .dbPointer(let namespace, let id):
            let payload = stringPayload(namespace) + id.withBytes { Array($0) }
            return try withPayload(.dbPointer, payload, body)
        case .javascriptWithScope(let code, let scope):
            let text = stringPayload(code)
            let payload = littleEndianBytes(Int32(4 + text.count + scope.bytes.count)) + text + scope.bytes
            return try withPayload(.javascriptWithScope, payload, body)
        }
    }

    private func withText<R>(_ type: BSONType, _ text: String, _ body: (ValueView) throws -> R) rethrows -> R {
        var text = text
        return try text.withUTF8 { utf8 in
            guard let base = utf8.baseAddress, utf8.count > 0 else {
                return try body(ValueView(type: type, bits: ValueView.emptyString.bits))
            }
            return try body(ValueView(type: type, pointer: UnsafeRawPointer(base), length: utf8.count))
        }
    }

    private func withPayload<R>(_ type: BSONType, _ bytes: [UInt8], _ body: (ValueView) throws -> R) rethrows -> R {
        try bytes.withUnsafeBytes { try body(ValueView(type: type, pointer: $0.baseAddress!, length: $0.count)) }
    }

    private func stringPayload(_ text: String) -> [UInt8] {
        littleEndianBytes(Int32(text.utf8.count + 1)) + Array(text.utf8) + [0]
    }
}

func littleEndianBytes(_ number: Int32) -> [UInt8] {
    withUnsafeBytes(of: number.littleEndian) { Array($0) }
}

extension BSONValue: Hashable {
    /// Equal type and equal bytes. For equality as queries see it (1 equals 1.0), use `compare`.
    public static func == (a: BSONValue, b: BSONValue) -> Bool {
        a.withValue { left in
            b.withValue { right in
                guard left.type == right.type, left.length == right.length else { return false }
                return left.hasPayload ? compareBytes(left.bytes, right.bytes) == 0 : left.bits == right.bits
            }
        }
    }

    /// Agrees with `==`; for the hash that queries group by, see `ValueView.hash`.
    public func hash(into hasher: inout Hasher) {
        withValue { value in
            hasher.combine(value.type)
            if value.hasPayload { hasher.combine(bytes: value.bytes) } else { hasher.combine(value.bits) }
        }
    }
}

extension BSONValue: CustomStringConvertible {
    /// Relaxed Extended JSON: what the value holds, so nothing for messages and logs.
    public var description: String { extendedJSON() }
}

// MARK: - Reading

extension BSONValue {
    /// The value's type.
    public var type: BSONType { withValue { $0.type } }

    /// The text if it is a string.
    public var stringValue: String? { if case .string(let text) = self { text } else { nil } }
    /// The value if it is a bool.
    public var boolValue: Bool? { if case .bool(let flag) = self { flag } else { nil } }
    /// The value if it is a document.
    public var documentValue: Document? { if case .document(let document) = self { document } else { nil } }
    /// The elements if it is an array. O(bytes).
    public var arrayValue: [BSONValue]? { if case .array(let array) = self { array.values } else { nil } }
    /// The milliseconds since the epoch if it is a date.
    public var dateValue: Int64? { if case .date(let milliseconds) = self { milliseconds } else { nil } }
    /// The id if it is an ObjectId.
    public var objectIdValue: ObjectId? { if case .objectId(let id) = self { id } else { nil } }
    /// The number of any type as a decimal, a double rounded to 15 digits as `$toDecimal` does.
    public var decimalValue: Decimal128? {
        switch self {
        case .decimal(let number): number
        case .double(let number): Decimal128(rounding: number)
        case .int32(let number): Decimal128(Int64(number))
        case .int64(let number): Decimal128(number)
        default: nil
        }
    }
    /// The number if it is an integer of any type.
    public var integerValue: Int64? { withValue { $0.exactInt64 } }
    /// The number of any type as a double.
    public var doubleValue: Double? { withValue { $0.numberAsDouble } }
    /// Truth as MongoDB's expressions see it: false for false, null, undefined and zero.
    public var isTruthy: Bool { withValue { $0.isTruthy } }
    /// Whether it is null; undefined is not.
    public var isNull: Bool { if case .null = self { true } else { false } }

    /// An int32 where the number fits one, else an int64.
    public static func integer(_ value: some BinaryInteger) -> BSONValue {
        if let small = Int32(exactly: value) { .int32(small) } else { .int64(Int64(value)) }
    }
}

// MARK: - Literals

extension BSONValue: ExpressibleByStringLiteral, ExpressibleByStringInterpolation, ExpressibleByIntegerLiteral,
    ExpressibleByFloatLiteral, ExpressibleByBooleanLiteral, ExpressibleByArrayLiteral,
    ExpressibleByDictionaryLiteral
{
    /// A string.
    public init(stringLiteral value: String) { self = .string(value) }
    /// An int32 where the number fits one, else an int64.
    public init(integerLiteral value: Int64) { self = .integer(value) }
    /// A double.
    public init(floatLiteral value: Double) { self = .double(value) }
    /// A bool.
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    /// An array.
    public init(arrayLiteral elements: BSONValue...) { self = .array(BSONArray(elements)) }
    /// A document with the elements in the order they are written.
    public init(dictionaryLiteral elements: (String, BSONValue)...) { self = .document(Document(elements)) }
}
