import Analytics
import BSON
import Glibc

extension Command {
    static let list = Command(
        name: "list", summary: "List the saved aggregations",
        options: [.aggregations] + Option.output,
        examples: ["atelier list", "atelier list --aggregations ./my-questions --format json"]
    ) { invocation in
        let catalog = try invocation.aggregationCatalog()
        let rows = RowDescription(
            columns: [
                Column(name: "name", type: .string, title: "Name"),
                Column(name: "question", type: .string, title: "Question"),
            ])
        try invocation.printRows(rows) { write in
            for name in catalog.names {
                do {
                    let aggregation = try catalog.aggregation(named: name)
                    let row: Document = [
                        "name": .string(name), "title": .string(aggregation.title),
                        "question": .string(aggregation.question),
                    ]
                    try row.withView(write)
                } catch let error as AtelierError where error.location != nil {
                    Messages.say("atelier list: left out: \(error)")
                }
            }
        }
        if !invocation.isQuiet && invocation.value(.out) == nil && Terminal.isTerminal(STDOUT_FILENO) {
            Messages.say("`atelier describe NAME` says more, `atelier run NAME` answers.")
        }
    }
}
