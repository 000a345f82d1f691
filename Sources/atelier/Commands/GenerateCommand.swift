import Analytics
import BSON
import DocumentStore
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
            try requireEmptiness(store.database)
            let progress = Progress("Generating", counting: "documents", isQuiet: invocation.isQuiet)
            defer { progress.finish() }
            var counts: [(collection: String, documents: Int)] = []
            var total = 0
            try Generator(options).forEachBatch { name, documents in
                try store.database.collection(name).insert(documents, ordered: false).orThrow()
                if let index = counts.firstIndex(where: { $0.collection == name }) {
                    counts[index].documents += documents.count
                } else {
                    counts.append((name, documents.count))
                }
                total += documents.count
                progress.advance(to: total, of: name)
            }
            progress.finish()
            guard !invocation.isQuiet else { return }
            let seconds = progress.seconds
            Messages.say(
                "Generated \(Progress.grouped(total)) documents in \(Progress.duration(seconds)), "
                    + Progress.rate(total, seconds, unit: "documents"))
            try report(counts, invocation)
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

    /// Generated ids are the same in every generated shop: two in one store would be neither.
    private static func requireEmptiness(_ database: Database) throws {
        let count = try database.collection("orders").estimatedCount()
        guard count == 0 else {
            throw AtelierError(
                .namespaceExists, "the store holds \(Progress.grouped(count)) orders already",
                advice: "Generated data go into a store of their own: name another with --store.")
        }
    }

    private static func report(_ counts: [(collection: String, documents: Int)], _ invocation: Invocation) throws {
        let columns = [
            Column(name: "collection", type: .string, title: "Collection"),
            Column(name: "documents", type: .integer, title: "Documents"),
        ]
        try invocation.printRows(RowDescription(columns: columns)) { write in
            for (collection, documents) in counts {
                let row: Document = ["collection": .string(collection), "documents": .integer(documents)]
                try row.withView(write)
            }
        }
    }
}
