import Analytics
import BSON
import Glibc

extension Command {
    static let list = Command(
        name: "list", summary: "List the saved aggregations",
        operands: [Operand("TOPIC", "Only those of a topic: sales, customers, products …", isOptional: true)],
        options: [.aggregations] + Option.output,
        examples: [
            "atelier list", "atelier list customers", "atelier list --aggregations ./my-questions --format json",
        ]
    ) { invocation in
        let aggregations = try ListedAggregations.readable(invocation.aggregationCatalog(), for: "list")
        let wanted = invocation.operands.first
        if let wanted { try ListedAggregations.check(wanted, of: aggregations) }
        let rows = RowDescription(
            columns: [
                Column(name: "name", type: .string, title: "Name"),
                Column(name: "topic", type: .string, title: "Topic"),
                Column(name: "question", type: .string, title: "Question"),
            ])
        try invocation.printRows(rows) { write in
            for aggregation in aggregations where wanted == nil || aggregation.topic == wanted {
                let row: Document = [
                    "name": .string(aggregation.name), "title": .string(aggregation.title),
                    "topic": .string(aggregation.topic), "question": .string(aggregation.question),
                ]
                try row.withView(write)
            }
        }
        if !invocation.isQuiet && invocation.value(.out) == nil && Terminal.isTerminal(STDOUT_FILENO) {
            Messages.say("`atelier describe NAME` says more, `atelier run NAME` answers.")
        }
    }
}

/// The aggregations that commands over all of them have.
enum ListedAggregations {
    /// Every aggregation that can be read, by topic and name; says which cannot.
    static func readable(_ catalog: AggregationCatalog, for command: String) throws -> [SavedAggregation] {
        var aggregations: [SavedAggregation] = []
        for name in catalog.names {
            do {
                aggregations.append(try catalog.aggregation(named: name))
            } catch let error as AtelierError where error.location != nil {
                Messages.say("atelier \(command): left out: \(error)")
            }
        }
        return aggregations.sorted { ($0.topic, $0.name) < ($1.topic, $1.name) }
    }

    /// - Throws: `UsageError` where no aggregation is about this, and it is none of the other topics either.
    static func check(_ name: String, of aggregations: [SavedAggregation], and others: [String] = []) throws {
        let topics = Set(aggregations.map(\.topic) + others).sorted()
        guard topics.contains(name) else {
            throw UsageError("there is no aggregation about \(name)", advice: advice(for: name, among: topics))
        }
    }

    private static func advice(for name: String, among topics: [String]) -> String {
        if let nearest = nearestName(to: name, among: topics) { return "Did you mean \(nearest)?" }
        return "Topics are \(topics.joined(separator: ", "))."
    }
}
