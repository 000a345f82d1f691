import BSON
import Testing

@testable import DocumentStore

/// MongoDB's `errInfo` of a refused document, in words. Source of the shapes: MongoDB manual, "Schema Validation".
@Suite struct ValidationFailureTests {
    @Test(arguments: [
        (
            #"[{"operatorName":"required","specifiedAs":{"required":["a","b"]},"missingProperties":["a","b"]}]"#,
            "missing a, b"
        ),
        (
            #"[{"operatorName":"properties","propertiesNotSatisfied":[{"propertyName":"total","details":[{"operatorName":"bsonType","specifiedAs":{"bsonType":"decimal"},"reason":"type did not match","consideredType":"string"}]}]}]"#,
            "total is string, not decimal"
        ),
        (
            #"[{"operatorName":"properties","propertiesNotSatisfied":[{"propertyName":"items","details":[{"operatorName":"items","itemIndex":1,"details":[{"operatorName":"properties","propertiesNotSatisfied":[{"propertyName":"quantity","details":[{"operatorName":"minimum","specifiedAs":{"minimum":1}}]}]},{"operatorName":"required","missingProperties":["productId"]}]}]}]}]"#,
            "items[1].quantity does not satisfy minimum 1; missing items[1].productId"
        ),
        (
            #"[{"operatorName":"properties","propertiesNotSatisfied":[{"propertyName":"kind","details":[{"operatorName":"enum","specifiedAs":{"enum":["sale","return"]}}]}]}]"#,
            "kind is none of sale, return"
        ),
        (#"[{"operatorName":"additionalProperties","additionalProperties":["x"]}]"#, "unknown fields x"),
    ])
    func namesFieldsAndRules(_ rules: String, _ words: String) throws {
        let details = try Document(
            json: #"{"errInfo":{"details":{"operatorName":"$jsonSchema","schemaRulesNotSatisfied":\#(rules)}}}"#)
        #expect(ValidationFailure.summary(of: details) == words)
    }

    @Test func saysNothingWhereNothingIsSaid() throws {
        #expect(ValidationFailure.summary(of: ["errInfo": ["failingDocumentId": 1]]) == nil)
        #expect(ValidationFailure.summary(of: ["keyValue": ["_id": 1]]) == nil)
        #expect(ValidationFailure.summary(of: [:]) == nil)
    }

    @Test func aFailedWriteCarriesItAsAdvice() throws {
        let entry = try Document(
            json:
                #"{"index":0,"code":121,"errmsg":"Document failed validation","errInfo":{"details":{"operatorName":"$jsonSchema","schemaRulesNotSatisfied":[{"operatorName":"required","missingProperties":["status"]}]}}}"#
        )
        let error = WriteError(entry, offset: 3).asAtelierError
        #expect(error.advice == "missing status")
        #expect(error.location == "write 3")
        #expect(error.message == "Document failed validation")
    }
}
