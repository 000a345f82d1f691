import BSON
import DocumentStore
import Retail

/// Imports the nine files of the Brazilian e-commerce data set published by Olist, whole or a sample of it.
///
/// Orders hold their items and payments; the customer is `customer_unique_id`; reviews are `review_id:order_id`, because one
/// review may cover several orders; addresses get the mean of their postal code's points. Items of Olist are single units,
/// so `quantity` is 1 and equal items are lines of their own.
public struct OlistImporter: Sendable {
    /// Changes when the rules change, so that files are loaded anew.
    private static let rules = "1"

    public let database: Database
    public let catalog: CollectionCatalog

    public init(database: Database, catalog: CollectionCatalog) {
        self.database = database
        self.catalog = catalog
    }

    /// What a first reading of the files found.
    public struct Survey: Sendable {
        fileprivate let files: [(OlistFile, CSVSurvey)]
    }

    /// Reads the files of a folder, plain or gzip, for the first time, which finds what is broken in them before a store
    /// is touched.
    ///
    /// - Throws: `fileOpenFailed` naming the files that are missing; `failedToParse` for a damaged file.
    public static func survey(_ folder: String) throws -> Survey {
        Survey(
            files: try OlistFile.locate(in: folder).map { file, path in
                (file, try CSVFile(path: path).survey(file.columns))
            })
    }

    /// Surveys the files of a folder and loads them.
    public func load(_ folder: String, options: LoadOptions = LoadOptions()) throws -> LoadReport {
        try load(OlistImporter.survey(folder), options: options)
    }

    /// Loads surveyed files. Loading the same content again changes nothing.
    ///
    /// - Throws: what the store throws.
    public func load(_ found: Survey, options: LoadOptions = LoadOptions()) throws -> LoadReport {
        let surveys = found.files
        let load = try Load(
            database, kind: "olist", salt: OlistImporter.rules,
            files: surveys.map {
                LoadReport.File(name: $1.file.name, sha256: $1.sha256, bytes: $1.byteCount, rows: $1.rowCount)
            },
            assumptions: surveys.flatMap { $1.assumptions } + [
                "Times are kept as the files' own clock shows them, as if it ran on UTC."
            ],
            options: options, catalog: catalog)
        if let before = try load.doneBefore() { return before }
        return try load.run {
            var tables = OlistTables()
            let rejects = RejectWriter(load)
            for (file, survey) in surveys { try read(file, survey, into: &tables, rejects, load) }
            try rejects.finish()
            try OlistDocuments(tables: tables, load: load).write()
        }
    }

    private func read(
        _ file: OlistFile, _ survey: CSVSurvey, into tables: inout OlistTables, _ rejects: RejectWriter, _ load: Load
    ) throws {
        let columns = survey.header.names
        let positions = survey.header.positions.map { $0! }
        let bronze = BronzeWriter(load, collection: file.collection, file: survey.file.name, columns: columns)
        var count = 0
        try survey.forEachRow { row in
            try bronze.append(row)
            count += 1
            do {
                guard row.count == columns.count else {
                    throw Rejection("fieldCount", "the row has \(row.count) fields, the header \(columns.count)")
                }
                try tables.append(OlistRow(row: row, file: file, positions: positions))
            } catch let rejection as Rejection {
                try rejects.reject(row, rejection, source: file.collection, file: survey.file.name, columns: columns)
            }
            if count & 0x3FFF == 0 { load.progress(survey.file.name, count, of: survey.rowCount) }
        }
        load.report.rows += count
        load.progress(survey.file.name, count, of: survey.rowCount)
        try bronze.finish()
    }
}
