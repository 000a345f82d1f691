/// A BSON value that owns nothing: a type and either the value itself or the address of its bytes.
///
/// This is what the engine computes with. It is 16 bytes and trivial to copy, so a scan neither allocates nor
/// counts references. The bytes belong to somebody else (a page of the store, a command, an `Arena`), who must
/// outlive the value; `BSONValue` is the owned twin for everywhere else.
///
/// | type | `bits` | `length` |
/// |---|---|---|
/// | double, int32, int64, bool, date, timestamp | the value | 0 |
/// | string, symbol, javascript | address of the UTF-8 bytes | their count, without the NUL |
/// | document, array | address of the document | its length in bytes |
/// | any other with a payload | address of the payload as BSON stores it | its length in bytes |
@frozen
public struct ValueView: @unchecked Sendable {  // Invariant: never outlives the bytes it points to; it is plain data.
    /// The value itself or the address of its bytes; see the table above.
    public var bits: UInt64
    /// The payload's bytes; 0 where there is no payload.
    public var length: UInt32
    /// What it is.
    public var type: BSONType

    /// A value from its parts.
    @inlinable @inline(__always)
    public init(type: BSONType, bits: UInt64 = 0, length: UInt32 = 0) {
        self.type = type
        self.bits = bits
        self.length = length
    }

    /// A value whose payload begins at an address.
    @inlinable @inline(__always)
    public init(type: BSONType, pointer: UnsafeRawPointer, length: Int) {
        self.init(type: type, bits: UInt64(UInt(bitPattern: pointer)), length: UInt32(truncatingIfNeeded: length))
    }
}

// MARK: - Making values

extension ValueView {
    /// No value: a path that leads nowhere.
    @inlinable public static var missing: ValueView { ValueView(type: .missing) }
    /// BSON null.
    @inlinable public static var null: ValueView { ValueView(type: .null) }
    /// BSON undefined, which is deprecated.
    @inlinable public static var undefined: ValueView { ValueView(type: .undefined) }
    /// The value below all others.
    @inlinable public static var minKey: ValueView { ValueView(type: .minKey) }
    /// The value above all others.
    @inlinable public static var maxKey: ValueView { ValueView(type: .maxKey) }
    /// True or false.
    @inlinable @inline(__always) public static func bool(_ value: Bool) -> ValueView {
        ValueView(type: .bool, bits: value ? 1 : 0)
    }
    /// An integer of 32 bits.
    @inlinable @inline(__always) public static func int32(_ value: Int32) -> ValueView {
        ValueView(type: .int32, bits: UInt64(bitPattern: Int64(value)))
    }
    /// An integer of 64 bits.
    @inlinable @inline(__always) public static func int64(_ value: Int64) -> ValueView {
        ValueView(type: .int64, bits: UInt64(bitPattern: value))
    }
    /// A double.
    @inlinable @inline(__always) public static func double(_ value: Double) -> ValueView {
        ValueView(type: .double, bits: value.bitPattern)
    }
    /// Milliseconds since 1970-01-01T00:00:00Z.
    @inlinable @inline(__always) public static func date(_ milliseconds: Int64) -> ValueView {
        ValueView(type: .date, bits: UInt64(bitPattern: milliseconds))
    }
    /// Seconds in the upper half, increment in the lower.
    @inlinable @inline(__always) public static func timestamp(_ value: UInt64) -> ValueView {
        ValueView(type: .timestamp, bits: value)
    }
    /// An int32 where the number fits one, else an int64: the width MongoDB gives counts and sums of ints.
    @inlinable public static func integer(_ value: Int64) -> ValueView {
        if let small = Int32(exactly: value) { .int32(small) } else { .int64(value) }
    }
    /// A document whose bytes live elsewhere.
    @inlinable @inline(__always)
    public static func document(_ view: DocumentView) -> ValueView {
        ValueView(type: .document, pointer: view.base, length: view.length)
    }
    /// An array whose bytes live elsewhere.
    @inlinable @inline(__always)
    public static func array(_ view: DocumentView) -> ValueView {
        ValueView(type: .array, pointer: view.base, length: view.length)
    }
    /// A string whose UTF-8 bytes live elsewhere.
    @inlinable @inline(__always)
    public static func string(borrowing bytes: UnsafeRawBufferPointer) -> ValueView {
        guard let base = bytes.baseAddress else { return .emptyString }
        return ValueView(type: .string, pointer: base, length: bytes.count)
    }
    /// The empty string; it points at nothing and has no bytes.
    @inlinable public static var emptyString: ValueView {
        ValueView(type: .string, pointer: UnsafeRawPointer(bitPattern: 1)!, length: 0)
    }
}

// MARK: - Reading values

extension ValueView {
    /// Where the payload lies. Only for types that have one.
    @inlinable @inline(__always)
    public var pointer: UnsafeRawPointer { UnsafeRawPointer(bitPattern: UInt(bits)).unsafelyUnwrapped }

    /// Whether `bits` is the address of bytes and not the value itself.
    @inlinable
    public var hasPayload: Bool {
        switch type {
        case .double, .int32, .int64, .bool, .date, .timestamp, .null, .undefined, .minKey, .maxKey, .missing: false
        default: true
        }
    }

