import BSON
import Testing

@testable import QueryLanguage

/// Operators that came after MongoDB 4.2; the values are the manual's examples or follow from its text.
@Suite struct NewerOperatorTests {
    @Test(arguments: [
        ExpressionCase(#"{"$first": [[1, 2]]}"#, "1"),
        ExpressionCase(#"{"$last": "$a"}"#, on: #"{"a": [1, 2]}"#, "2"),
        ExpressionCase(#"{"$first": [[]]}"#, .missing),
        ExpressionCase(#"{"$first": "$missing"}"#, "null"),
        ExpressionCase(#"{"$last": 5}"#, .error(28689)),
        ExpressionCase(#"{"$firstN": {"n": 2, "input": [1, null, 3]}}"#, "[1, null]"),
        ExpressionCase(#"{"$lastN": {"n": 2, "input": [1, null, 3]}}"#, "[null, 3]"),
        ExpressionCase(#"{"$firstN": {"n": 9, "input": [1]}}"#, "[1]"),
        ExpressionCase(#"{"$maxN": {"n": 2, "input": [3, null, "a", 1]}}"#, #"["a", 3]"#),
        ExpressionCase(#"{"$minN": {"n": 2, "input": [3, null, "a", 1]}}"#, "[1, 3]"),
        ExpressionCase(#"{"$maxN": {"n": 0, "input": []}}"#, .error(5_787_908)),
        ExpressionCase(#"{"$maxN": {"n": 1.5, "input": []}}"#, .error(5_787_903)),
        ExpressionCase(#"{"$maxN": {"n": 1, "input": "$missing"}}"#, .error(5_788_200)),
        ExpressionCase(#"{"$filter": {"input": [1, 2, 3, 4], "cond": {"$gt": ["$$this", 1]}, "limit": 2}}"#, "[2, 3]"),
        ExpressionCase(#"{"$filter": {"input": [1, 2], "cond": true, "limit": null}}"#, "[1, 2]"),
        ExpressionCase(#"{"$filter": {"input": [1, 2], "cond": true, "limit": 0}}"#, .error(327_392)),
        ExpressionCase(#"{"$sortArray": {"input": [1, 4, 1, 6, 12, 5], "sortBy": 1}}"#, "[1, 1, 4, 5, 6, 12]"),
        ExpressionCase(
            #"{"$sortArray": {"input": "$team", "sortBy": {"age": -1, "name": 1}}}"#,
            on: #"{"team": [{"name": "b", "age": 1}, {"name": "a", "age": 1}, {"name": "c", "age": 2}]}"#,
            #"[{"name": "c", "age": 2}, {"name": "a", "age": 1}, {"name": "b", "age": 1}]"#),
        ExpressionCase(
            #"{"$sortArray": {"input": "$team", "sortBy": {"at.city": -1}}}"#,
            on: #"{"team": [{"at": {"city": "A"}}, {"at": {"city": "B"}}, {}]}"#,
            #"[{"at": {"city": "B"}}, {"at": {"city": "A"}}, {}]"#),
        ExpressionCase(#"{"$sortArray": {"input": null, "sortBy": -1}}"#, "null"),
        ExpressionCase(#"{"$sortArray": {"input": 5, "sortBy": -1}}"#, .error(2_942_504)),
        ExpressionCase(#"{"$sortArray": {"input": [], "sortBy": 2}}"#, .error(2_942_507)),
    ])
    func arrays(_ expressionCase: ExpressionCase) throws { try expressionCase.check() }

    @Test(arguments: [
        ExpressionCase(#"{"$getField": "a.b"}"#, on: #"{"a.b": 1, "a": {"b": 2}}"#, "1"),
        ExpressionCase(#"{"$getField": {"$literal": "$price"}}"#, on: #"{"$price": 5}"#, "5"),
        ExpressionCase(#"{"$getField": {"field": "x", "input": {"x": 3}}}"#, "3"),
        ExpressionCase(#"{"$getField": {"field": "x", "input": [{"x": 3}]}}"#, .missing),
        ExpressionCase(#"{"$getField": {"field": "x", "input": null}}"#, "null"),
        ExpressionCase(
            #"{"$getField": {"field": {"$concat": ["a", ".", "b"]}, "input": "$$ROOT"}}"#, on: #"{"a.b": 1}"#, "1"),
        ExpressionCase(#"{"$getField": {"field": 5, "input": "$$ROOT"}}"#, .error(5_654_602)),
        ExpressionCase(
            #"{"$setField": {"field": "price.usd", "input": "$$ROOT", "value": "$price"}}"#,
            on: #"{"_id": 1, "price": 9}"#,
            #"{"_id": 1, "price": 9, "price.usd": 9}"#),
        ExpressionCase(
            #"{"$setField": {"field": {"$literal": "$price"}, "input": "$$ROOT", "value": 7}}"#,
            on: #"{"$price": 5, "b": 1}"#,
            #"{"$price": 7, "b": 1}"#),
        ExpressionCase(
            #"{"$setField": {"field": "a", "input": "$$ROOT", "value": "$$REMOVE"}}"#, on: #"{"a": 5, "b": 1}"#,
            #"{"b": 1}"#),
        ExpressionCase(#"{"$unsetField": {"field": "a", "input": "$$ROOT"}}"#, on: #"{"a": 5, "b": 1}"#, #"{"b": 1}"#),
        ExpressionCase(#"{"$unsetField": {"field": "a", "input": null}}"#, "null"),
        ExpressionCase(#"{"$setField": {"field": "$a", "input": "$$ROOT", "value": 1}}"#, .error(4_161_108)),
        ExpressionCase(#"{"$setField": {"field": "a", "input": 3, "value": 1}}"#, .error(4_161_105)),
    ])
    func objects(_ expressionCase: ExpressionCase) throws { try expressionCase.check() }

    @Test(arguments: [
        ExpressionCase(
            #"{"$replaceOne": {"input": "blue paint blue", "find": "blue", "replacement": "red"}}"#,
            #""red paint blue""#),
        ExpressionCase(
            #"{"$replaceAll": {"input": "blue paint blue", "find": "blue", "replacement": "red"}}"#, #""red paint red""#
        ),
        ExpressionCase(#"{"$replaceAll": {"input": "ab", "find": "", "replacement": "-"}}"#, #""-a-b-""#),
        ExpressionCase(#"{"$replaceOne": {"input": "ab", "find": "x", "replacement": "-"}}"#, #""ab""#),
        ExpressionCase(#"{"$replaceOne": {"input": "$missing", "find": "x", "replacement": "-"}}"#, "null"),
        ExpressionCase(#"{"$replaceOne": {"input": 5, "find": null, "replacement": "-"}}"#, .error(51746)),
        ExpressionCase(#"{"$replaceOne": {"input": "a", "find": 5, "replacement": "-"}}"#, .error(51745)),
        ExpressionCase(#"{"$binarySize": "é"}"#, "2"),
        ExpressionCase(#"{"$binarySize": {"$binary": {"base64": "AQID", "subType": "00"}}}"#, "3"),
        ExpressionCase(#"{"$binarySize": 5}"#, .error(51276)),
        ExpressionCase(#"{"$bsonSize": "$$ROOT"}"#, on: "{}", "5"),
        ExpressionCase(#"{"$bsonSize": "x"}"#, .error(31393)),
        ExpressionCase(#"{"$isNumber": {"$numberDecimal": "1"}}"#, "true"),
        ExpressionCase(#"{"$isNumber": "1"}"#, "false"),
        ExpressionCase(
            #"{"$regexFind": {"input": "Colleen", "regex": "(C(ar)*)ol"}}"#,
            #"{"match": "Col", "idx": 0, "captures": ["C", null]}"#),
        ExpressionCase(
            #"{"$regexFind": {"input": "métier", "regex": "TIER", "options": "i"}}"#,
            #"{"match": "tier", "idx": 2, "captures": []}"#),
        ExpressionCase(
            #"{"$regexFindAll": {"input": "éab", "regex": ""}}"#,
            #"[{"match": "", "idx": 0, "captures": []}, {"match": "", "idx": 1, "captures": []}, {"match": "", "idx": 2, "captures": []}]"#
        ),
        ExpressionCase(
            #"{"$regexFindAll": {"input": "", "regex": "x*"}}"#, #"[{"match": "", "idx": 0, "captures": []}]"#),
        ExpressionCase(#"{"$regexMatch": {"input": "a", "regex": "("}}"#, .error(51111)),
        ExpressionCase(#"{"$regexMatch": {"input": "a", "regex": "a", "options": "g"}}"#, .error(51108)),
        ExpressionCase(#"{"$regexMatch": {"input": null, "regex": "a"}}"#, "false"),
    ])
    func stringsAndSizes(_ expressionCase: ExpressionCase) throws { try expressionCase.check() }

    @Test(arguments: [
        ExpressionCase(#"{"$bitAnd": [5, 3]}"#, "1"),
        ExpressionCase(#"{"$bitAnd": []}"#, "-1"),
        ExpressionCase(#"{"$bitOr": [5, {"$numberLong": "2"}]}"#, #"{"$numberLong": "7"}"#),
        ExpressionCase(#"{"$bitXor": [5, 1]}"#, "4"),
        ExpressionCase(#"{"$bitNot": 5}"#, "-6"),
        ExpressionCase(#"{"$bitNot": 1.0}"#, .error(14)),
        ExpressionCase(#"{"$bitAnd": [1, "$x"]}"#, "null"),
        ExpressionCase(#"{"$bitOr": [1, 2.0]}"#, .error(14)),
        ExpressionCase(#"{"$sinh": 0}"#, "0.0"),
        ExpressionCase(#"{"$cosh": 0}"#, "1.0"),
        ExpressionCase(#"{"$tanh": "x"}"#, .error(28765)),
        ExpressionCase(#"{"$ifNull": [null, "$x", 3]}"#, "3"),
        ExpressionCase(#"{"$ifNull": [1]}"#, .error(1_257_300)),
        ExpressionCase(#"{"$round": [2.675, 2]}"#, "2.67"),
        ExpressionCase(#"{"$round": [{"$numberDecimal": "2.675"}, 2]}"#, #"{"$numberDecimal": "2.68"}"#),
        ExpressionCase(#"{"$round": 2.5}"#, "2.0"),
        ExpressionCase(#"{"$round": [1450, -2]}"#, "1400"),
        ExpressionCase(#"{"$round": [{"$numberInt": "2147483647"}, -1]}"#, #"{"$numberLong": "2147483650"}"#),
        ExpressionCase(#"{"$trunc": [-7.849, 1]}"#, "-7.8"),
        ExpressionCase(
            #"{"$percentile": {"input": [10, 20, 30], "p": [0, 0.5, 0.95, 1], "method": "approximate"}}"#,
            "[10.0, 20.0, 30.0, 30.0]"),
        ExpressionCase(#"{"$percentile": {"input": ["x"], "p": [0.5], "method": "approximate"}}"#, "[null]"),
        ExpressionCase(#"{"$percentile": {"input": 5, "p": [2], "method": "approximate"}}"#, .error(7_750_303)),
        ExpressionCase(#"{"$median": {"input": [67, 81, 80], "method": "approximate"}}"#, "80.0"),
        ExpressionCase(#"{"$median": {"input": null, "method": "approximate"}}"#, "null"),
        ExpressionCase(#"{"$median": {"input": 1, "method": "exact"}}"#, .error(2)),
        ExpressionCase(#"{"$tsSecond": {"$timestamp": {"t": 1622731060, "i": 3}}}"#, #"{"$numberLong": "1622731060"}"#),
        ExpressionCase(#"{"$tsIncrement": {"$timestamp": {"t": 1622731060, "i": 3}}}"#, #"{"$numberLong": "3"}"#),
        ExpressionCase(#"{"$tsSecond": 5}"#, .error(5_687_301)),
        // The manual's example.
        ExpressionCase(#"{"$toHashedIndexKey": "string to hash"}"#, #"{"$numberLong": "763543691661428748"}"#),
        ExpressionCase(
            #"{"$eq": [{"$toHashedIndexKey": 7}, {"$toHashedIndexKey": {"$numberDecimal": "7.9"}}]}"#, "true"),
        ExpressionCase(#"{"$function": {"body": "x", "args": [], "lang": "js"}}"#, .error(31264)),
    ])
    func numbersAndOthers(_ expressionCase: ExpressionCase) throws { try expressionCase.check() }

    @Test func randomNumbersLieBelowOneAndDiffer() throws {
        let (a, b) = try Document(json: #"{"e": {"$rand": {}}}"#).withView { view in
            let compiler = Compiler(now: 0)
            let random = try compiler.expression(view.find("e"))
            let scope = compiler.makeScope()
            return (try random.evaluate(scope).asDouble, try random.evaluate(scope).asDouble)
        }
        #expect(0..<1 ~= a && 0..<1 ~= b && a != b)
        try ExpressionCase(#"{"$rand": 1}"#, .error(3_040_501)).check()
    }
}
