import BSON
import Testing

@testable import QueryLanguage

/// Source: MongoDB manual, "Query and Projection Operators", and what the recorded cases leave open.
@Suite struct FilterTests {
    private func matches(_ filter: String, _ document: String) throws -> Bool {
        try !matching([Document(json: document)], Document(json: filter)).isEmpty
    }

    @Test(arguments: [
        // Paths.
        (#"{"a.b": 1}"#, #"{"a": [{"b": 2}, {"b": 1}]}"#, true),
        (#"{"a.b": null}"#, #"{"a": [1, 2]}"#, false),
        (#"{"a.b": null}"#, #"{"a": 5}"#, true),
        (#"{"a.b": null}"#, #"{"a": []}"#, false),
        (#"{"a.b": {"$exists": false}}"#, #"{"a": [1, 2]}"#, true),
        (#"{"a.1": 7}"#, #"{"a": [0, 7]}"#, true),
        (#"{"a.0": 1}"#, #"{"a": [[1, 2]]}"#, false),
        (#"{"a.0.b": 3}"#, #"{"a": [{"b": 3}]}"#, true),
        (#"{"a.0.b": 3}"#, #"{"a": {"0": {"b": 3}}}"#, true),
        (#"{"a.01": 7}"#, #"{"a": [0, 7]}"#, false),
        (#"{"a": 1}"#, #"{"a": [[1]]}"#, false),
        (#"{"a": [1]}"#, #"{"a": [[1]]}"#, true),
        // Types apart.
        (#"{"a": {"$gt": 5}}"#, #"{"a": "x"}"#, false),
        (#"{"a": {"$lt": 5}}"#, #"{"a": {"$numberDouble": "NaN"}}"#, false),
        (#"{"a": {"$gte": {"$numberDouble": "NaN"}}}"#, #"{"a": {"$numberDecimal": "NaN"}}"#, true),
        (#"{"a": {"$gte": null}}"#, #"{"b": 1}"#, true),
        (#"{"a": {"$gt": null}}"#, #"{"a": null}"#, false),
        (#"{"a": null}"#, #"{"a": {"$undefined": true}}"#, false),
        (#"{"a": {"$gt": {"$minKey": 1}}}"#, #"{"a": "x"}"#, true),
        (#"{"a": {"$lt": {"$minKey": 1}}}"#, #"{"a": "x"}"#, false),
        (#"{"a": {"$eq": {"$numberLong": "9007199254740993"}}}"#, #"{"a": 9007199254740992.0}"#, false),
        // Members.
        (#"{"a": {"$in": [1, 2, 3, 4, 5, 6, 7, 8, 9, "x", null]}}"#, #"{"b": 1}"#, true),
        (#"{"a": {"$in": [1, 2, 3, 4, 5, 6, 7, 8, 9, 10.5]}}"#, #"{"a": {"$numberDecimal": "10.50"}}"#, true),
        (#"{"a": {"$nin": [{"$regularExpression": {"pattern": "^x", "options": ""}}]}}"#, #"{"a": "xy"}"#, false),
        (#"{"a": {"$in": []}}"#, #"{"a": 1}"#, false),
        (#"{"a": {"$all": []}}"#, #"{"a": []}"#, false),
        (#"{"a": {"$all": [[1, 2]]}}"#, #"{"a": [1, 2]}"#, true),
        // Elements.
        (#"{"a": {"$elemMatch": {"$gt": 1, "$lt": 3}}}"#, #"{"a": [0, 4]}"#, false),
        (#"{"a": {"$elemMatch": {"0": 5}}}"#, #"{"a": [[5]]}"#, true),
        (#"{"a": {"$elemMatch": {}}}"#, #"{"a": [1]}"#, false),
        (#"{"a": {"$elemMatch": {"$not": {"$gt": 3}}}}"#, #"{"a": [4, 2]}"#, true),
        (#"{"a": {"$elemMatch": {"$or": [{"x": 1}, {"y": 2}]}}}"#, #"{"a": [{"y": 2}]}"#, true),
        (#"{"a": {"$size": 0}}"#, #"{"a": []}"#, true),
        (#"{"a.b": {"$size": 2}}"#, #"{"a": [{"b": [1]}, {"b": [1, 2]}]}"#, true),
        // Numbers and bits.
        (#"{"a": {"$mod": [4, 0]}}"#, #"{"a": 8.9}"#, true),
        (#"{"a": {"$mod": [-1, 0]}}"#, #"{"a": {"$numberLong": "-9223372036854775808"}}"#, true),
        (#"{"a": {"$bitsAllSet": [1, 200]}}"#, #"{"a": -1}"#, true),
        (#"{"a": {"$bitsAnySet": [63]}}"#, #"{"a": 5}"#, false),
        (#"{"a": {"$bitsAllClear": 6}}"#, #"{"a": 9}"#, true),
        (#"{"a": {"$bitsAllSet": [8]}}"#, #"{"a": {"$binary": {"base64": "AAE=", "subType": "00"}}}"#, true),
        (#"{"a": {"$bitsAllSet": 1}}"#, #"{"a": 1.5}"#, false),
        // Others.
        (#"{"a": {"$type": "number"}}"#, #"{"a": ["x", {"$numberLong": "3"}]}"#, true),
        (#"{"a": {"$type": [2, -1]}}"#, #"{"a": {"$minKey": 1}}"#, true),
        (#"{"a": {"$regex": "B", "$options": "i"}}"#, #"{"a": ["abc"]}"#, true),
        (#"{"a": {"$not": {"$regex": "b"}}}"#, #"{"a": "abc"}"#, false),
        (#"{"a": {"$ref": "c", "$id": 5}}"#, #"{"a": {"$ref": "c", "$id": 5}}"#, true),
        (#"{"a.$id": 5}"#, #"{"a": {"$ref": "c", "$id": 5}}"#, true),
        (#"{"$comment": "why", "a": 1}"#, #"{"a": 1}"#, true),
        (#"{"$alwaysFalse": 1}"#, #"{"a": 1}"#, false),
        (#"{"$sampleRate": 1.0}"#, #"{"a": 1}"#, true),
        (#"{"a": {"$eq": {"$gt": 1}}}"#, #"{"a": {"$gt": 1}}"#, true),
    ])
    func matchesOrNot(_ filter: String, _ document: String, _ expected: Bool) throws {
        #expect(try matches(filter, document) == expected, "\(filter) on \(document)")
    }

    @Test(arguments: [
        (#"{"$nope": 1}"#, 2), (#"{"a": {"$nope": 1}}"#, 2), (#"{"$and": []}"#, 2), (#"{"$or": [1]}"#, 2),
        (#"{"a": {"$gt": 1, "b": 2}}"#, 2), (#"{"a": {"$type": []}}"#, 9), (#"{"a": {"$type": {}}}"#, 14),
        (#"{"a": {"$mod": [{"$numberDouble": "NaN"}, 1]}}"#, 2), (#"{"a": {"$bitsAnySet": 1.5}}"#, 9),
        (#"{"a": {"$bitsAnySet": [-1]}}"#, 2), (#"{"a": {"$not": {}}}"#, 2),
        (#"{"a": {"$ne": {"$regularExpression": {"pattern": "x", "options": ""}}}}"#, 2),
        (#"{"a": {"$elemMatch": {"$expr": true}}}"#, 2), (#"{"$where": "true"}"#, 2), (#"{"$alwaysTrue": 2}"#, 9),
        (#"{"$sampleRate": 2}"#, 2), (#"{"a": {"$undefined": true}}"#, 2),
        (#"{"a": {"$all": [{"$elemMatch": {"x": 1}}, 5]}}"#, 2),
    ])
    func malformedFilters(_ filter: String, _ code: Int32) throws {
        let error = #expect(throws: AtelierError.self) { try matches(filter, "{}") }
        #expect(error?.code.rawValue == code, "\(filter): \(error?.message ?? "")")
    }

    /// What `$` stands for: the outermost array's element, by the last condition that found one.
    @Test(
        arguments: [
            (#"{"a": 3}"#, #"{"a": [1, 2, 3]}"#, 2),
            (#"{"a.b": 3}"#, #"{"a": [{"b": [1]}, {"b": [0, 3]}]}"#, 1),
            (#"{"a": {"$elemMatch": {"$gt": 1}}}"#, #"{"a": [1, 2, 3]}"#, 1),
            (#"{"a": 3, "b": 9}"#, #"{"a": [1, 2, 3], "b": [9]}"#, 0),
            (#"{"$or": [{"a": 3}]}"#, #"{"a": [1, 2, 3]}"#, 2),
            (#"{"a": 3}"#, #"{"a": 3}"#, nil),
            (#"{"$or": [{"a": 3}, {"a": 4}]}"#, #"{"a": [1, 2, 3]}"#, nil),
            (#"{"a": {"$ne": 7}}"#, #"{"a": [1, 2, 3]}"#, nil),
        ] as [(String, String, Int?)])
    func matchedPosition(_ filter: String, _ document: String, _ position: Int?) throws {
        let compiler = Compiler(now: 0)
        let predicate = try Document(json: filter).withView { try compiler.filter($0) }
        let scope = compiler.makeScope()
        try Document(json: document).withView { view in
            scope.assign(compiler.shape.base!, .document(view))
            let matched = try predicate.matches(scope)
            #expect(matched)
            #expect(scope.matchedPosition == position)
        }
    }
}
