/// The type byte of a BSON element, with `missing` for "no value at all".
///
/// Source: the BSON specification 1.1 (bsonspec.org). Names follow MongoDB's manual.
@frozen
public enum BSONType: UInt8, Sendable, CaseIterable {
    /// No value: a path that leads nowhere. Never stored.
    case missing = 0x00
    case double = 0x01
    case string = 0x02
    case document = 0x03
    case array = 0x04
    case binary = 0x05
    case undefined = 0x06
    case objectId = 0x07
    case bool = 0x08
    case date = 0x09
    case null = 0x0A
    case regex = 0x0B
    case dbPointer = 0x0C
    case javascript = 0x0D
    case symbol = 0x0E
    case javascriptWithScope = 0x0F
    case int32 = 0x10
    case timestamp = 0x11
    case int64 = 0x12
    case decimal = 0x13
    case maxKey = 0x7F
    case minKey = 0xFF

    /// The type of an element whose byte is known to be one of these.
    ///
    /// Cases are numbered as they are declared, and all but the last two are declared under their own numbers.
    @inlinable @inline(__always)
    init(trusted byte: UInt8) {
        self = byte <= 0x13 ? unsafeBitCast(byte, to: BSONType.self) : byte == 0x7F ? .maxKey : .minKey
    }

    /// The name that `$type` returns and accepts, for example `"int"` or `"objectId"`.
    public var name: String {
        switch self {
        case .missing: "missing"
        case .double: "double"
        case .string: "string"
        case .document: "object"
        case .array: "array"
        case .binary: "binData"
        case .undefined: "undefined"
        case .objectId: "objectId"
        case .bool: "bool"
        case .date: "date"
        case .null: "null"
        case .regex: "regex"
        case .dbPointer: "dbPointer"
        case .javascript: "javascript"
        case .symbol: "symbol"
        case .javascriptWithScope: "javascriptWithScope"
        case .int32: "int"
        case .timestamp: "timestamp"
        case .int64: "long"
        case .decimal: "decimal"
        case .maxKey: "maxKey"
        case .minKey: "minKey"
        }
    }

    /// The type with this name, as `$type` and `bsonType` spell it.
    public init?(name: String) {
        guard let type = BSONType.allCases.first(where: { $0.name == name && $0 != .missing }) else { return nil }
        self = type
    }

    /// The number that `$type` accepts: the type byte, but -1 for `minKey`.
    public var number: Int { self == .minKey ? -1 : Int(rawValue) }

    /// Int, long, double or decimal.
    @inlinable @inline(__always)
    public var isNumber: Bool { self == .int32 || self == .double || self == .int64 || self == .decimal }

    /// Missing, null or undefined: what `$ifNull` replaces.
    @inlinable @inline(__always)
    public var isNullish: Bool { self == .missing || self == .null || self == .undefined }

    /// Where the type stands in BSON's order across types; types that compare by value share a rank.
    ///
    /// Source: MongoDB manual, "Comparison/Sort Order". Missing stands before null here; a sort key maps it to null.
    @inlinable
    public var canonicalRank: Int {
        switch self {
        case .minKey: -1
        case .missing: 0
        case .undefined: 3
        case .null: 5
        case .double, .int32, .int64, .decimal: 10
        case .string, .symbol: 15
        case .document: 20
        case .array: 25
        case .binary: 30
        case .objectId: 35
        case .bool: 40
        case .date: 45
        case .timestamp: 47
        case .regex: 50
        case .dbPointer: 55
        case .javascript: 60
        case .javascriptWithScope: 65
        case .maxKey: 127
        }
    }
}
