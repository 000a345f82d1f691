import Analytics
import BSON

extension Command {
    static let run = Command(
        name: "run", summary: "Answer a saved aggregation",
        operands: [Operand("NAME", "An aggregation; `atelier list` lists them")],
        options: [.parameter, .store, .aggregations] + Option.output,
        details: [
            "A table rounds money to two places and shows ratios in percent; csv, json and ndjson hold every digit."
        ],
        examples: [
            "atelier run revenue-by-month --param knownCustomersOnly=true",
            "atelier run top-products --param limit=3 --format csv --out top.csv",
        ]
    ) { invocation in
        let name = invocation.operands[0]
        let aggregation = try UsageError.rethrowing { try invocation.aggregationCatalog().aggregation(named: name) }
        let arguments = try invocation.arguments(of: aggregation)
        _ = try invocation.format()
        try invocation.withStore { store in
            let rows = RowDescription(heading: aggregation.title, columns: aggregation.columns)
            let progress = Progress("Running \(name)", isQuiet: invocation.isQuiet)
            defer { progress.finish() }
            try invocation.printRows(rows) { write in
                try aggregation.run(arguments, on: store.database).rows.forEach(write)
                progress.finish()
            }
        }
    }
}
