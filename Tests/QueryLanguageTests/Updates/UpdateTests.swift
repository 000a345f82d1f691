import BSON
import Testing

@testable import QueryLanguage

/// Source: MongoDB manual, "Update Operators", "Update Operators Behavior" (the order of fields), "Field Names with Periods
/// and Dollar Signs", and what the recorded cases leave open.
@Suite struct UpdateTests {
    private func update(
        _ update: String, _ document: String, filter: String = "{}", arrayFilters: [String] = []
    ) throws -> (text: String, modified: Bool) {
        let filters = try arrayFilters.map { BSONValue.document(try Document(json: $0)) }
        let compiled = try Compiled(Document(json: filter), BSONValue(json: update), filters, multi: false)
        let (result, modified) = try #require(try compiled.apply(to: Document(json: document)))
        return (result.extendedJSON(.relaxed), modified)
    }

    @Test(arguments: [
        // Paths.
        (#"{"$set": {"c": 1, "a": 2}}"#, #"{"_id": 1, "z": 0}"#, #"{"_id":1,"z":0,"a":2,"c":1}"#),
        (#"{"$set": {"n.10": 1, "n.2": 2}}"#, #"{"_id": 1, "n": {}}"#, #"{"_id":1,"n":{"2":2,"10":1}}"#),
        (#"{"$set": {"a.b.c": 1}}"#, #"{"_id": 1}"#, #"{"_id":1,"a":{"b":{"c":1}}}"#),
        (#"{"$set": {"a.3": 9}}"#, #"{"_id": 1, "a": [0]}"#, #"{"_id":1,"a":[0,null,null,9]}"#),
        (#"{"$set": {"a.0": 9}}"#, #"{"_id": 1}"#, #"{"_id":1,"a":{"0":9}}"#),
        (#"{"$set": {"a.$id": 9}}"#, #"{"_id": 1}"#, #"{"_id":1,"a":{"$id":9}}"#),
        (#"{"$set": {"a.$price": 9}}"#, #"{"_id": 1, "a": {"$price": 1}}"#, #"{"_id":1,"a":{"$price":9}}"#),
        (#"{"$unset": {"a.b": 1}}"#, #"{"_id": 1, "a": {"b": 1}}"#, #"{"_id":1,"a":{}}"#),
        (#"{"$unset": {"a.1": 1}}"#, #"{"_id": 1, "a": [1, 2]}"#, #"{"_id":1,"a":[1,null]}"#),
        (#"{"$unset": {"a.b": 1}}"#, #"{"_id": 1, "a": 5}"#, #"{"_id":1,"a":5}"#),
        // Numbers.
        (#"{"$inc": {"a": 1}}"#, #"{"_id": 1, "a": 2147483647}"#, #"{"_id":1,"a":2147483648}"#),
        (
            #"{"$inc": {"a": 1, "b": {"$numberDecimal": "0.10"}}}"#, #"{"_id": 1, "b": 1}"#,
            #"{"_id":1,"b":{"$numberDecimal":"1.10"},"a":1}"#
        ),
        (#"{"$mul": {"a": {"$numberLong": "3"}, "b": 2.5}}"#, #"{"_id": 1, "b": 2}"#, #"{"_id":1,"b":5.0,"a":0}"#),
        (#"{"$min": {"a": 3}, "$max": {"b": "x"}}"#, #"{"_id": 1, "a": 5, "b": 5}"#, #"{"_id":1,"a":3,"b":"x"}"#),
        (#"{"$bit": {"a": {"or": 5, "xor": 1}}}"#, #"{"_id": 1, "a": 2}"#, #"{"_id":1,"a":6}"#),
        // Arrays.
        (
            #"{"$push": {"a": {"$each": [5, 1], "$sort": -1, "$slice": 3}}}"#, #"{"_id": 1, "a": [2, 4]}"#,
            #"{"_id":1,"a":[5,4,2]}"#
        ),
        (#"{"$push": {"a": {"$each": [9], "$position": -1}}}"#, #"{"_id": 1, "a": [1, 2]}"#, #"{"_id":1,"a":[1,9,2]}"#),
        (#"{"$push": {"a": {"$each": [1, 2, 3], "$slice": -2}}}"#, #"{"_id": 1}"#, #"{"_id":1,"a":[2,3]}"#),
        (
            #"{"$push": {"a": {"$each": [{"s": 2}], "$sort": {"s": 1, "t": -1}}}}"#,
            #"{"_id": 1, "a": [{"s": 3}, {"s": 2, "t": 1}, {}]}"#, #"{"_id":1,"a":[{},{"s":2,"t":1},{"s":2},{"s":3}]}"#
        ),
        (#"{"$push": {"a": [1, 2]}}"#, #"{"_id": 1, "a": []}"#, #"{"_id":1,"a":[[1,2]]}"#),
        (
            #"{"$addToSet": {"a": {"$each": [1, 1.0, 2, "x"]}}}"#, #"{"_id": 1, "a": ["x", 3]}"#,
            #"{"_id":1,"a":["x",3,1,2]}"#
        ),
        (
            #"{"$addToSet": {"a": {"y": 1, "x": 2}}}"#, #"{"_id": 1, "a": [{"x": 2, "y": 1}]}"#,
            #"{"_id":1,"a":[{"x":2,"y":1},{"y":1,"x":2}]}"#
        ),
        (#"{"$pull": {"a": {"$gte": 3}}}"#, #"{"_id": 1, "a": [1, 5, [9], "x", 3]}"#, #"{"_id":1,"a":[1,"x"]}"#),
        (
            #"{"$pull": {"a": {"x": 1}}}"#, #"{"_id": 1, "a": [{"x": 1, "y": 2}, {"x": 2}, 1]}"#,
            #"{"_id":1,"a":[{"x":2},1]}"#
        ),
        (
            #"{"$pull": {"a": {"$or": [{"x": 1}, {"y": 5}]}}}"#, #"{"_id": 1, "a": [{"x": 1}, {"y": 5}, {"x": 2}]}"#,
            #"{"_id":1,"a":[{"x":2}]}"#
        ),
        (
            #"{"$pull": {"a": {"$elemMatch": {"$gt": 5}}}}"#, #"{"_id": 1, "a": [[6], [1], 9]}"#,
            #"{"_id":1,"a":[[1],9]}"#
        ),
        (
            #"{"$pull": {"a": {"$regularExpression": {"pattern": "^x", "options": ""}}}}"#,
            #"{"_id": 1, "a": ["xy", "ax"]}"#, #"{"_id":1,"a":["ax"]}"#
        ),
        (#"{"$pullAll": {"a": [1, "x"]}}"#, #"{"_id": 1, "a": [1.0, 2, "x", [1]]}"#, #"{"_id":1,"a":[2,[1]]}"#),
        (#"{"$pop": {"a": -1, "b": 1}}"#, #"{"_id": 1, "a": [1, 2], "b": []}"#, #"{"_id":1,"a":[2],"b":[]}"#),
        // Renames.
        (#"{"$rename": {"a": "n.b"}}"#, #"{"_id": 1, "a": 5, "n": {"c": 1}}"#, #"{"_id":1,"n":{"c":1,"b":5}}"#),
        (#"{"$rename": {"missing": "a"}}"#, #"{"_id": 1, "a": 5}"#, #"{"_id":1,"a":5}"#),
        // Replacements and pipelines.
        (#"{"b": 2}"#, #"{"_id": 1, "a": 5}"#, #"{"_id":1,"b":2}"#),
        (#"{"b": 2, "_id": 1}"#, #"{"_id": 1, "a": 5}"#, #"{"_id":1,"b":2}"#),
        (#"{"b": {"$c": 2}}"#, #"{"_id": 1, "a": 5}"#, #"{"_id":1,"b":{"$c":2}}"#),
        (#"[{"$set": {"s": {"$sum": "$a"}}}, {"$unset": "a"}]"#, #"{"_id": 1, "a": [1, 2]}"#, #"{"_id":1,"s":3}"#),
        (#"[{"$replaceWith": {"x": "$a"}}]"#, #"{"_id": 1, "a": 4}"#, #"{"_id":1,"x":4}"#),
    ])
    func updates(_ update: String, _ document: String, _ expected: String) throws {
        let (text, modified) = try self.update(update, document)
        #expect(text == expected, "\(update)")
        #expect(try modified == (text != Document(json: document).extendedJSON(.relaxed)))
    }

    @Test(
        arguments: [
            (#"{"$set": {"a.$": 0}}"#, #"{"a": 2}"#, [], #"{"_id":1,"a":[1,0,3]}"#),
            (#"{"$inc": {"a.$[]": 10}}"#, "{}", [], #"{"_id":1,"a":[11,12,13]}"#),
            (#"{"$set": {"a.$[x]": 0}}"#, "{}", [#"{"x": {"$gte": 2}}"#], #"{"_id":1,"a":[1,0,0]}"#),
            (#"{"$unset": {"a.$[x]": 0}}"#, "{}", [#"{"x": 1}"#], #"{"_id":1,"a":[null,2,3]}"#),
        ] as [(String, String, [String], String)])
    func elements(_ update: String, _ filter: String, _ arrayFilters: [String], _ expected: String) throws {
        let (text, _) = try self.update(
            update, #"{"_id": 1, "a": [1, 2, 3]}"#, filter: filter, arrayFilters: arrayFilters)
        #expect(text == expected)
    }

    @Test func severalArrayFiltersOnNestedArrays() throws {
        let (text, _) = try update(
            #"{"$set": {"g.$[big].q.$[low].s": 9, "g.$[big].seen": true}}"#,
            #"{"_id": 1, "g": [{"n": 1, "q": [{"s": 1}]}, {"n": 5, "q": [{"s": 1}, {"s": 7}]}]}"#,
            arrayFilters: [#"{"big.n": {"$gt": 2}}"#, #"{"low.s": {"$lt": 5}}"#])
        #expect(text == #"{"_id":1,"g":[{"n":1,"q":[{"s":1}]},{"n":5,"q":[{"s":9},{"s":7}],"seen":true}]}"#)
    }

    @Test(arguments: [
        (#"{"$set": {"a.b": 1}}"#, 28), (#"{"$set": {"l.x": 1}}"#, 28), (#"{"$inc": {"s": 1}}"#, 14),
        (#"{"$inc": {"big": 1}}"#, 2), (#"{"$mul": {"a": "x"}}"#, 14), (#"{"$push": {"a": 1}}"#, 2),
        (#"{"$pop": {"a": 1}}"#, 14),
        (#"{"$pull": {"a": 1}}"#, 2), (#"{"$addToSet": {"a": 1}}"#, 2), (#"{"$set": {"_id": 2}}"#, 66),
        (#"{"$unset": {"_id": 1}}"#, 66), (#"{"$set": {"a": 1}, "$inc": {"a": 1}}"#, 40),
        (#"{"$set": {"a": 1, "a.b": 1}}"#, 40),
        (#"{"$set": {"l.$[]": 1, "l.0": 2}}"#, 40), (#"{"$set": {"a.$[]": 1}}"#, 2), (#"{"$set": {"nope.$[]": 1}}"#, 2),
        (#"{"$set": {"l.$": 1}}"#, 2), (#"{"$set": {"$[]": 1}}"#, 2), (#"{"$set": {"l.$.x.$": 1}}"#, 2),
        (#"{"$set": {"l.$[nope]": 1}}"#, 2), (#"{"$set": {"": 1}}"#, 56), (#"{"$set": {"a..b": 1}}"#, 56),
        (#"{"$set": {"$x": 1}}"#, 52), (#"{"$nope": {"a": 1}}"#, 9), (#"{"$set": 1}"#, 9), (#"{"$pop": {"l": 2}}"#, 9),
        (#"{"$push": {"l": {"$each": 1}}}"#, 2), (#"{"$push": {"l": {"$each": [], "$nope": 1}}}"#, 2),
        (#"{"$push": {"l": {"$each": [], "$sort": {}}}}"#, 2), (#"{"$addToSet": {"l": {"$each": 1}}}"#, 14),
        (#"{"$bit": {"a": {"and": 1.0}}}"#, 2), (#"{"$bit": {"a": {}}}"#, 2),
        (#"{"$currentDate": {"a": {"$type": "x"}}}"#, 2),
        (#"{"$rename": {"a": "a"}}"#, 2), (#"{"$rename": {"a": "a.b"}}"#, 2), (#"{"$rename": {"l.0": "x"}}"#, 2),
        (#"{"$rename": {"a": "l.0"}}"#, 2), (#"{"_id": 2}"#, 66), (#"{"b": 1, "$set": {"a": 1}}"#, 52),
        (#"[{"$match": {}}]"#, 72),
        (#""text""#, 9),
    ])
    func refuses(_ update: String, _ code: Int32) throws {
        let document = #"{"_id": 1, "a": 5, "s": "text", "l": [1], "big": {"$numberLong": "9223372036854775807"}}"#
        let error = #expect(throws: AtelierError.self) { _ = try self.update(update, document) }
        #expect(error?.code.rawValue == code, "\(update): \(error?.message ?? "")")
    }

    @Test(
        arguments: [
            ([#"{"x": 1}"#, #"{"x": 2}"#], 9), ([#"{"x": 1}"#, #"{"y": 2}"#], 9), (["{}"], 9), ([#"{"X": 1}"#], 2),
            ([#"{"x": 1, "y": 1}"#], 9),
        ] as [([String], Int32)])
    func refusesArrayFilters(_ filters: [String], _ code: Int32) throws {
        let error = #expect(throws: AtelierError.self) {
            _ = try self.update(#"{"$set": {"a.$[x]": 1}}"#, #"{"_id": 1, "a": [1]}"#, arrayFilters: filters)
        }
        #expect(error?.code.rawValue == code)
    }

    @Test func emptyOperatorsChangeNothing() throws {
        let (text, modified) = try update(#"{"$set": {}, "$inc": {}}"#, #"{"_id": 1, "a": 1}"#)
        #expect(text == #"{"_id":1,"a":1}"# && !modified)
    }

    @Test(arguments: [
        (
            #"{"a": 1, "b.c": 2}"#, #"{"$set": {"d": 3}, "$setOnInsert": {"e": 4}}"#,
            #"{"_id":7,"a":1,"b":{"c":2},"d":3,"e":4}"#
        ),
        (
            #"{"a": {"$gt": 1}, "b": {"$in": [2]}, "$and": [{"c": {"$eq": 3}}]}"#, #"{"$set": {"d": 4}}"#,
            #"{"_id":7,"b":2,"c":3,"d":4}"#
        ),
        (#"{"a": 1}"#, #"{"b": 2}"#, #"{"_id":7,"b":2}"#),
        (#"{"$or": [{"a": 1}, {"b": 2}]}"#, #"{"$inc": {"n": 1}}"#, #"{"_id":7,"n":1}"#),
        (#"{"a": 1}"#, #"[{"$set": {"b": {"$add": ["$a", 1]}}}]"#, #"{"_id":7,"a":1,"b":2}"#),
        (#"{}"#, #"{"$set": {"$hotel": 1}}"#, #"{"_id":7,"$hotel":1}"#),
    ])
    func upserts(_ filter: String, _ update: String, _ expected: String) throws {
        let filter = try Document(json: filter).setting("_id", 7)
        let compiled = try Compiled(filter, BSONValue(json: update), [], multi: false)
        #expect(try compiled.upsert(filter).extendedJSON(.relaxed) == expected)
    }

    @Test(arguments: [
        (#"{"a": 1, "$and": [{"a": 2}]}"#, #"{"$set": {"b": 1}}"#, 54),
        (#"{"a": 1, "a.b": 2}"#, #"{"$set": {"c": 1}}"#, 54),
        (#"{"_id": 1}"#, #"{"$set": {"_id": 2}}"#, 66), (#"{"_id": 1}"#, #"{"_id": 2}"#, 66),
        (#"{}"#, #"{"_id": [1]}"#, 53),
    ])
    func refusesUpserts(_ filter: String, _ update: String, _ code: Int32) throws {
        let error = #expect(throws: AtelierError.self) {
            let filter = try Document(json: filter)
            _ = try Compiled(filter, BSONValue(json: update), [], multi: false).upsert(filter)
        }
        #expect(error?.code.rawValue == code)
    }

    @Test func upsertsMakeAnId() throws {
        let compiled = try Compiled([:], ["$set": ["a": 1]], [], multi: false)
        let document = try compiled.upsert([:])
        #expect(document.keys == ["_id", "a"])
        #expect(document["_id"]?.type == .objectId)
    }
}
