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
        let aggregations = try readable(invocation.aggregationCatalog())
        let wanted = try invocation.operands.first.map { try topic($0, of: aggregations) }
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

    /// Every aggregation that can be read, by topic and name; says which cannot.
    private static func readable(_ catalog: AggregationCatalog) throws -> [SavedAggregation] {
        var aggregations: [SavedAggregation] = []
        for name in catalog.names {
            do {
                aggregations.append(try catalog.aggregation(named: name))
            } catch let error as AtelierError where error.location != nil {
                Messages.say("atelier list: left out: \(error)")
            }
        }
        return aggregations.sorted { ($0.topic, $0.name) < ($1.topic, $1.name) }
    }

    private static func topic(_ name: String, of aggregations: [SavedAggregation]) throws -> String {
        let topics = Set(aggregations.map(\.topic)).sorted()
        guard topics.contains(name) else {
            throw UsageError("there is no aggregation about \(name)", advice: advice(for: name, among: topics))
        }
        return name
    }

    private static func advice(for name: String, among topics: [String]) -> String {
        if let nearest = nearestName(to: name, among: topics) { return "Did you mean \(nearest)?" }
        return "Topics are \(topics.joined(separator: ", "))."
    }
}
