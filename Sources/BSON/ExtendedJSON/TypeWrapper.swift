/// The objects of Extended JSON that stand for values of other types, known by their `$` names.
enum TypeWrapper: CaseIterable {
    case numberInt, numberLong, numberDouble, numberDecimal, objectId, date, binary, uuid, regularExpression, timestamp,
        dbPointer, code, scope, symbol, undefined, minKey, maxKey

    /// The wrapper that a member of this name makes of an object.
    init?(key: UnsafeRawBufferPointer) {
        for wrapper in TypeWrapper.allCases {
            let name = wrapper.key
            guard key.count == name.utf8CodeUnitCount else { continue }
            if key.elementsEqual(UnsafeBufferPointer(start: name.utf8Start, count: key.count)) {
                self = wrapper
                return
            }
        }
        return nil
    }

    private var key: StaticString {
        switch self {
        case .numberInt: "$numberInt"
        case .numberLong: "$numberLong"
        case .numberDouble: "$numberDouble"
        case .numberDecimal: "$numberDecimal"
        case .objectId: "$oid"
        case .date: "$date"
        case .binary: "$binary"
        case .uuid: "$uuid"
        case .regularExpression: "$regularExpression"
        case .timestamp: "$timestamp"
        case .dbPointer: "$dbPointer"
        case .code: "$code"
        case .scope: "$scope"
        case .symbol: "$symbol"
        case .undefined: "$undefined"
        case .minKey: "$minKey"
        case .maxKey: "$maxKey"
        }
    }

    var name: String { key.description }

    /// What the object has to look like, for error messages.
    var shape: String {
        switch self {
        case .numberInt: "it takes a string with an integer of 32 bits and no other member"
        case .numberLong: "it takes a string with an integer of 64 bits and no other member"
        case .numberDouble: "it takes a string with a number, Infinity, -Infinity or NaN and no other member"
        case .numberDecimal:
            "it takes a string with a number of at most 34 digits, Infinity, -Infinity or NaN and no other member"
        case .objectId: "it takes a string of 24 hexadecimal digits and no other member"
        case .date:
            "it takes an ISO 8601 string with a time zone, or {\"$numberLong\": \"milliseconds\"}, and no other member"
        case .binary: "it takes {\"base64\": \"…\", \"subType\": \"two hexadecimal digits\"} and no other member"
        case .uuid: "it takes a string such as \"c8edabc3-f738-4ca3-b68d-ab92a91478a3\" and no other member"
        case .regularExpression: "it takes {\"pattern\": \"…\", \"options\": \"…\"} without U+0000 and no other member"
        case .timestamp:
            "it takes {\"t\": seconds, \"i\": increment}, both integers of 32 bits without sign, and no other member"
        case .dbPointer: "it takes {\"$ref\": \"namespace\", \"$id\": ObjectId} and no other member"
        case .code, .scope: "$code takes a string, $scope a document beside it, and there is no other member"
        case .symbol: "it takes a string and no other member"
        case .undefined: "it takes true and no other member"
        case .minKey, .maxKey: "it takes 1 and no other member"
        }
    }

    /// What to write instead, where that helps more than the shape.
    var advice: String? {
        switch self {
        case .date: "For example {\"$date\": \"2010-12-01T00:00:00Z\"}: year, month, day, T, the time, and Z or +01:00."
        case .numberDecimal: "For example {\"$numberDecimal\": \"9.95\"}."
        case .objectId: "For example {\"$oid\": \"507f1f77bcf86cd799439011\"}."
        case .numberLong: "For example {\"$numberLong\": \"42\"}."
        default: nil
        }
    }

    /// The value that the object stands for; nil where the object is malformed.
    /// - Parameters:
    ///   - object: the object as plain BSON, the wrappers within it turned into values.
    ///   - inner: how many those were.
    ///   - last: what the object's last value was written as.
    func value(of object: DocumentView, inner: Int, last: TypeWrapper?) -> BSONValue? {
        var cursor = object.elements()
        guard cursor.next() else { return nil }
        let (firstKey, first) = (cursor.key, cursor.value)
        guard cursor.next() else { return value(of: first, inner: inner, last: last) }
        let (secondKey, second) = (cursor.key, cursor.value)
        guard !cursor.next() else { return nil }
        switch self {
        case .code, .scope:
            guard let (code, scope) = pair(firstKey, first, secondKey, second, "$code", "$scope"), code.type == .string,
                scope.type == .document
            else { return nil }
            return .javascriptWithScope(code: code.asString, scope: Document(copying: scope.asDocument))
        case .binary:
            guard let (data, type) = pair(firstKey, first, secondKey, second, "$binary", "$type") else { return nil }
            return TypeWrapper.binary(base64: data, subtype: type)
        default: return nil
        }
    }

    /// The value where the object has this one member.
    private func value(of value: ValueView, inner: Int, last: TypeWrapper?) -> BSONValue? {
        if value.type == .string { return self.value(of: value.bytes) }
        if self == .date {
            return inner == 1 && last == .numberLong && value.type == .int64 ? .date(value.asInt64) : nil
        }
        if value.type == .document {
            if inner != (self == .dbPointer ? 1 : 0) { return nil }
            return self.value(of: value.asDocument)
        }
        guard inner == 0 else { return nil }
        switch self {
        case .undefined: return value.type == .bool && value.asBool ? .undefined : nil
        case .minKey: return value.type == .int32 && value.asInt32 == 1 ? .minKey : nil
        case .maxKey: return value.type == .int32 && value.asInt32 == 1 ? .maxKey : nil
        default: return nil
        }
    }

