import BSON
import Testing

@Suite struct DocumentTests {
    @Test func literalsKeepOrderAndTypes() {
        let document: Document = ["a": 1, "b": "x", "c": [1.5, .null, true], "d": ["e": 5_000_000_000]]
        #expect(document.keys == ["a", "b", "c", "d"])
        #expect(document["a"] == .int32(1))
        #expect(document["d"]?.documentValue?["e"] == .int64(5_000_000_000))
        #expect(document["c"]?.arrayValue?.count == 3)
        #expect(document["nothing"] == nil)
        #expect(document.firstKey == "a")
        #expect(Document().firstKey == nil)
    }

    @Test func settingAndRemovingKeepTheRestAsItIs() {
        let document: Document = ["a": 1, "b": "x", "c": true]
        #expect(document.setting("b", 2.5) == ["a": 1, "b": 2.5, "c": true])
        #expect(document.setting("d", .null) == ["a": 1, "b": "x", "c": true, "d": .null])
        #expect(document.removing("a") == ["b": "x", "c": true])
        #expect(document.removing("d") == document)
    }

    @Test func equalValuesHaveEqualHashesAndTypesCount() {
        #expect(
            Set<BSONValue>([1, 1, .int64(1), 1.0, "1", "1", .symbol("1"), [1], [1], ["a": 1], ["a": 1]]).count == 7)
        #expect(BSONValue.double(.nan) == .double(.nan))
        #expect(BSONValue.double(0.0) != .double(-0.0))
        #expect(BSONValue.binary(subtype: 0, data: []) != .binary(subtype: 5, data: []))
    }

    @Test func numbersConvertBetweenTypes() {
        #expect(BSONValue.double(3).integerValue == 3)
        #expect(BSONValue.double(3.5).integerValue == nil)
        #expect(BSONValue.decimal(Decimal128("3.00")!).integerValue == 3)
        #expect(BSONValue.int64(3).doubleValue == 3)
        #expect(BSONValue.int32(3).decimalValue?.description == "3")
        #expect(BSONValue.double(0.1).decimalValue?.description == "0.100000000000000")
        #expect(BSONValue.string("3").decimalValue == nil)
        #expect(BSONValue.integer(Int64(1) << 31).type == .int64)
    }

    @Test func objectIdsReadAndPrint() {
        let text = "57e193d7a9cc81b4027498b5"
        #expect(ObjectId(text)?.description == text)
        #expect(ObjectId(text.uppercased())?.description == text)
        #expect(ObjectId(text)?.seconds == 0x57e1_93d7)
        #expect(ObjectId("57e193d7a9cc81b4027498b") == nil)
        #expect(ObjectId("57e193d7a9cc81b4027498bg") == nil)
        let (first, second) = (ObjectId.generate(), ObjectId.generate())
        #expect(first != second)
    }
}
