import BSON
import QueryLanguage
import Testing

@Suite(.enabled(if: VectorCase.available, "the recorded vectors are not at hand"))
struct FilterVectorTests {
    @Test func filtersMatchWhatMongoDBMatches() throws {
        var score = VectorScore("filter vectors")
        for vector in try VectorCase.load("filter") {
            let filter = vector.command["filter"]?.documentValue ?? Document()
            let got = outcome { try canonical(matching(vector.documents, filter)) }
            score.count(vector, wanted: vector.errorCode.map { "error \($0)" } ?? canonical(vector.result!), got: got)
        }
        score.report()
        #expect(score.failures.isEmpty, "\(score.failures.prefix(3).joined(separator: "\n"))")
    }
}

/// The documents that pass a filter.
func matching(_ documents: [Document], _ filter: Document) throws -> [Document] {
    let compiler = Compiler(now: 0)
    let predicate = try filter.withView { try compiler.filter($0) }
    let scope = compiler.makeScope()
    return try documents.filter { document in
        try document.withView { view in
            scope.arena.reset()
            scope.assign(compiler.shape.base!, .document(view))
            return try predicate.matches(scope)
        }
    }
}