    /// Whether there is no value.
    @inlinable @inline(__always) public var isMissing: Bool { type == .missing }
    /// Missing, null or undefined.
    @inlinable @inline(__always) public var isNullish: Bool { type.isNullish }
    /// Int, long, double or decimal.
    @inlinable @inline(__always) public var isNumber: Bool { type.isNumber }

    /// The value of a bool.
    @inlinable @inline(__always) public var asBool: Bool { bits != 0 }
    /// The value of an int32.
    @inlinable @inline(__always) public var asInt32: Int32 { Int32(truncatingIfNeeded: bits) }
    /// The value of an int32 or int64.
    @inlinable @inline(__always) public var asInt64: Int64 { Int64(bitPattern: bits) }
    /// The value of a double.
    @inlinable @inline(__always) public var asDouble: Double { Double(bitPattern: bits) }
    /// Milliseconds since the epoch.
    @inlinable @inline(__always) public var asDate: Int64 { Int64(bitPattern: bits) }

    /// The decimal at the payload's address.
    @inlinable @inline(__always)
    public var asDecimal: Decimal128 {
        Decimal128(
            low: UInt64(littleEndian: pointer.loadUnaligned(as: UInt64.self)),
            high: UInt64(littleEndian: pointer.loadUnaligned(fromByteOffset: 8, as: UInt64.self)))
    }

    /// The payload of a document or array.
    @inlinable @inline(__always)
    public var asDocument: DocumentView { DocumentView(base: pointer, length: Int(length)) }

    /// The payload's bytes: UTF-8 of a string, otherwise as BSON stores them.
    @inlinable @inline(__always)
    public var bytes: UnsafeRawBufferPointer {
        length == 0
            ? UnsafeRawBufferPointer(start: nil, count: 0) : UnsafeRawBufferPointer(start: pointer, count: Int(length))
    }

    /// A copy of the text of a string, symbol or JavaScript value.
    public var asString: String { String(decoding: bytes, as: UTF8.self) }

    /// The 12 bytes of an ObjectId.
    public var asObjectId: ObjectId { ObjectId(pointer: pointer) }

    /// Subtype and data of a binary value.
    public var asBinary: (subtype: UInt8, data: UnsafeRawBufferPointer) {
        (
            pointer.load(fromByteOffset: 4, as: UInt8.self),
            UnsafeRawBufferPointer(start: pointer + 5, count: Int(length) - 5)
        )
    }

    /// Pattern and options of a regular expression.
    public var asRegex: (pattern: String, options: String) {
        let (pattern, options) = regexBytes
        return (String(decoding: pattern, as: UTF8.self), String(decoding: options, as: UTF8.self))
    }

    /// Pattern and options of a regular expression, as UTF-8 without their NULs.
    public var regexBytes: (pattern: UnsafeRawBufferPointer, options: UnsafeRawBufferPointer) {
        let all = bytes
        let end = all.firstIndex(of: 0) ?? all.count - 1
        return (
            UnsafeRawBufferPointer(rebasing: all[..<end]),
            UnsafeRawBufferPointer(rebasing: all[(end + 1)..<(all.count - 1)])
        )
    }

    /// Code, as UTF-8, and scope of a JavaScript value with scope.
    public var codeAndScope: (code: UnsafeRawBufferPointer, scope: DocumentView) {
        let length = Int(UInt32(littleEndian: pointer.loadUnaligned(fromByteOffset: 4, as: UInt32.self)))
        return (
            UnsafeRawBufferPointer(start: pointer + 8, count: length - 1), DocumentView(unchecked: pointer + 8 + length)
        )
    }

    /// Namespace, as UTF-8, and the 12 bytes of the id of a DBPointer.
    public var dbPointerBytes: (namespace: UnsafeRawBufferPointer, id: UnsafeRawBufferPointer) {
        let length = Int(UInt32(littleEndian: pointer.loadUnaligned(as: UInt32.self)))
        return (
            UnsafeRawBufferPointer(start: pointer + 4, count: length - 1),
            UnsafeRawBufferPointer(start: pointer + 4 + length, count: 12)
        )
    }

    /// The number as a double, rounded to nearest; nil for other types.
    @inlinable
    public var numberAsDouble: Double? {
        switch type {
        case .int32: Double(asInt32)
        case .int64: Double(asInt64)
        case .double: asDouble
        case .decimal: asDecimal.doubleValue
        default: nil
        }
    }

    /// The number as an Int64 if it is one exactly (no fraction, in range); nil otherwise.
    public var exactInt64: Int64? {
        switch type {
        case .int32: Int64(asInt32)
        case .int64: asInt64
        case .double: Int64(exactly: asDouble)
        case .decimal: asDecimal.exactInt64
        default: nil
        }
    }

    /// Truth as MongoDB's expressions see it: false for false, null, undefined, missing and zero; true otherwise.
    @inlinable
    public var isTruthy: Bool {
        switch type {
        case .bool: asBool
        case .missing, .null, .undefined: false
        case .int32: asInt32 != 0
        case .int64: asInt64 != 0
        case .double: asDouble != 0
        case .decimal: !asDecimal.isZero
        default: true
        }
    }
}
