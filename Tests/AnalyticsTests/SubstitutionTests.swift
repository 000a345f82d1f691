import Analytics
import BSON
import Testing

@Suite struct SubstitutionTests {
    /// What a pipeline of these stages becomes.
    private func stages(_ pipeline: String, parameters: String, _ arguments: Document = [:]) throws -> String {
        let aggregation = try definition(pipeline: pipeline, parameters: parameters)
        let result = aggregation.stages(try aggregation.arguments(arguments))
        return BSONValue.array(BSONArray(documents: result)).extendedJSON()
    }

    private let dates =
        #"[{"name":"from","type":"date","description":"d"},{"name":"to","type":"date","description":"d"}]"#
    private let text = #"[{"name":"p","type":"string","description":"d"}]"#
    private let flag = #"[{"name":"p","type":"boolean","description":"d"}]"#

    @Test func presentParametersTakeTheirPlace() throws {
        let result = try stages(
            #"[{"$match":{"at":{"$gte":{"$param":"from"},"$lt":{"$param":"to"}}}}]"#, parameters: dates,
            ["from": "2010-01", "to": "2010-02-01T00:00:00+01:00"])
        #expect(
            result
                == #"[{"$match":{"at":{"$gte":{"$date":"2010-01-01T00:00:00Z"},"$lt":{"$date":"2010-01-31T23:00:00Z"}}}}]"#
        )
    }

    @Test func anAbsentParameterRemovesItsConditionAndNoMore() throws {
        let pipeline = #"[{"$match":{"kind":"sale","at":{"$gte":{"$param":"from"},"$lt":{"$param":"to"}}}}]"#
        #expect(
            try stages(pipeline, parameters: dates, ["to": "2010"])
                == #"[{"$match":{"kind":"sale","at":{"$lt":{"$date":"2010-01-01T00:00:00Z"}}}}]"#)
        #expect(try stages(pipeline, parameters: dates) == #"[{"$match":{"kind":"sale"}}]"#)
    }

    @Test(arguments: [
        // A $match without conditions matches everything; another stage without content goes.
        (#"[{"$match":{"a":{"$param":"p"}}}]"#, #"[{"$match":{}}]"#),
        (
            #"[{"$match":{"a":{"$param":"p"}}},{"$addFields":{"b":{"$param":"p"}}},{"$count":"n"}]"#,
            #"[{"$match":{}},{"$count":"n"}]"#
        ),
        // Lists lose an element, operands go together.
        (#"[{"$match":{"$or":[{"a":{"$param":"p"}},{"b":1}]}}]"#, #"[{"$match":{"$or":[{"b":1}]}}]"#),
        (
            #"[{"$match":{"$expr":{"$and":[{"$eq":["$a",{"$param":"p"}]},{"$gt":["$b",1]}]}}}]"#,
            #"[{"$match":{"$expr":{"$and":[{"$gt":["$b",1]}]}}}]"#
        ),
        (#"[{"$match":{"$expr":{"$and":[{"$eq":["$a",{"$param":"p"}]}]}}}]"#, #"[{"$match":{}}]"#),
        (#"[{"$match":{"a":{"$in":[{"$param":"p"},"x"]}}}]"#, #"[{"$match":{}}]"#),
        // Nested pipelines follow the same rule.
        (
            #"[{"$facet":{"x":[{"$match":{"a":{"$param":"p"}}},{"$count":"n"}]}}]"#,
            #"[{"$facet":{"x":[{"$match":{}},{"$count":"n"}]}}]"#
        ),
        (
            #"[{"$facet":{"x":[{"$addFields":{"b":{"$param":"p"}}},{"$count":"n"}]}}]"#,
            #"[{"$facet":{"x":[{"$count":"n"}]}}]"#
        ),
        // What was empty before stays.
        (
            #"[{"$match":{"a":{}}},{"$project":{"b":[],"c":{"$param":"p"}}}]"#,
            #"[{"$match":{"a":{}}},{"$project":{"b":[]}}]"#
        ),
    ])
    func absentParameters(pipeline: String, result: String) throws {
        #expect(try stages(pipeline, parameters: text) == result)
    }

    @Test func choicesFollowTheirParameter() throws {
        let pipeline =
            #"[{"$if":"p","then":{"$limit":1},"else":{"$limit":2}},{"$match":{"a":{"$if":"p","then":{"$ne":null}}}}]"#
        #expect(try stages(pipeline, parameters: flag, ["p": true]) == #"[{"$limit":1},{"$match":{"a":{"$ne":null}}}]"#)
        #expect(try stages(pipeline, parameters: flag, ["p": false]) == #"[{"$limit":2},{"$match":{}}]"#)
        #expect(try stages(pipeline, parameters: flag) == #"[{"$limit":2},{"$match":{}}]"#)
        #expect(
            try stages(pipeline, parameters: text, ["p": "given"]) == #"[{"$limit":1},{"$match":{"a":{"$ne":null}}}]"#)
    }

    /// A text from outside never becomes the name of a field.
    @Test func textsStayTexts() throws {
        let pipeline =
            #"[{"$match":{"a":{"$param":"p"},"$expr":{"$eq":["$b",{"$param":"p"}]}}},{"$project":{"c":{"$param":"p"},"d":{"$literal":{"$param":"p"}}}}]"#
        #expect(
            try stages(pipeline, parameters: text, ["p": "$total"])
                == #"[{"$match":{"a":"$total","$expr":{"$eq":["$b",{"$literal":"$total"}]}}},{"$project":{"c":{"$literal":"$total"},"d":{"$literal":"$total"}}}]"#
        )
        #expect(
            try stages(#"[{"$project":{"c":{"$param":"p"}}}]"#, parameters: text, ["p": "total"])
                == #"[{"$project":{"c":"total"}}]"#)
    }
}
