import BSON
import Testing

@testable import QueryLanguage

/// Source: MongoDB manual, "$jsonSchema", "Available Keywords".
@Suite struct SchemaTests {
    private func accepts(_ schema: String, _ document: String) throws -> Bool {
        try !matching([Document(json: document)], ["$jsonSchema": .document(Document(json: schema))]).isEmpty
    }

    @Test(arguments: [
        (#"{}"#, #"{"a": 1}"#, true),
        (#"{"required": ["a", "b"]}"#, #"{"a": 1}"#, false),
        (#"{"required": ["a", "b"]}"#, #"{"a": 1, "b": null}"#, true),
        (#"{"properties": {"a": {"bsonType": "int"}}}"#, #"{"b": 1}"#, true),
        (#"{"properties": {"a": {"bsonType": "int"}}}"#, #"{"a": {"$numberLong": "1"}}"#, false),
        (#"{"properties": {"a": {"bsonType": ["int", "long"]}}}"#, #"{"a": {"$numberLong": "1"}}"#, true),
        (#"{"properties": {"a": {"type": "number"}}}"#, #"{"a": {"$numberDecimal": "1.5"}}"#, true),
        (#"{"properties": {"a": {"type": "number"}}}"#, #"{"a": [1]}"#, false),
        (#"{"properties": {"a": {"minimum": 3}}}"#, #"{"a": 3.0}"#, true),
        (#"{"properties": {"a": {"minimum": 3, "exclusiveMinimum": true}}}"#, #"{"a": 3}"#, false),
        (#"{"properties": {"a": {"maximum": 3}}}"#, #"{"a": "long text"}"#, true),
        (#"{"properties": {"a": {"maximum": 3}}}"#, #"{"a": {"$numberDecimal": "3.01"}}"#, false),
        (#"{"properties": {"a": {"multipleOf": 0.1}}}"#, #"{"a": 0.3}"#, true),
        (#"{"properties": {"a": {"multipleOf": 4}}}"#, #"{"a": 6}"#, false),
        (#"{"properties": {"a": {"maxLength": 3}}}"#, #"{"a": "日本語"}"#, true),
        (#"{"properties": {"a": {"minLength": 4}}}"#, #"{"a": "日本語"}"#, false),
        (#"{"properties": {"a": {"pattern": "^[a-z]+$"}}}"#, #"{"a": "Abc"}"#, false),
        (#"{"properties": {"a": {"enum": [1, "x", {"p": 1, "q": 2}]}}}"#, #"{"a": {"q": 2, "p": 1.0}}"#, true),
        (#"{"properties": {"a": {"enum": [1, "x"]}}}"#, #"{"a": 2}"#, false),
        (#"{"properties": {"a": {"minItems": 2}}}"#, #"{"a": [1]}"#, false),
        (#"{"properties": {"a": {"uniqueItems": true}}}"#, #"{"a": [1, "1", 1.0]}"#, false),
        (#"{"properties": {"a": {"items": {"minimum": 2}}}}"#, #"{"a": [2, "x", 1]}"#, false),
        (#"{"properties": {"a": {"items": [{"type": "string"}], "additionalItems": false}}}"#, #"{"a": ["x"]}"#, true),
        (
            #"{"properties": {"a": {"items": [{"type": "string"}], "additionalItems": false}}}"#, #"{"a": ["x", 1]}"#,
            false
        ),
        (
            #"{"properties": {"a": {"items": [{}], "additionalItems": {"type": "number"}}}}"#, #"{"a": ["x", 1, 2]}"#,
            true
        ),
        (#"{"properties": {"a": {"items": {"type": "number"}, "additionalItems": false}}}"#, #"{"a": [1, 2]}"#, true),
        (#"{"minProperties": 3}"#, #"{"a": 1, "b": 2}"#, false),
        (#"{"properties": {"a": {}}, "additionalProperties": false}"#, #"{"a": 1, "b": 2}"#, false),
        (
            #"{"properties": {"a": {}}, "patternProperties": {"^x": {"type": "string"}}, "additionalProperties": false}"#,
            #"{"a": 1, "xy": "s"}"#, true
        ),
        (#"{"patternProperties": {"^x": {"type": "string"}}}"#, #"{"xy": 1}"#, false),
        (#"{"additionalProperties": {"type": "string"}}"#, #"{"a": "s", "b": 1}"#, false),
        (#"{"dependencies": {"a": ["b"]}}"#, #"{"a": 1}"#, false),
        (#"{"dependencies": {"a": ["b"]}}"#, #"{"c": 1}"#, true),
        (#"{"dependencies": {"a": {"properties": {"b": {"minimum": 5}}}}}"#, #"{"a": 1, "b": 4}"#, false),
        (#"{"allOf": [{"required": ["a"]}, {"required": ["b"]}]}"#, #"{"a": 1}"#, false),
        (#"{"anyOf": [{"required": ["a"]}, {"required": ["b"]}]}"#, #"{"b": 1}"#, true),
        (#"{"oneOf": [{"required": ["a"]}, {"required": ["b"]}]}"#, #"{"a": 1, "b": 1}"#, false),
        (#"{"not": {"required": ["a"]}}"#, #"{"a": 1}"#, false),
        (
            #"{"properties": {"a": {"properties": {"b": {"type": "string"}}, "required": ["b"]}}}"#,
            #"{"a": {"b": 1}}"#, false
        ),
        (#"{"properties": {"a": {"required": ["b"]}}}"#, #"{"a": 5}"#, true),
        (#"{"title": "t", "description": "d", "bsonType": "object"}"#, #"{}"#, true),
    ])
    func keywords(_ schema: String, _ document: String, _ accepted: Bool) throws {
        #expect(try accepts(schema, document) == accepted)
    }

    @Test(arguments: [
        (#"{"nope": 1}"#, 9), (#"{"format": "date"}"#, 9), (#"{"properties": 1}"#, 14),
        (#"{"properties": {"a": 1}}"#, 14),
        (#"{"required": []}"#, 9), (#"{"required": [1]}"#, 14), (#"{"required": ["a", "a"]}"#, 9),
        (#"{"type": "integer"}"#, 9),
        (#"{"type": "nope"}"#, 2), (#"{"bsonType": "nope"}"#, 2), (#"{"type": "string", "bsonType": "string"}"#, 9),
        (#"{"minimum": "1"}"#, 14), (#"{"exclusiveMinimum": true}"#, 9), (#"{"multipleOf": 0}"#, 9),
        (#"{"minLength": -1}"#, 9),
        (#"{"maxItems": 1.5}"#, 9), (#"{"uniqueItems": 1}"#, 14), (#"{"enum": []}"#, 9), (#"{"enum": [1, 1.0]}"#, 9),
        (#"{"allOf": []}"#, 2), (#"{"not": 1}"#, 14), (#"{"pattern": "("}"#, 51091),
        (#"{"additionalProperties": 1}"#, 14),
    ])
    func malformedSchemas(_ schema: String, _ code: Int32) throws {
        let error = #expect(throws: AtelierError.self) { try self.accepts(schema, "{}") }
        #expect(error?.code.rawValue == code)
    }

    @Test func explainsWhatFailed() throws {
        let filter = try Document(
            json: """
                {"$jsonSchema": {"title": "order", "required": ["total", "items"], "properties": {
                    "total": {"bsonType": "decimal", "description": "money"},
                    "status": {"enum": ["open", "paid"]},
                    "items": {"items": {"required": ["sku"], "properties": {"n": {"minimum": 1}}}}},
                  "additionalProperties": false}}
                """)
        let document = try Document(
            json: #"{"total": 5, "status": "lost", "items": [{"sku": 1}, {"n": 0}], "extra": 1}"#)
        let matcher = try DocumentMatcher(filter)
        let text = try document.withView { try matcher.explanation(of: $0) }?.extendedJSON()
        #expect(
            text == """
                {"operatorName":"$jsonSchema","title":"order","schemaRulesNotSatisfied":[\
                {"operatorName":"properties","propertiesNotSatisfied":[\
                {"propertyName":"total","description":"money","details":[\
                {"operatorName":"bsonType","specifiedAs":{"bsonType":"decimal"},\
                "reason":"type did not match","consideredType":"int"}]},\
                {"propertyName":"status","details":[{"operatorName":"enum","specifiedAs":{"enum":["open","paid"]},\
                "reason":"value was not found in enum"}]},\
                {"propertyName":"items","details":[{"operatorName":"items",\
                "reason":"At least one item did not match the sub-schema","itemIndex":1,"details":[\
                {"operatorName":"properties","propertiesNotSatisfied":[{"propertyName":"n","details":[\
                {"operatorName":"minimum","specifiedAs":{"minimum":1},"reason":"comparison failed"}]}]},\
                {"operatorName":"required","specifiedAs":{"required":["sku"]},"missingProperties":["sku"]}]}]}]},\
                {"operatorName":"additionalProperties","specifiedAs":{"additionalProperties":false},\
                "additionalProperties":["extra"]}]}
                """)
        let good: Document = ["total": .decimal(Decimal128("5")!), "items": []]
        #expect(try good.withView { try matcher.explanation(of: $0) } == nil)
    }
}
