import BSON
import Testing

@testable import QueryLanguage

/// Source: MongoDB manual, "Project Fields to Return from Query", "$slice (projection)", "$elemMatch (projection)",
/// "$ (projection)", and the 4.4 release notes on projections.
@Suite struct ProjectionTests {
    private func project(_ projection: String, _ document: String, filter: String = "{}") throws -> String {
        let result = try find(
            [Document(json: document)],
            ["filter": .document(Document(json: filter)), "projection": .document(Document(json: projection))])
        return result.map { $0.extendedJSON() }.joined()
    }

    @Test(arguments: [
        (#"{}"#, #"{"_id": 1, "a": 2}"#, #"{"_id":1,"a":2}"#),
        (#"{"b": 1}"#, #"{"_id": 1, "a": 2, "b": 3}"#, #"{"_id":1,"b":3}"#),
        (#"{"b": 1, "a": 1, "_id": 0}"#, #"{"_id": 1, "a": 2, "b": 3}"#, #"{"a":2,"b":3}"#),
        (#"{"a": 0}"#, #"{"_id": 1, "a": 2, "b": 3}"#, #"{"_id":1,"b":3}"#),
        (#"{"a": 0, "_id": 1}"#, #"{"_id": 1, "a": 2, "b": 3}"#, #"{"_id":1,"b":3}"#),
        (#"{"_id": 1}"#, #"{"_id": 1, "a": 2}"#, #"{"_id":1}"#),
        (#"{"_id": 0}"#, #"{"_id": 1, "a": 2}"#, #"{"a":2}"#),
        (
            #"{"a.b": 1}"#, #"{"_id": 1, "a": [{"b": 1, "c": 2}, 5, [{"b": 3}], {"c": 4}]}"#,
            #"{"_id":1,"a":[{"b":1},[{"b":3}],{}]}"#
        ),
        (#"{"a.b": 0}"#, #"{"_id": 1, "a": [{"b": 1, "c": 2}, 5, [{"b": 3}]]}"#, #"{"_id":1,"a":[{"c":2},5,[{}]]}"#),
        (#"{"a": {"b": 1, "c": 1}}"#, #"{"_id": 1, "a": {"b": 1, "c": 2, "d": 3}}"#, #"{"_id":1,"a":{"b":1,"c":2}}"#),
        (#"{"a.b": 1}"#, #"{"_id": 1, "a": 5}"#, #"{"_id":1}"#),
        // Computed fields follow what is kept, in the order of the specification.
        (#"{"x": {"$add": ["$a", 1]}, "b": 1}"#, #"{"_id": 1, "a": 2, "b": 3}"#, #"{"_id":1,"b":3,"x":3}"#),
        (#"{"a": "$b", "b": 1}"#, #"{"_id": 1, "a": 2, "b": 3}"#, #"{"_id":1,"b":3,"a":3}"#),
        (#"{"n.x": "text"}"#, #"{"_id": 1, "n": [1, {"y": 2}]}"#, #"{"_id":1,"n":[{"x":"text"},{"x":"text"}]}"#),
        (#"{"n.x": {"$literal": 1}}"#, #"{"_id": 1}"#, #"{"_id":1,"n":{"x":1}}"#),
        (#"{"gone": "$missing"}"#, #"{"_id": 1, "gone": 2}"#, #"{"_id":1}"#),
        // $slice alone keeps the other fields.
        (#"{"a": {"$slice": 2}}"#, #"{"_id": 1, "a": [1, 2, 3], "b": 4}"#, #"{"_id":1,"a":[1,2],"b":4}"#),
        (#"{"a": {"$slice": -2}, "b": 0}"#, #"{"_id": 1, "a": [1, 2, 3], "b": 4}"#, #"{"_id":1,"a":[2,3]}"#),
        (
            #"{"a": {"$slice": [1, 1]}, "b": 1}"#, #"{"_id": 1, "a": [1, 2, 3], "b": 4, "c": 5}"#,
            #"{"_id":1,"a":[2],"b":4}"#
        ),
        (#"{"a": {"$slice": [-5, 2]}}"#, #"{"_id": 1, "a": [1, 2, 3]}"#, #"{"_id":1,"a":[1,2]}"#),
        (#"{"a": {"$slice": [9, 2]}}"#, #"{"_id": 1, "a": [1, 2, 3]}"#, #"{"_id":1,"a":[]}"#),
        (#"{"a.b": {"$slice": 1}}"#, #"{"_id": 1, "a": [{"b": [1, 2], "c": 3}]}"#, #"{"_id":1,"a":[{"b":[1],"c":3}]}"#),
        (#"{"a": {"$slice": 1}}"#, #"{"_id": 1, "a": 7}"#, #"{"_id":1,"a":7}"#),
        // $elemMatch alone keeps `_id` and itself, after the other fields.
        (
            #"{"a": {"$elemMatch": {"x": 2}}}"#, #"{"_id": 1, "a": [{"x": 1}, {"x": 2, "y": 3}], "b": 4}"#,
            #"{"_id":1,"a":[{"x":2,"y":3}]}"#
        ),
        (
            #"{"a": {"$elemMatch": {"x": 2}}, "b": 1}"#, #"{"_id": 1, "a": [{"x": 2}], "b": 4}"#,
            #"{"_id":1,"b":4,"a":[{"x":2}]}"#
        ),
        (#"{"a": {"$elemMatch": {"$gt": 1}}}"#, #"{"_id": 1, "a": [1, 2, 3]}"#, #"{"_id":1,"a":[2]}"#),
        (#"{"a": {"$elemMatch": {"x": 9}}}"#, #"{"_id": 1, "a": [{"x": 1}]}"#, #"{"_id":1}"#),
    ])
    func projects(_ projection: String, _ document: String, _ expected: String) throws {
        #expect(try project(projection, document) == expected, "\(projection)")
    }

    @Test(arguments: [
        (#"{"a": {"$gt": 1}}"#, #"{"a.$": 1}"#, #"{"_id": 1, "a": [1, 2, 3], "b": 4}"#, #"{"_id":1,"a":[2]}"#),
        (
            #"{"a.x": 5}"#, #"{"a.$": 1, "b": 1}"#, #"{"_id": 1, "a": [{"x": 4}, {"x": 5, "y": 6}], "b": 4}"#,
            #"{"_id":1,"a":[{"x":5,"y":6}],"b":4}"#
        ),
        (#"{"p.a": 3}"#, #"{"p.a.$": 1}"#, #"{"_id": 1, "p": {"a": [2, 3], "q": 1}}"#, #"{"_id":1,"p":{"a":[3]}}"#),
        (
            #"{"a": {"$elemMatch": {"x": 5}}}"#, #"{"a.$": 1}"#, #"{"_id": 1, "a": [{"x": 4}, {"x": 5}]}"#,
            #"{"_id":1,"a":[{"x":5}]}"#
        ),
    ])
    func positional(_ filter: String, _ projection: String, _ document: String, _ expected: String) throws {
        #expect(try project(projection, document, filter: filter) == expected)
    }

    @Test(arguments: [
        (#"{"a": 1, "b": 0}"#, 31254), (#"{"a": 0, "b": 1}"#, 31253), (#"{"a": 1, "a.b": 1}"#, 31249),
        (#"{"a.b": 1, "a": 1}"#, 31250), (#"{"a": {"b": 1}, "a.b": 1}"#, 31250), (#"{"a": {}}"#, 51270),
        (#"{"a": 0, "b": "$c"}"#, 31252), (#"{"": 1}"#, 40352), (#"{"a.": 1}"#, 40353), (#"{"a..b": 1}"#, 15998),
        (#"{"$a": 1}"#, 16410), (#"{"a": {"$elemMatch": 1}}"#, 31274), (#"{"a.b": {"$elemMatch": {"x": 1}}}"#, 31275),
        (#"{"a": {"$slice": "x"}}"#, 31273), (#"{"a": {"$slice": [1]}}"#, 28667),
        (#"{"a": {"$slice": [1, 0]}}"#, 28724),
        (#"{"a": {"$meta": "textScore"}}"#, 40218), (#"{"a": {"$meta": "nope"}}"#, 17308),
        (#"{"a.$": 1, "b.$": 1}"#, 31276), (#"{"a.$": 0}"#, 31395), (#"{"a.$.b": 1}"#, 31394), (#"{"a.$": 1}"#, 51246),
        (#"{"a.$": 1, "b": {"$elemMatch": {"x": 1}}}"#, 31255), (#"{"b": {"$elemMatch": {"x": 1}}, "a.$": 1}"#, 31256),
    ])
    func refuses(_ projection: String, _ code: Int32) throws {
        let error = #expect(throws: AtelierError.self) { _ = try self.project(projection, #"{"_id": 1, "a": [1]}"#) }
        #expect(error?.code.rawValue == code, "\(projection): \(error?.message ?? "")")
    }

    @Test func addFieldsReplacesInPlaceAndAppends() throws {
        let compiler = Compiler(now: 0)
        let spec = try Document(json: #"{"a.x": 1, "n": {"p": "$a.y"}, "b": "$$REMOVE", "c": 9}"#)
        let tree = try spec.withView { try compiler.projectionTree($0, .addFields) }
        let scope = compiler.makeScope()
        let document = try Document(json: #"{"b": 1, "a": {"y": 2, "x": 3}, "d": 4}"#)
        let result = try document.withView { view in
            scope.assign(compiler.shape.base!, .document(view))
            return Document(copying: try tree.apply(.document(view), scope).asDocument)
        }
        #expect(result.extendedJSON() == #"{"a":{"y":2,"x":1},"d":4,"n":{"p":2},"c":9}"#)
    }

    @Test(arguments: [
        (#"{}"#, 40177), (#"{"a": {}}"#, 40180), (#"{"a": 1, "a.b": 1}"#, 40176), (#"{"a": {"b.c": 1}}"#, 40183),
        (#"{"a": {"$add": [1], "b": 1}}"#, 40181), (#"{"a": {"b": 1, "$add": [1]}}"#, 40182),
    ])
    func addFieldsRefuses(_ spec: String, _ code: Int32) throws {
        let compiler = Compiler(now: 0)
        let document = try Document(json: spec)
        let error = #expect(throws: AtelierError.self) {
            _ = try document.withView { try compiler.projectionTree($0, .addFields) }
        }
        #expect(error?.code.rawValue == code)
    }
}