    /// The value where the object has this one member, a string.
    private func value(of text: UnsafeRawBufferPointer) -> BSONValue? {
        switch self {
        case .numberInt: return DecimalText.integer(text).flatMap { Int32(exactly: $0) }.map { .int32($0) }
        case .numberLong: return DecimalText.integer(text).map { .int64($0) }
        case .numberDouble: return TypeWrapper.double(text).map { .double($0) }
        case .numberDecimal:
            var isExact = true
            guard let decimal = Decimal128(utf8: text, isExact: &isExact), isExact else { return nil }
            return .decimal(decimal)
        case .objectId: return ObjectId(utf8: text).map { .objectId($0) }
        case .date: return UTCDate.milliseconds(iso8601: text).map { .date($0) }
        case .uuid: return TypeWrapper.uuid(text).map { .binary(subtype: 4, data: $0) }
        case .code: return .javascript(String(decoding: text, as: UTF8.self))
        case .symbol: return .symbol(String(decoding: text, as: UTF8.self))
        default: return nil
        }
    }

    /// The value where the object has this one member, an object of two.
    private func value(of object: DocumentView) -> BSONValue? {
        var cursor = object.elements()
        guard cursor.next() else { return nil }
        let (firstKey, first) = (cursor.key, cursor.value)
        guard cursor.next() else { return nil }
        let (secondKey, second) = (cursor.key, cursor.value)
        guard !cursor.next() else { return nil }
        switch self {
        case .binary:
            guard let (data, type) = pair(firstKey, first, secondKey, second, "base64", "subType") else { return nil }
            return TypeWrapper.binary(base64: data, subtype: type)
        case .regularExpression:
            guard let (pattern, options) = pair(firstKey, first, secondKey, second, "pattern", "options"),
                pattern.type == .string, options.type == .string, !pattern.bytes.contains(0), !options.bytes.contains(0)
            else { return nil }
            return .regex(pattern: pattern.asString, options: String(decoding: options.bytes.sorted(), as: UTF8.self))
        case .timestamp:
            guard let (t, i) = pair(firstKey, first, secondKey, second, "t", "i"), let seconds = UInt32(exactly: t),
                let increment = UInt32(exactly: i)
            else { return nil }
            return .timestamp(UInt64(seconds) << 32 | UInt64(increment))
        case .dbPointer:
            guard let (namespace, id) = pair(firstKey, first, secondKey, second, "$ref", "$id"),
                namespace.type == .string,
                id.type == .objectId
            else { return nil }
            return .dbPointer(namespace: namespace.asString, id: id.asObjectId)
        default: return nil
        }
    }
}

// MARK: - Parts

/// The values of two members, in the order of the names asked for; nil where the names are others.
private func pair(
    _ firstKey: UnsafeRawBufferPointer, _ first: ValueView, _ secondKey: UnsafeRawBufferPointer, _ second: ValueView,
    _ a: StaticString, _ b: StaticString
) -> (ValueView, ValueView)? {
    func matches(_ key: UnsafeRawBufferPointer, _ name: StaticString) -> Bool {
        key.elementsEqual(UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
    }
    if matches(firstKey, a) && matches(secondKey, b) { return (first, second) }
    return matches(firstKey, b) && matches(secondKey, a) ? (second, first) : nil
}

extension TypeWrapper {
    private static func double(_ text: UnsafeRawBufferPointer) -> Double? {
        if text.elementsEqual("NaN".utf8) { return .nan }
        if text.elementsEqual("Infinity".utf8) { return .infinity }
        if text.elementsEqual("-Infinity".utf8) { return -.infinity }
        return DecimalText.double(text).flatMap { $0.isFinite ? $0 : nil }
    }

    private static func binary(base64: ValueView, subtype: ValueView) -> BSONValue? {
        guard base64.type == .string, subtype.type == .string, 1...2 ~= subtype.length else { return nil }
        var type: UInt8 = 0
        for digit in subtype.bytes {
            guard let nibble = hexadecimalValue(digit) else { return nil }
            type = type << 4 | nibble
        }
        guard let data = Base64.decode(base64.bytes) else { return nil }
        // BSON repeats the length in front of the data of subtype 2.
        return .binary(subtype: type, data: type == 2 ? littleEndianBytes(Int32(data.count)) + data : data)
    }

    /// Sixteen bytes from `8-4-4-4-12` hexadecimal digits, or from the digits without hyphens.
    private static func uuid(_ text: UnsafeRawBufferPointer) -> [UInt8]? {
        guard text.count == 36 || text.count == 32 else { return nil }
        var data: [UInt8] = []
        var position = 0
        while position < text.count {
            if text.count == 36 && [8, 13, 18, 23].contains(position) {
                guard text[position] == UInt8(ascii: "-") else { return nil }
                position += 1
            }
            guard let high = hexadecimalValue(text[position]), let low = hexadecimalValue(text[position + 1]) else {
                return nil
            }
            data.append(high << 4 | low)
            position += 2
        }
        return data
    }
}

extension UInt32 {
    fileprivate init?(exactly value: ValueView) {
        guard value.type == .int32 || value.type == .int64 else { return nil }
        self.init(exactly: value.asInt64)
    }
}
