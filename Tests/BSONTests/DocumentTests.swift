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
    }

    @Test func decimalArithmeticIsExact() {
        let price = Decimal128("6.95")!
        #expect((price * Decimal128(12)).description == "83.40")
        #expect((price + Decimal128("0.005")!).description == "6.955")
        #expect((Decimal128("1")! / Decimal128("3")!).description == "0.3333333333333333333333333333333333")
    }
}
