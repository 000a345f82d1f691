import Analytics
import BSON
import DocumentStore

extension Command {
    static let refresh = Command(
        name: "refresh", summary: "Keep saved aggregations as gold collections, up to date",
        operands: [
            Operand("NAME", "An aggregation; without, all that need no parameter", isOptional: true, isRepeatable: true)
        ],
        options: [.parameter, .full, .listStates, .store, .aggregations] + Option.output,
        details: [
            "The rows of revenue-by-month are kept in gold_revenue_by_month, each with the time it was computed. Parameters "
                + "that are not given take their defaults. What has not changed is not computed again; definitions that allow "
                + "it are computed for the periods that have changed.",
            "Rows are put into place as a whole: a refresh that is stopped leaves those of the one before.",
        ],
        examples: [
            "atelier refresh", "atelier refresh revenue-by-month --param productsOnly=true", "atelier refresh --list",
        ]
    ) { invocation in
        _ = try invocation.format()
        if invocation.isSet(.listStates) {
            try listStates(invocation)
        } else {
            try refresh(invocation)
        }
    }

    private static func refresh(_ invocation: Invocation) throws {
        let names = invocation.operands
        if names.isEmpty && invocation.isSet(.parameter) {
            throw UsageError(
                "--param is for aggregations that are named", advice: "Name the one that has the parameter.")
        }
        let refreshes = try UsageError.rethrowing {
            try invocation.aggregationCatalog().refreshes(of: names) { try invocation.arguments(of: $0) }
        }
        try invocation.withStore { store in
            let progress = Progress("Refreshing", counting: "collections", isQuiet: invocation.isQuiet)
            defer { progress.finish() }
            let reports = try Refresher(store.database).refresh(refreshes.requests, full: invocation.isSet(.full)) {
                done, total, name in progress.advance(to: done, of: "\(name) of \(total)")
            }
            progress.finish()
            let rows = RowDescription(
                columns: [
                    Column(name: "gold", type: .string, title: "Collection"),
                    Column(name: "how", type: .string, title: "How"),
                    Column(name: "reason", type: .string, title: "Because"),
                    Column(name: "rows", type: .integer, title: "Rows"),
                    Column(name: "computed", type: .integer, title: "Computed"),
                    Column(name: "refreshedAt", type: .date, title: "As of"),
                    Column(name: "seconds", type: .number, title: "Seconds"),
                ])
            try invocation.printRows(rows) { write in
                for report in reports + refreshes.skipped { try report.document.withView(write) }
            }
            let failures = reports.compactMap(\.error)
            if failures.count > 1 {
                throw AtelierError(
                    failures[0].code, "\(failures.count) collections could not be refreshed; their old rows stand",
                    advice: "Refresh them by name to see each error.")
            }
            if let failure = failures.first { throw failure }
        }
    }

    private static func listStates(_ invocation: Invocation) throws {
        guard invocation.operands.isEmpty, !invocation.isSet(.parameter), !invocation.isSet(.full) else {
            throw UsageError("--list shows every gold collection and refreshes none")
        }
        let rows = RowDescription(
            columns: [
                Column(name: "gold", type: .string, title: "Collection"),
                Column(name: "aggregation", type: .string, title: "Aggregation"),
                Column(name: "refreshedAt", type: .date, title: "As of"),
                Column(name: "checkedAt", type: .date, title: "Still true"),
                Column(name: "how", type: .string, title: "How"),
                Column(name: "rows", type: .integer, title: "Rows"),
                Column(name: "seconds", type: .number, title: "Seconds"),
                Column(name: "parameters", type: .document, title: "Parameters"),
            ])
        try invocation.withStore { store in
            let states = try GoldState.all(in: store.database)
            try invocation.printRows(rows) { write in
                for state in states { try state.summary.withView(write) }
            }
        }
    }
}

extension Option {
    fileprivate static let full = Option("full", "Compute everything anew, changed or not")
    fileprivate static let listStates = Option(
        "list", "Show what there is: when it was computed, how, with which parameters")
}

extension GoldState {
    fileprivate var summary: Document {
        [
            "gold": .string(name), "aggregation": .string(aggregation), "refreshedAt": .date(refreshedAt),
            "checkedAt": .date(checkedAt), "how": .string(how), "rows": .integer(rows), "seconds": .double(seconds),
            "parameters": .document(parameters),
        ]
    }
}
