import BSON

/// Why a validator refused a document, in words.
///
/// Source: MongoDB manual, "Schema Validation", `errInfo.details`. It holds the names of fields and rules; values are left out.
public enum ValidationFailure {
    /// Reads a refusal's `errInfo`: `missing customerId, items; orderedAt is string, not date; total: minimum`.
    ///
    /// - Parameter error: what holds the `errInfo`: a write error, or an error's details.
    /// - Returns: nil where there is no `errInfo`, or it does not say.
    public static func summary(of error: Document) -> String? {
        guard let details = error["errInfo"]?.documentValue?["details"]?.documentValue else { return nil }
        let sentences = rules(details["schemaRulesNotSatisfied"]).flatMap { self.sentences($0, at: "") }
        return sentences.isEmpty ? nil : sentences.joined(separator: "; ")
    }

    /// What one rule that was not satisfied says about the value at a path.
    private static func sentences(_ rule: Document, at path: String) -> [String] {
        let name = rule["operatorName"]?.stringValue ?? "a rule"
        switch name {
        case "required": return ["missing \(names(rule["missingProperties"], below: path))"]
        case "additionalProperties":
            return ["unknown fields \(names(rule["additionalProperties"], below: path))"]
        case "properties", "patternProperties":
            return rules(rule["propertiesNotSatisfied"] ?? rule["details"]).flatMap { property in
                let inner = joined(path, property["propertyName"]?.stringValue ?? "?")
                return rules(property["details"]).flatMap { sentences($0, at: inner) }
            }
        case "items", "additionalItems":
            let inner = "\(path)[\(rule["itemIndex"]?.integerValue.map(String.init) ?? "")]"
            let found = rules(rule["details"]).flatMap { sentences($0, at: inner) }
            return found.isEmpty ? ["\(inner): one item too many"] : found
        case "dependencies":
            return rules(rule["failingDependencies"]).map { dependency in
                "missing \(names(dependency["missingProperties"], below: path)), which "
                    + "\(joined(path, dependency["conditionalProperty"]?.stringValue ?? "?")) calls for"
            }
        case "bsonType", "type":
            let wanted = listed(rule["specifiedAs"]?.documentValue?[name], between: " or ")
            let found = rule["consideredType"]?.stringValue ?? "of another type"
            return ["\(subject(path)) is \(found)" + (wanted.isEmpty ? "" : ", not \(wanted)")]
        case "enum":
            return ["\(subject(path)) is none of \(listed(rule["specifiedAs"]?.documentValue?[name], between: ", "))"]
        case "anyOf", "oneOf", "allOf":
            return ["\(subject(path)) satisfies too few or too many of the schemas in \(name)"]
        default:
            let limit = listed(rule["specifiedAs"]?.documentValue?[name], between: ", ")
            return ["\(subject(path)) does not satisfy \(name)" + (limit.isEmpty ? "" : " \(limit)")]
        }
    }

    private static func subject(_ path: String) -> String { path.isEmpty ? "the document" : path }

    private static func joined(_ path: String, _ name: String) -> String { path.isEmpty ? name : "\(path).\(name)" }

    private static func rules(_ value: BSONValue?) -> [Document] {
        (value?.arrayValue ?? []).compactMap(\.documentValue)
    }

    private static func names(_ value: BSONValue?, below path: String) -> String {
        (value?.arrayValue ?? []).compactMap(\.stringValue).map { joined(path, $0) }.joined(separator: ", ")
    }

    /// What a rule demands: a schema's own words, never a document's.
    private static func listed(_ value: BSONValue?, between separator: String) -> String {
        switch value {
        case nil: ""
        case .array(let values)?: values.values.map { listed($0, between: separator) }.joined(separator: separator)
        case .string(let text)?: text
        case let value?: value.extendedJSON()
        }
    }
}

extension WriteError {
    /// Why a validator refused the document, in words; nil for every other error.
    public var refusal: String? { details.flatMap { ValidationFailure.summary(of: $0) } }
}
