import BSON
import QueryLanguage
import Testing

@Suite(.enabled(if: VectorCase.available, "the recorded vectors are not at hand"))
struct UpdateVectorTests {
    @Test func updatesDoWhatMongoDBDoes() throws {
        var score = VectorScore("update vectors")
        for vector in try VectorCase.load("update") {
            let statement = vector.command["updates"]!.arrayValue![0].documentValue!
            let got = outcome {
                var collection = MemoryCollection(vector.documents)
                let value = try collection.update(statement)
                return canonical(value, anyOrder: vector.anyOrder)
                    + canonical(collection.documents, anyOrder: vector.anyOrder)
            }
            score.count(vector, wanted: wanted(vector), got: got)
        }
        score.report()
        #expect(score.failures.isEmpty, "\(score.failures.prefix(3).joined(separator: "\n"))")
    }

    @Test func findAndModifyDeleteAndCountDoWhatMongoDBDoes() throws {
        var score = VectorScore("write vectors")
        for vector in try VectorCase.load("write") where vector.command["distinct"] == nil {
            let command = vector.command
            let got = outcome {
                var collection = MemoryCollection(vector.documents)
                var value: Document
                if command["findAndModify"] != nil {
                    value = try collection.findAndModify(command)
                } else if command["delete"] != nil {
                    value = try collection.delete(command["deletes"]!.arrayValue![0].documentValue!)
                } else {
                    value = [
                        "n": .integer(try matching(vector.documents, command["query"]?.documentValue ?? [:]).count)
                    ]
                }
                let after = command["count"] == nil ? canonical(collection.documents, anyOrder: vector.anyOrder) : ""
                return canonical(value, anyOrder: vector.anyOrder) + after
            }
            score.count(vector, wanted: wanted(vector), got: got)
        }
        score.report()
        #expect(score.failures.isEmpty, "\(score.failures.prefix(3).joined(separator: "\n"))")
    }

    private func wanted(_ vector: VectorCase) -> String {
        if let code = vector.errorCode { return "error \(code)" }
        return canonical(vector.value!, anyOrder: vector.anyOrder)
            + (vector.after.map { canonical($0, anyOrder: vector.anyOrder) } ?? "")
    }
}
