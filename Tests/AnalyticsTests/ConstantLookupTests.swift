import BSON
import DocumentStore
import Testing

/// A `$lookup` whose pipeline is the same for every row runs once; what depends on the row, or on chance, does not.
@Suite struct ConstantLookupTests {
    private let shop: TestStore

    init() throws {
        shop = try TestStore()
        try shop.insert("rows", [#"{"_id":1}"#, #"{"_id":2}"#, #"{"_id":3}"#])
        try shop.insert("others", [#"{"_id":2,"x":"b"}"#, #"{"_id":3,"x":"c"}"#])
    }

    private func rows(_ pipeline: String) throws -> [Document] {
        let stages = try Document(json: #"{"pipeline":\#(pipeline)}"#).documents("pipeline")
        return try shop.store.database.collection("rows").aggregate(stages).all()
    }

    @Test func everyRowGetsTheSame() throws {
        let rows = try rows(
            #"[{"$lookup":{"from":"others","pipeline":[{"$sort":{"_id":-1}},{"$limit":1}],"as":"last"}},{"$sort":{"_id":-1}}]"#
        )
        #expect(rows.map { $0["_id"]?.integerValue } == [3, 2, 1])
        #expect(rows.allSatisfy { $0["last"]?.extendedJSON() == #"[{"_id":3,"x":"c"}]"# })
    }

    @Test func variablesMakeADifference() throws {
        let rows = try rows(
            #"[{"$lookup":{"from":"others","let":{"id":"$_id"},"pipeline":[{"$match":{"$expr":{"$eq":["$_id","$$id"]}}}],"as":"same"}}]"#
        )
        #expect(rows.map { $0["same"]?.arrayValue?.count } == [0, 1, 1])
    }

    /// The inner `$lookup` names no variable itself, but stands in a pipeline that has one.
    @Test func soDoVariablesFromFurtherOut() throws {
        let rows = try rows(
            #"[{"$lookup":{"from":"others","let":{"id":"$_id"},"pipeline":[{"$limit":1},{"$lookup":{"from":"others","pipeline":["#
                + #"{"$match":{"$expr":{"$eq":["$_id","$$id"]}}}],"as":"inner"}}],"as":"outer"}},{"$unwind":"$outer"}]"#
        )
        #expect(rows.map { $0["outer"]?.documentValue?.documents("inner").count } == [0, 1, 1])
    }

    @Test func chanceIsAskedForEachRow() throws {
        let rows = try rows(
            #"[{"$lookup":{"from":"others","pipeline":[{"$limit":1},{"$project":{"_id":0,"r":{"$rand":{}}}}],"as":"r"}}]"#
        )
        #expect(Set(rows.compactMap { $0["r"]?.extendedJSON() }).count == 3)
    }
}
