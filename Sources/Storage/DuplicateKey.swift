import BSON

extension AtelierError {
    /// The error of a unique index, in MongoDB's words.
    ///
    /// - Parameter values: the key's values in the order of the key pattern; nil where they are not known.
    static func duplicateKey(_ index: IndexDefinition, in namespace: Namespace, values: [BSONValue]?) -> AtelierError {
        let fields = index.keyPattern.keys
        var details: Document = ["keyPattern": .document(index.keyPattern)]
        var text = "{}"
        if let values {
            let keyValue = Document(zip(fields, values))
            details = details.setting("keyValue", .document(keyValue))
            text = MongoNotation.text(of: .document(keyValue))
        }
        return AtelierError(
            .duplicateKey, "E11000 duplicate key error collection: \(namespace) index: \(index.name) dup key: \(text)",
            details: details)
    }
}

/// Values as MongoDB's own messages spell them: `{ name: "x", n: 1.0 }`.
enum MongoNotation {
    static func text(of value: BSONValue) -> String {
        switch value {
        case .double(let number): text(of: number)
        case .string(let text), .symbol(let text): "\"\(text)\""
        case .document(let document):
            document.isEmpty
                ? "{}" : "{ \(document.elements.map { "\($0.key): \(text(of: $0.value))" }.joined(separator: ", ")) }"
        case .array(let array): array.count == 0 ? "[]" : "[ \(array.values.map(text).joined(separator: ", ")) ]"
        case .binary(let subtype, let data): "BinData(\(subtype), \(data.map(hexadecimal).joined()))"
        case .undefined: "undefined"
        case .objectId(let id): "ObjectId('\(id)')"
        case .bool(let flag): flag ? "true" : "false"
        case .date(let milliseconds): "new Date(\(milliseconds))"
        case .null: "null"
        case .regex(let pattern, let options): "/\(pattern)/\(options)"
        case .dbPointer(let namespace, let id): "DBRef('\(namespace)', \(id))"
        case .javascript(let code): code
        case .javascriptWithScope(let code, let scope): "CodeWScope( \(code), \(text(of: .document(scope))))"
        case .int32(let number): "\(number)"
        case .timestamp(let bits): "Timestamp(\(bits >> 32), \(bits & 0xFFFF_FFFF))"
        case .int64(let number): "\(number)"
        case .decimal(let number): "\(number)"
        case .minKey: "MinKey"
        case .maxKey: "MaxKey"
        }
    }

    private static func text(of number: Double) -> String {
        if number.isNaN { return "nan.0" }
        if number.isInfinite { return number < 0 ? "-inf.0" : "inf.0" }
        return "\(number)"
    }

    private static func hexadecimal(_ byte: UInt8) -> String {
        let text = String(byte, radix: 16, uppercase: true)
        return text.utf8.count < 2 ? "0\(text)" : text
    }
}
