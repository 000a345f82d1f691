import BSON
import Testing

@testable import Worker

@Suite struct SchemaTests {
    private static let schema = Schema.object([
        .required("name", .string, "N"),
        .optional("mode", .choice("fast", "slow").defaulting(to: "fast"), "M"),
        .optional("count", .integer(1...10), "C"),
        .optional("least", .integer(from: 0), "L"),
        .optional("ratio", .number, "R"),
        .optional("hint", .either(.string, .document), "H"),
        .optional("tags", .array(of: .string, minimumCount: 1), "T"),
        .optional("parts", .array(of: .openObject([.required("id", .integer(from: 0), "I")])), "P"),
        .optional("nothing", .null, "0"),
        .optional("anything", .any, "*"),
    ])

    @Test(
        "What fits is accepted",
        arguments: [
            #"{"name":""}"#, #"{"name":"a","mode":"slow","count":10,"least":0,"ratio":0.5}"#,
            #"{"name":"a","count":{"$numberDecimal":"3"}}"#,
            #"{"name":"a","hint":"x"}"#, #"{"name":"a","hint":{"x":1}}"#, #"{"name":"a","tags":["x"],"parts":[]}"#,
            #"{"name":"a","parts":[{"id":1,"more":[]}],"nothing":null,"anything":{"$oid":"0123456789abcdef01234567"}}"#,
            #"{"name":"a","ratio":{"$numberDecimal":"1.5"},"least":{"$numberLong":"9223372036854775807"}}"#,
        ])
    func accepted(_ json: String) throws {
        let value = try BSONValue(json: json)
        try value.withValue { try SchemaTests.schema.check($0, at: "v") }
    }

    @Test(
        "What does not is refused, with the first place that does not fit",
        arguments: [
            ("[]", "v", "expected an object, found an array"), ("{}", "v.name", "is required: expected a string"),
            (#"{"name":1}"#, "v.name", "expected a string, found an integer"),
            (#"{"name":null}"#, "v.name", "expected a string, found null"),
            (#"{"name":{"$date":"2026-01-01T00:00:00Z"}}"#, "v.name", "expected a string, found a date"),
            (#"{"name":"a","mode":"medium"}"#, "v.mode", #"expected one of "fast", "slow", found another string"#),
            (#"{"name":"a","mode":7}"#, "v.mode", #"expected one of "fast", "slow", found an integer"#),
            (
                #"{"name":"a","count":11}"#, "v.count",
                "expected an integer from 1 to 10, found an integer outside that range"
            ),
            (#"{"name":"a","count":1.5}"#, "v.count", "expected an integer from 1 to 10, found another number"),
            (#"{"name":"a","count":true}"#, "v.count", "expected an integer from 1 to 10, found a boolean"),
            (#"{"name":"a","ratio":"1"}"#, "v.ratio", "expected a number, found a string"),
            (#"{"name":"a","hint":3}"#, "v.hint", "expected a string or an object, found an integer"),
            (#"{"name":"a","tags":[]}"#, "v.tags", "expected a non-empty array of strings, found an empty one"),
            (#"{"name":"a","tags":["x",1]}"#, "v.tags[1]", "expected a string, found an integer"),
            (#"{"name":"a","parts":[{"id":1},{}]}"#, "v.parts[1].id", "is required: expected an integer of at least 0"),
            (#"{"name":"a","nothing":0}"#, "v.nothing", "expected null, found an integer"),
            (#"{"name":"a","nmae":"b"}"#, "v.nmae", "no such parameter; did you mean `name`?"),
            (#"{"name":"a","name":"b"}"#, "v.name", "appears twice"),
        ])
    func refused(_ json: String, path: String, message: String) throws {
        let value = try BSONValue(json: json)
        let violation = #expect(throws: SchemaViolation.self) {
            try value.withValue { try SchemaTests.schema.check($0, at: "v") }
        }
        #expect(violation?.path == path)
        #expect(violation?.message == message)
    }

    @Test("A schema describes itself as JSON Schema")
    func json() {
        let schema = Schema.object([
            .required("name", .string, "N"), .optional("mode", .choice("fast", "slow").defaulting(to: "fast"), "M"),
            .optional("tags", .array(of: .integer(1...9), minimumCount: 1), "T"),
            .optional("hint", .either(.null, .document), "H"),
        ])
        #expect(
            schema.json.extendedJSON() == #"{"type":"object","properties":{"name":{"type":"string","description":"N"},"#
                + #""mode":{"type":"string","enum":["fast","slow"],"description":"M","default":"fast"},"#
                + #""tags":{"type":"array","items":{"type":"integer","minimum":1,"maximum":9},"minItems":1,"description":"T"},"#
                + #""hint":{"anyOf":[{"type":"null"},{"type":"object"}],"description":"H"}},"#
                + #""required":["name"],"additionalProperties":false}"#)
    }
}
