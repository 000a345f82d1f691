import Analytics
import BSON
import DocumentStore
import Glibc
import Ingest
import Retail

extension Option {
    static let again = Option("again", "Load what was loaded before once more, to restore what was changed since")
    static let currency = Option("currency", value: "CODE", "The currency of the prices (online-retail); GBP otherwise")
    static let collection = Option("collection", value: "NAME", "The collection the documents go to (ndjson)")
}

extension Command {
    static let load = Command(
        name: "import", summary: "Load files into the store",
        operands: [
            Operand("KIND", ImportKind.allCases.map(\.rawValue).joined(separator: ", ")),
            Operand("PATH", "A file; for olist the folder"),
        ],
        options: [.collection, .currency, .again, .store] + Option.output,
        details: [
            "online-retail: invoice lines of the UCI data sets Online Retail and Online Retail II, csv or csv.gz.",
            "olist: the folder of the nine tables of the Brazilian E-Commerce data set by Olist, each csv or csv.gz.",
            "ndjson: one document a line, in Extended JSON, plain or gzip; a document takes the place of the one with its _id.",
            "Rows that cannot be read are in the collection rejects, with the reason. Loading the same again changes nothing.",
        ],
        examples: [
            "atelier import online-retail online-retail-ii.csv.gz",
            "atelier import ndjson suppliers.ndjson --collection suppliers",
        ]
    ) { invocation in
        guard let kind = ImportKind(rawValue: invocation.operands[0]) else {
            let names = ImportKind.allCases.map(\.rawValue)
            let nearest = nearestName(to: invocation.operands[0], among: names).map { "Did you mean \($0)? " } ?? ""
            throw UsageError(
                "KIND: nothing is known about \(invocation.operands[0])",
                advice: nearest + "There are \(names.joined(separator: ", ")).")
        }
        try kind.checkOptions(invocation)
        let path = invocation.operands[1]
        guard access(path, R_OK) == 0 else {
            throw AtelierError(.fileOpenFailed, "cannot read: \(String(cString: strerror(errno)))", at: path)
        }
        let format = try invocation.format()
        let catalog = try CollectionCatalog.standard()
        let progress = Progress("Loading \(path)", isQuiet: invocation.isQuiet)
        defer { progress.finish() }
        // Files are read through before the store is opened: what cannot be loaded leaves no trace.
        let load = try kind.survey(path, invocation)
        try invocation.withStore(creating: true) { store in
            try StoreInitializer(catalog: catalog, database: store.database).run()
            let options = LoadOptions(again: invocation.isSet(.again)) { progress.advance(to: $0.rows, of: $0.subject) }
            let report = try load(store.database, catalog, options)
            progress.finish()
            if report.rows > 0 && report.rejectedRows >= report.rows {
                let rows = report.rows == 1 ? "the only row" : "none of the \(Progress.grouped(report.rows)) rows"
                let reasons = report.rejects.map { "\($0.reason) \(Progress.grouped($0.rows))" }
                throw AtelierError(
                    .failedToParse,
                    "\(rows) could\(report.rows == 1 ? " not" : "") be read: \(reasons.joined(separator: ", "))",
                    at: path,
                    advice: "The collection rejects has each with its reason: atelier find rejects --limit 5")
            }
            guard !invocation.isQuiet else { return }
            if !report.wasLoadedBefore {
                Messages.say(
                    "Loaded \(Progress.grouped(report.rows)) rows in \(Progress.duration(report.seconds)), "
                        + Progress.rate(report.rows, report.seconds))
            }
            try LoadReportText(report, invocation, format).print()
        }
    }
}

/// What can be imported.
private enum ImportKind: String, CaseIterable {
    case onlineRetail = "online-retail"
    case olist
    case ndjson

    /// An option that would not be honoured is refused.
    func checkOptions(_ invocation: Invocation) throws {
        if invocation.isSet(.currency) && self != .onlineRetail { throw UsageError("--currency is for online-retail") }
        if let currency = invocation.value(.currency),
            currency.utf8.count != 3 || !currency.utf8.allSatisfy({ 65...90 ~= $0 })
        {
            throw UsageError("--currency: expected three capitals, such as GBP, found \"\(currency)\"")
        }
        if invocation.isSet(.collection) && self != .ndjson { throw UsageError("--collection is for ndjson") }
        if self == .ndjson && !invocation.isSet(.collection) {
            throw UsageError("--collection is missing: the collection the documents go to")
        }
        if let name = invocation.value(.collection), name.isEmpty || name.hasPrefix("system.") || name.contains("$") {
            throw UsageError("--collection: \"\(name)\" cannot be a collection's name")
        }
    }

    /// Reads the files for the first time; the result reads them for good, into a database.
    func survey(_ path: String, _ invocation: Invocation) throws
        -> (Database, CollectionCatalog, LoadOptions) throws -> LoadReport
    {
        switch self {
        case .onlineRetail:
            let survey = try OnlineRetailImporter.survey(path)
            let currency = invocation.value(.currency) ?? "GBP"
            return { try OnlineRetailImporter(database: $0, catalog: $1, currency: currency).load(survey, options: $2) }
        case .olist:
            let survey = try OlistImporter.survey(path)
            return { try OlistImporter(database: $0, catalog: $1).load(survey, options: $2) }
        case .ndjson:
            let survey = try NDJSONImporter.survey(path)
            let collection = invocation.value(.collection) ?? ""
            return {
                try NDJSONImporter(database: $0, catalog: $1, collection: collection).load(survey, options: $2)
            }
        }
    }
}

/// What a load did, for people: a table of what was written, and what they should know besides.
private struct LoadReportText {
    let report: LoadReport
    let invocation: Invocation
    let format: RowFormat

    init(_ report: LoadReport, _ invocation: Invocation, _ format: RowFormat) {
        self.report = report
        self.invocation = invocation
        self.format = format
    }

    func print() throws {
        let columns = [
            Column(name: "collection", type: .string, title: "Collection"),
            Column(name: "inserted", type: .integer, title: "Inserted"),
            Column(name: "modified", type: .integer, title: "Changed"),
            Column(name: "unchanged", type: .integer, title: "Unchanged"),
        ]
        let heading = report.wasLoadedBefore ? "Loaded before, nothing to do: load \(report.id)" : "Load \(report.id)"
        try invocation.printRows(RowDescription(heading: heading, columns: columns, footnotes: footnotes)) { write in
            for written in report.written {
                let row: Document = [
                    "collection": .string(written.collection), "inserted": .integer(written.inserted),
                    "modified": .integer(written.modified), "unchanged": .integer(written.unchanged),
                ]
                try row.withView(write)
            }
        }
    }

    private var footnotes: [String] {
        var lines: [String] = []
        if report.rejectedRows > 0 {
            let reasons = report.rejects.map { "\($0.reason) \(Progress.grouped($0.rows))" }.joined(separator: ", ")
            lines.append(
                "Rejected: \(Progress.grouped(report.rejectedRows)) rows (\(reasons)); see the collection rejects")
        }
        return lines + report.assumptions.map { "Assumed: \($0)" } + report.notes.map { "Note: \($0)" }
    }
}
