import BSON

/// Ids as bytes: equal ids have equal bytes, and the bytes' order is one of the ids: integers, then texts, then others.
///
/// An integer is 0x01 and eight bytes, the sign flipped, the highest first; a text 0x02 and its UTF-8; an ObjectId 0x03
/// and its bytes; any other value 0x04, its BSON type and its bytes.
enum NodeKey {
    static let integer: UInt8 = 1
    static let text: UInt8 = 2
    static let objectId: UInt8 = 3
    static let other: UInt8 = 4

    /// The key of a text.
    static func key(_ id: String) -> [UInt8] { [text] + Array(id.utf8) }

    /// The key of a value; nil where it is no id: missing, null or undefined.
    static func key(_ value: ValueView) -> [UInt8]? {
        if value.isNullish { return nil }
        if value.type == .string { return [text] + Array(value.bytes) }
        if let number = value.exactInt64 {
            let bits = UInt64(bitPattern: number) ^ (1 << 63)
            return [integer] + (0..<8).map { UInt8(truncatingIfNeeded: bits >> (56 - 8 * UInt64($0))) }
        }
        if value.type == .objectId { return [objectId] + Array(value.bytes.prefix(12)) }
        // As an element of a document, whose form fits any type.
        return [other] + Document { $0.append("", value) }.bytes
    }

    static func value(_ key: UnsafeRawBufferPointer) -> BSONValue {
        guard let tag = key.first else { return .null }
        let rest = UnsafeRawBufferPointer(rebasing: key.dropFirst())
        switch tag {
        case text: return .string(String(decoding: rest, as: UTF8.self))
        case integer:
            let bits = rest.reduce(UInt64(0)) { $0 << 8 | UInt64($1) } ^ (1 << 63)
            return BSONValue.integer(Int(Int64(bitPattern: bits)))
        case objectId where rest.count == 12: return .objectId(ObjectId(pointer: rest.baseAddress!))
        default: return (try? Document(validating: Array(rest)))?.values.first ?? .null
        }
    }
}
