import BSON

extension Schema {
    /// The schema as a JSON Schema document.
    var json: Document {
        Document { writer in write(to: writer) }
    }

    private func write(to writer: BSONWriter) {
        switch shape {
        case .any: break
        case .null: writer.append("type", BSONValue.string("null"))
        case .boolean: writer.append("type", BSONValue.string("boolean"))
        case .number: writer.append("type", BSONValue.string("number"))
        case .integer(let range):
            writer.append("type", BSONValue.string("integer"))
            if range.lowerBound != .min { writer.append("minimum", BSONValue.integer(range.lowerBound)) }
            if range.upperBound != .max { writer.append("maximum", BSONValue.integer(range.upperBound)) }
        case .string(let choices):
            writer.append("type", BSONValue.string("string"))
            if !choices.isEmpty { writer.append("enum", BSONValue.array(BSONArray(choices.map { .string($0) }))) }
        case .object(let properties, let isOpen):
            writer.append("type", BSONValue.string("object"))
            if !properties.isEmpty {
                writer.document("properties") { writer in
                    for property in properties { writer.document(property.name) { property.schema.write(to: $0) } }
                }
            }
            let required = properties.filter(\.isRequired).map { BSONValue.string($0.name) }
            if !required.isEmpty { writer.append("required", BSONValue.array(BSONArray(required))) }
            if !isOpen { writer.append("additionalProperties", BSONValue.bool(false)) }
        case .array(let element, let minimumCount):
            writer.append("type", BSONValue.string("array"))
            writer.document("items") { element.write(to: $0) }
            if minimumCount > 0 { writer.append("minItems", BSONValue.integer(minimumCount)) }
        case .anyOf(let schemas):
            writer.append("anyOf", BSONValue.array(BSONArray(documents: schemas.map(\.json))))
        }
        if let description { writer.append("description", BSONValue.string(description)) }
        if let defaultValue { writer.append("default", defaultValue) }
    }
}
