import BSON
import QueryLanguage
import Testing

@Suite struct FilterVectorTests {
    @Test func filtersMatchWhatMongoDBMatches() {
        var passed = 0, total = 0
        for group in ["filter", "find", "index"] {
        for vector in VectorCase.load(group) where vector.command["filter"] != nil || group == "filter" {
            if group != "filter" && vector.result == nil { continue }
            if group != "filter" && (vector.command["limit"] != nil || vector.command["skip"] != nil || vector.command["projection"]?.documentValue?["_id"] != nil) {continue}
            total += 1
            let filter = vector.command["filter"]?.documentValue ?? Document()
            var got: String, want: String
            do {
                let ids = try matching(vector.documents, filter).map { "\($0["_id"]!)" }
                got = (group == "filter" ? ids : ids.sorted()).joined(separator: " ")
            } catch let error as AtelierError {
                got = "error \(error.code.rawValue)"
            } catch { got = "?" }
            if let code = vector.errorCode { want = "error \(code)" } else {
                let ids = vector.result!.map { "\($0["_id"]!)" }
                want = (group == "filter" ? ids : ids.sorted()).joined(separator: " ")
            }
            if got == want { passed += 1 } else if !(filterText(filter).contains("expr")) { print(vector.name, "want", want, "got", got) }
        }
        }
        print("filter: \(passed)/\(total)")
    }
    func filterText(_ d: Document) -> String { String(decoding: d.bytes, as: UTF8.self) }
}

func matching(_ documents: [Document], _ filter: Document) throws -> [Document] {
    let compiler = Compiler(now: 0)
    let predicate = try filter.withView { try compiler.filter($0) }
    let scope = compiler.makeScope()
    let base = compiler.shape.base!
    return try documents.filter { document in
        try document.withView { view in
            scope.arena.reset()
            scope.assign(base, .document(view))
            return try predicate.matches(scope)
        }
    }
}
