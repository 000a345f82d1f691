import Analytics
import BSON

extension SavedAggregation {
    /// The JSON Schema of the aggregation's parameters.
    var parameterSchema: Document {
        Document { writer in
            writer.append("type", BSONValue.string("object"))
            writer.document("properties") { writer in
                for parameter in parameters { writer.append(parameter.name, .document(parameter.schema)) }
            }
            let required = parameters.filter { $0.isRequired && $0.defaultValue == nil }.map {
                BSONValue.string($0.name)
            }
            if !required.isEmpty { writer.append("required", .array(BSONArray(required))) }
            writer.append("additionalProperties", BSONValue.bool(false))
        }
    }
}

extension Parameter {
    fileprivate var schema: Document {
        Document { writer in
            switch type {
            case .string, .date: writer.append("type", BSONValue.string("string"))
            case .integer: writer.append("type", BSONValue.string("integer"))
            case .boolean: writer.append("type", BSONValue.string("boolean"))
            case .number: writer.append("type", BSONValue.string("number"))
            case .decimal: writer.append("type", .array(["string", "number"]))
            }
            if type == .date { writer.append("format", BSONValue.string("date-time")) }
            if !values.isEmpty { writer.append("enum", .array(BSONArray(values.map { .string($0) }))) }
            if let minimum { writer.append("minimum", Parameter.number(minimum)) }
            if let maximum { writer.append("maximum", Parameter.number(maximum)) }
            writer.append("description", BSONValue.string(description))
            if let defaultValue { writer.append("default", defaultValue) }
        }
    }

    private static func number(_ bound: Double) -> BSONValue {
        Int64(exactly: bound).map { .integer($0) } ?? .double(bound)
    }
}
