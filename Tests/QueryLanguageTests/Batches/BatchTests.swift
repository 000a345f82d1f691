import BSON
import Testing

@testable import QueryLanguage

@Suite("Batches")
struct BatchTests {
    @Test("Batches and those of their arrays' elements go when the next one begins")
    func leavesNothingBehind() throws {
        let compiler = Compiler(now: 0)
        let argument: Document = ["total": ["$sum": "$items.q"]]
        let total = try argument.withView { try compiler.expression($0.find(FieldName("total"))) }
        let scope = compiler.makeScope()
        let items: [BSONValue] = [["q": 2], ["q": 3]]
        let document: Document = ["items": .array(BSONArray(items))]
        weak var batch: Batch?
        try document.withView { view in
            let made = Batch(ColumnBlock([view], scope), 0..<1, in: compiler.shape.base!, scope)
            let column = try total.column(made, made.rows)
            #expect(column[0].exactInt64 == 5)
            #expect(made.elements(ofSlot: compiler.field("items").index) != nil)
            batch = made
        }
        #expect(batch != nil)
        scope.beginBatch()
        #expect(batch == nil)
    }
}
