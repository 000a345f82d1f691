import BSON
import DocumentStore
import Retail

extension Command {
    static let initialize = Command(
        name: "init", summary: "Create a store, or bring one up to date: collections, validators, indexes",
        options: [.store, .quiet],
        details: [
            "What is there already stays; documents are not touched. Running it twice changes nothing the second time."
        ],
        examples: ["atelier init --store ./shop.store", "atelier init --store mongodb://localhost/shop"]
    ) { invocation in
        let catalog = try CollectionCatalog.standard()
        try invocation.withStore(creating: true) { store in
            let report = try StoreInitializer(catalog: catalog, database: store.database).run()
            guard !invocation.isQuiet else { return }
            var lines: [String] = []
            let parts = [
                ("Collections created", report.createdCollections), ("Validators changed", report.changedValidators),
                ("Indexes created", report.createdIndexes), ("Collections sharded", report.shardedCollections),
            ]
            for (what, names) in parts where !names.isEmpty { lines.append("\(what): \(names.count)") }
            if lines.isEmpty {
                lines.append("Nothing to do: \(catalog.definitions.count) collections are as they should be.")
            }
            try invocation.printText(lines.joined(separator: "\n") + "\n")
        }
    }
}
