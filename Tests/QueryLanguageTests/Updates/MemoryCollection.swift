import BSON
import QueryLanguage

/// A collection in memory, changed by compiled updates.
struct MemoryCollection {
    var documents: [Document]
    init(_ documents: [Document]) { self.documents = documents }

    /// An update statement: what the reply says.
    mutating func update(_ statement: Document) throws -> Document {
        let multi = statement["multi"]?.isTruthy ?? false
        let filter = statement["q"]!.documentValue!
        let compiled = try Compiled(filter, statement["u"]!, statement["arrayFilters"]?.arrayValue ?? [], multi: multi)
        var matched = 0
        var modified = 0
        for index in documents.indices {
            guard let (document, changed) = try compiled.apply(to: documents[index]) else { continue }
            matched += 1
            if changed { modified += 1 }
            documents[index] = document
            if !multi { break }
        }
        if matched == 0, statement["upsert"]?.isTruthy ?? false {
            let document = try compiled.upsert(filter)
            documents.append(document)
            return [
                "n": 1, "nModified": 0,
                "upserted": .array([.document(["index": 0, "_id": document["_id"]!])]),
            ]
        }
        return ["n": .integer(matched), "nModified": .integer(modified)]
    }

    mutating func delete(_ statement: Document) throws -> Document {
        let all = try matching(documents, statement["q"]!.documentValue!)
        let gone = statement["limit"]?.integerValue == 1 ? Array(all.prefix(1)) : all
        documents.removeAll { gone.contains($0) }
        return ["n": .integer(gone.count)]
    }

    mutating func findAndModify(_ command: Document) throws -> Document {
        let filter = command["query"]?.documentValue ?? [:]
        let query: Document = ["filter": .document(filter), "sort": .document(command["sort"]?.documentValue ?? [:])]
        let project = { (document: Document) in
            try find([document], ["projection": .document(command["fields"]?.documentValue ?? [:])])[0]
        }
        let compiled = try command["update"].map {
            try Compiled(filter, $0, command["arrayFilters"]?.arrayValue ?? [], multi: false)
        }
        guard let chosen = try find(documents, query).first, let index = documents.firstIndex(of: chosen) else {
            return [
                "value": .null,
                "lastErrorObject": .document(compiled == nil ? ["n": 0] : ["n": 0, "updatedExisting": false]),
            ]
        }
        guard let compiled else {
            documents.remove(at: index)
            return ["value": .document(try project(chosen)), "lastErrorObject": .document(["n": 1])]
        }
        let (updated, _) = try compiled.apply(to: chosen)!
        documents[index] = updated
        let shown = try project(command["new"]?.isTruthy ?? false ? updated : chosen)
        return ["value": .document(shown), "lastErrorObject": .document(["n": 1, "updatedExisting": true])]
    }
}

/// A filter and an update, compiled together as the engine does.
struct Compiled {
    let compiler = Compiler(now: 1_600_000_000_000)
    let predicate: Predicate
    let program: UpdateProgram
    let scope: Scope

    init(_ filter: Document, _ update: BSONValue, _ arrayFilters: [BSONValue], multi: Bool) throws {
        let compiler = compiler
        predicate = try filter.withView { try compiler.filter($0) }
        program = try update.withValue { update in
            let filters = arrayFilters.map { compiler.arena.value($0).asDocument }
            return try compiler.update(update, arrayFilters: filters, multi: multi)
        }
        scope = compiler.makeScope()
    }

    /// The updated document; nil where the filter does not match.
    func apply(to document: Document) throws -> (Document, modified: Bool)? {
        try document.withView { view in
            scope.arena.reset()
            scope.assign(compiler.shape.base!, .document(view))
            scope.matchedPosition = nil
            guard try predicate.matches(scope) else { return nil }
            let (result, modified) = try program.apply(to: view, scope)
            return (Document(copying: result), modified)
        }
    }

    func upsert(_ filter: Document) throws -> Document {
        scope.arena.reset()
        return try filter.withView { Document(copying: try program.upsert($0, scope)) }
    }
}
