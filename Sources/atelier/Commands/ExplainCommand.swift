import BSON
import DocumentStore

extension Option {
    static let verbosity = Option(
        "verbosity", value: "LEVEL",
        "queryPlanner (the plan; the default), executionStats (run it) or allPlansExecution")
}

extension Command {
    static let explain = Command(
        name: "explain", summary: "Show how a saved aggregation or a search would be carried out",
        operands: [Operand("NAME", "An aggregation or a collection")],
        options: [.parameter, .filter, .sort, .projection, .limit, .skip, .verbosity, .store, .aggregations, .out],
        examples: [
            "atelier explain revenue-by-month --param from=2010-06-01",
            #"atelier explain orders --filter '{"customerId": "13085"}' --verbosity executionStats"#,
        ]
    ) { invocation in
        let name = invocation.operands[0]
        let verbosity = invocation.value(.verbosity) ?? "queryPlanner"
        guard ["queryPlanner", "executionStats", "allPlansExecution"].contains(verbosity) else {
            throw UsageError(
                "--verbosity: there is no level \(verbosity)",
                advice: "Give queryPlanner, executionStats or allPlansExecution.")
        }
        let command = try aggregateCommand(name, invocation) ?? findCommand(name, invocation)
        try invocation.withStore { store in
            try requireTarget(of: command, name, invocation, store)
            let reply = try store.database.run(["explain": .document(command), "verbosity": .string(verbosity)])
            var json = ExtendedJSONWriter(.relaxed, indentation: 2)
            json.append(reply)
            json.appendNewline()
            try invocation.printText(String(decoding: json.bytes, as: UTF8.self))
        }
    }

    /// Finds a misspelt name, for which the plan would be that of an empty collection.
    private static func requireTarget(of command: Document, _ name: String, _ invocation: Invocation, _ store: Store)
        throws
    {
        guard command["find"] != nil else { return }
        let collections = try store.database.collectionNames()
        guard !collections.contains(name) else { return }
        let names = collections + (try invocation.aggregationCatalog().names)
        throw UsageError(
            "there is no aggregation or collection \(name)",
            advice: nearestName(to: name, among: names).map { "Did you mean \($0)?" }
                ?? "`atelier list` lists the aggregations, `atelier stats` the collections.")
    }

    /// Nil where there is no saved aggregation of this name.
    private static func aggregateCommand(_ name: String, _ invocation: Invocation) throws -> Document? {
        let catalog = try invocation.aggregationCatalog()
        guard catalog.names.contains(name) else {
            if invocation.isSet(.parameter) { _ = try UsageError.rethrowing { try catalog.aggregation(named: name) } }
            return nil
        }
        for option in [Option.filter, .sort, .projection, .limit, .skip] where invocation.isSet(option) {
            throw UsageError("--\(option.name) is for a search in a collection; \(name) is a saved aggregation")
        }
        let aggregation = try UsageError.rethrowing { try catalog.aggregation(named: name) }
        let stages = aggregation.stages(try invocation.arguments(of: aggregation))
        return [
            "aggregate": .string(aggregation.collection), "pipeline": .array(BSONArray(documents: stages)),
            "cursor": .document([:]), "allowDiskUse": true,
        ]
    }

    private static func findCommand(_ name: String, _ invocation: Invocation) throws -> Document {
        let filter = try invocation.document(.filter) ?? [:]
        var elements: [(String, BSONValue)] = [("find", .string(name)), ("filter", .document(filter))]
        if let sort = try invocation.document(.sort) { elements.append(("sort", .document(sort))) }
        if let projection = try invocation.document(.projection) {
            elements.append(("projection", .document(projection)))
        }
        if let skip = try invocation.integer(.skip, in: 0...Int.max) { elements.append(("skip", .integer(skip))) }
        if let limit = try invocation.integer(.limit, in: 1...Int.max) { elements.append(("limit", .integer(limit))) }
        return Document(elements)
    }
}
