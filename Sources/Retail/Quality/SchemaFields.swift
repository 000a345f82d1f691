import BSON

/// A field that a validator's `$jsonSchema` describes, and where its values are found.
struct SchemaField {
    /// As in the relational mapping: `delivery.shippedAt`, `items[].unitPrice`.
    let name: String
    /// The array whose elements hold it; nil where documents do.
    let array: String?
    /// Its value, as an expression: `$delivery.shippedAt`, `$$each.unitPrice`.
    let value: BSONValue
    /// The object that holds it, as an expression; nil where that is the document or the element itself.
    let parent: BSONValue?
    let isRequired: Bool
    let schema: Document

    /// Every field of a schema: those of documents, of objects in them, and of the objects in one level of arrays.
    static func all(in validator: Document) -> [SchemaField] {
        guard let schema = validator["$jsonSchema"]?.documentValue else { return [] }
        var fields: [SchemaField] = []
        collect(schema, path: [], array: nil, into: &fields)
        return fields
    }

    private static func collect(_ schema: Document, path: [String], array: String?, into fields: inout [SchemaField]) {
        let required = (schema["required"]?.arrayValue ?? []).compactMap(\.stringValue)
        for (name, value) in schema["properties"]?.documentValue?.elements ?? [] {
            guard case .document(let inner) = value else { continue }
            let inside = path + [name]
            func expression(_ parts: [String]) -> BSONValue {
                .string((array == nil ? "$" : "$$each.") + parts.joined(separator: "."))
            }
            fields.append(
                SchemaField(
                    name: (array.map { "\($0)[]." } ?? "") + inside.joined(separator: "."), array: array,
                    value: expression(inside), parent: path.isEmpty ? nil : expression(path),
                    isRequired: required.contains(name), schema: inner))
            collect(inner, path: inside, array: array, into: &fields)
            if array == nil, let items = inner["items"]?.documentValue, items["properties"] != nil {
                collect(items, path: [], array: inside.joined(separator: "."), into: &fields)
            }
        }
    }

    /// The BSON types it may have, by their aliases; nil for any. `number` stands for four.
    var types: [String]? {
        let names: [String]
        switch schema["bsonType"] {
        case .string(let name)?: names = [name]
        case .array(let array)?: names = array.values.compactMap(\.stringValue)
        default: return nil
        }
        return names.flatMap { $0 == "number" ? ["int", "long", "double", "decimal"] : [$0] }
    }

    var isDate: Bool { types == ["date"] }
}
