import BSON
import DocumentStore

extension Option {
    static let filter = Option("filter", value: "JSON|@FILE", "Only documents that match, in MongoDB's query language")
    static let sort = Option("sort", value: "JSON|@FILE", "The order, such as {\"orderedAt\": -1}")
    static let projection = Option("projection", value: "JSON|@FILE", "The fields, such as {\"total\": 1}")
    static let skip = Option("skip", value: "N", "Leave out the first N")
    static let limit = Option("limit", value: "N", "At most N; a table without it shows 100")
}

extension Command {
    static let find = Command(
        name: "find", summary: "Show documents of a collection",
        operands: [Operand("COLLECTION", "Its name; `atelier stats` lists them")],
        options: [.filter, .sort, .projection, .limit, .skip, .store] + Option.output,
        details: [
            "Dates are written {\"$date\": \"2010-12-01T00:00:00Z\"}, exact decimals {\"$numberDecimal\": \"9.95\"}."
        ],
        examples: [#"atelier find orders --filter '{"country": "France"}' --sort '{"orderedAt": -1}' --limit 5"#]
    ) { invocation in
        let name = invocation.operands[0]
        let filter = try invocation.document(.filter) ?? [:]
        let sort = try invocation.document(.sort)
        let projection = try invocation.document(.projection)
        let limit = try invocation.integer(.limit, in: 1...Int.max)
        let skip = try invocation.integer(.skip, in: 0...Int.max) ?? 0
        var rows = RowDescription()
        var fetched = limit ?? 0
        if try invocation.format() == .table {
            // A table for people looks at no more documents than it shows; one more says whether there are more.
            rows.maximumTableRows = limit ?? 100
            rows.howToSeeMore = "--limit N shows more, --format csv or json prints all"
            if limit == nil { fetched = 101 }
        }
        try invocation.withStore { store in
            let progress = Progress("Searching \(name)", isQuiet: invocation.isQuiet)
            defer { progress.finish() }
            let collection = store.database.collection(name)
            try collection.requireExistence(isArgument: true)
            let count = try invocation.printRows(rows) { write in
                let cursor = try collection.find(
                    filter, sort: sort, projection: projection, skip: skip, limit: fetched)
                let show: (DocumentView) throws -> Void = { row in
                    progress.finish()
                    try write(row)
                }
                try cursor.forEachDocument(show)
            }
            if count == 0 { invocation.noteEmptyAnswer(filter, on: name) }
        }
    }
}

extension Collection {
    /// Finds a misspelt name before an empty answer is printed, or written over a file.
    /// - Parameter isArgument: whether the name stands on the command line, so that it is the one who typed it who is told.
    /// - Throws: where the database has no such collection, `UsageError` for a misspelt argument, else `namespaceNotFound`.
    func requireExistence(isArgument: Bool = false) throws {
        let names = try database.collectionNames()
        if names.contains(name) { return }
        let advice =
            if let nearest = nearestName(to: name, among: names) {
                "Did you mean \(nearest)?"
            } else if names.isEmpty {
                "The store is empty; fill it with `atelier import` or `atelier generate`."
            } else {
                "There are \(names.joined(separator: ", "))."
            }
        let error = AtelierError(.namespaceNotFound, "there is no collection \(name)", advice: advice)
        if isArgument && !names.isEmpty { throw UsageError(error) }
        throw error
    }
}
