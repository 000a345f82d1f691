import BSON
import DocumentStore

extension Option {
    static let canonical = Option(
        "canonical", "Spell out every type in JSON: what is read back is what was there")
}

extension Command {
    static let export = Command(
        name: "export", summary: "Write a collection's documents, all or some",
        operands: [Operand("COLLECTION", "Its name; `atelier stats` lists them")],
        options: [.filter, .sort, .projection, .limit, .skip, .canonical, .store] + Option.output,
        details: [
            "The format is ndjson where nothing says otherwise. In csv, fields that hold documents or arrays are JSON.",
            "In parquet they are structures and lists. Dates are timestamps in UTC, exact decimals DECIMAL(38, s) with as many\n"
                + "digits s behind the point as any has; a missing field is null. Fields whose values are of types that no column\n"
                + "holds together are texts as in csv, and are named.",
        ],
        examples: [
            "atelier export orders --out orders.ndjson", "atelier export orders --out orders.parquet",
            #"atelier export products --filter '{"active": true}' --out active.csv"#,
        ]
    ) { invocation in
        let name = invocation.operands[0]
        let filter = try invocation.document(.filter) ?? [:]
        let sort = try invocation.document(.sort)
        let projection = try invocation.document(.projection)
        let limit = try invocation.integer(.limit, in: 1...Int.max) ?? 0
        let skip = try invocation.integer(.skip, in: 0...Int.max) ?? 0
        let format = try invocation.format(or: .ndjson)
        guard [.ndjson, .json, .csv, .parquet].contains(format) else {
            throw UsageError(
                "--format: an export is ndjson, json, csv or parquet",
                advice: "Tables are printed by `atelier find \(name)`.")
        }
        if invocation.isSet(.canonical) && ![.json, .ndjson].contains(format) {
            throw UsageError("--canonical is for json and ndjson")
        }
        try invocation.withStore { store in
            let progress = Progress("Exporting \(name)", counting: "documents", isQuiet: invocation.isQuiet)
            defer { progress.finish() }
            let collection = store.database.collection(name)
            try collection.requireExistence(isArgument: true)
            var count = 0
            try invocation.printRows(RowDescription(isCanonical: invocation.isSet(.canonical)), format: .ndjson) {
                write in
                let show: (DocumentView) throws -> Void = { row in
                    try write(row)
                    count += 1
                    progress.advance(to: count)
                }
                try collection.find(filter, sort: sort, projection: projection, skip: skip, limit: limit)
                    .forEachDocument(show)
            }
            progress.finish()
            if !invocation.isQuiet && invocation.value(.out) != nil {
                Messages.say("Wrote \(Progress.grouped(count)) documents in \(Progress.duration(progress.seconds))")
            }
        }
    }
}
