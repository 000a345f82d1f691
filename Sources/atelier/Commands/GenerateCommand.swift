import Analytics
import BSON
import DocumentStore
import Ingest
import Retail

extension Option {
    fileprivate static let orders = Option(
        "orders", value: "N", "How many sales; all else grows with them. Otherwise 10000")
    fileprivate static let seed = Option("seed", value: "N", "Another number makes another shop. Otherwise 1")
    fileprivate static let days = Option("days", value: "N", "How many days the sales cover. Otherwise 730")
    fileprivate static let end = Option("end", value: "DATE", "The day before which the data end. Otherwise 2026-01-01")
}

extension Command {
    static let generate = Command(
        name: "generate", summary: "Fill an empty store with the data of an invented shop",
        options: [.orders, .seed, .days, .end, .store] + Option.output,
        details: ["The same options make the same documents, on any day and any machine."],
        examples: ["atelier generate --orders 100000 --seed 7 --store ./big.store"]
    ) { invocation in
        let options = try generatorOptions(invocation)
        _ = try invocation.format()
        let catalog = try CollectionCatalog.standard()
        try invocation.withStore(creating: true) { store in
            try StoreInitializer(catalog: catalog, database: store.database).run()
            let progress = Progress("Generating", counting: "orders", isQuiet: invocation.isQuiet)
            defer { progress.finish() }
            let loader = GeneratedDataLoader(database: store.database, catalog: catalog)
            let report = try loader.load(
                Generator(options), options: LoadOptions(progress: { progress.advance(to: $0.rows, of: $0.subject) }))
            progress.finish()
            guard !invocation.isQuiet else { return }
            Messages.say(
                report.wasLoadedBefore
                    ? "Generated before, nothing to do"
                    : "Generated \(Progress.grouped(report.rows)) documents in \(Progress.duration(report.seconds)), "
                        + Progress.rate(report.rows, report.seconds, unit: "documents"))
            try print(report, invocation)
        }
    }

    private static func generatorOptions(_ invocation: Invocation) throws -> GeneratorOptions {
        var end = GeneratorOptions.defaultEnd
        if let text = invocation.value(.end) {
            guard let date = UTCDate.milliseconds(iso8601: text) else {
                throw UsageError("--end: expected a date such as 2026-01-01, found \"\(text)\"")
            }
            end = date
        }
        return try UsageError.rethrowing {
            try GeneratorOptions(
                orders: invocation.integer(.orders, in: 1...1_000_000_000) ?? 10_000,
                seed: UInt64(invocation.integer(.seed, in: 0...Int.max) ?? 1), end: end,
                days: invocation.integer(.days, in: 30...3650) ?? 730)
        }
    }

    private static func print(_ report: LoadReport, _ invocation: Invocation) throws {
        let columns = [
            Column(name: "collection", type: .string, title: "Collection"),
            Column(name: "documents", type: .integer, title: "Documents"),
        ]
        try invocation.printRows(RowDescription(columns: columns)) { write in
            for written in report.written {
                let documents = written.inserted + written.modified + written.unchanged
                let row: Document = ["collection": .string(written.collection), "documents": .integer(documents)]
                try row.withView(write)
            }
        }
    }
}
