import Analytics
import BSON
import Comparison
import Testing

/// What counts as a difference between documents and tables, and what does not.
@Suite struct DifferenceTests {
    private func differences(_ type: ColumnType, _ document: BSONValue, _ table: BSONValue) -> Int {
        RowDifference.all([Column(name: "x", type: type)], documents: [["x": document]], tables: [[table]]).count
    }

    private func decimal(_ text: String) -> BSONValue { .decimal(Decimal128(text)!) }

    @Test func equals() {
        #expect(differences(.integer, 3, 3) == 0)
        #expect(differences(.integer, 3, .double(3)) == 0)
        #expect(differences(.number, .double(0.1), .double(0.1 + 1e-12)) == 0)
        #expect(differences(.number, 2, .double(2)) == 0)
        #expect(differences(.decimal, decimal("493.00"), 493) == 0)
        #expect(differences(.decimal, decimal("100840.90"), .double(100840.9)) == 0)
        #expect(differences(.decimal, decimal("551.7563687150837988826815642458101"), .double(551.756368715084)) == 0)
        #expect(differences(.boolean, true, 1) == 0)
        #expect(differences(.date, .date(1_736_899_200_000), "2025-01-15 00:00:00.000") == 0)
        #expect(differences(.date, .date(1_736_899_200_000), "2025-01-15") == 0)
        #expect(differences(.string, .null, .null) == 0)
    }

    @Test func differs() {
        #expect(differences(.integer, 3, 4) == 1)
        #expect(differences(.integer, 3, .double(3.5)) == 1)
        #expect(differences(.number, .double(0.1), .double(0.100001)) == 1)
        #expect(differences(.decimal, decimal("100840.90"), .double(100840.91)) == 1)
        #expect(differences(.decimal, decimal("0.0001"), 0) == 1)
        #expect(differences(.boolean, true, 0) == 1)
        #expect(differences(.boolean, false, .null) == 1)
        #expect(differences(.date, .date(1_736_899_200_000), "2025-01-15 00:00:00.001") == 1)
        #expect(differences(.string, "a", "A") == 1)
        #expect(differences(.string, "", .null) == 1)
    }

    @Test func rowsThatOneSideLacksAreNamed() {
        let columns = [Column(name: "id", type: .string), Column(name: "n", type: .integer)]
        let all = RowDifference.all(columns, documents: [["id": "a", "n": 1]], tables: [["a", 2], ["b", 3]])
        #expect(all.map(\.row) == [1, 2])
        #expect(all.map(\.column) == ["n", "id"])
        #expect(all[1].document == nil && all[1].table == "b")
        #expect(RowDifference.all(columns, documents: [["id": "a", "n": 1]], tables: []).map(\.table) == [nil])
    }
}
