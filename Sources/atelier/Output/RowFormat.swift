import Analytics
import BSON

/// How rows are printed.
enum RowFormat: String, CaseIterable {
    case table, csv, json, ndjson, markdown, parquet

    /// The format that a file's name asks for; nil where it asks for none.
    ///
    /// - Throws: `UsageError` for a name that asks for what there is not, such as `top.xlsx`.
    static func named(by fileName: String) throws -> RowFormat? {
        let parts = fileName.split(separator: "/").last?.split(separator: ".").dropFirst() ?? []
        switch parts.last.map({ $0.lowercased() }) {
        case "csv": return .csv
        case "json": return .json
        case "ndjson", "jsonl": return .ndjson
        case "md", "markdown": return .markdown
        case "parquet": return .parquet
        case nil, "txt": return nil
        case let ending?:
            throw UsageError(
                "--out: no format goes by the ending .\(ending)",
                advice: "Say which with --format: \(allCases.map(\.rawValue).joined(separator: ", ")).")
        }
    }
}

/// Rows that go on paper.
protocol RowWriter: AnyObject {
    func write(_ row: DocumentView) throws
    /// Writes what only the end shows.
    func finish() throws
}

/// What a writer knows about the rows it gets.
struct RowDescription {
    /// The line above a table; nil for none.
    var heading: String?
    /// The columns; nil where the rows themselves decide.
    var columns: [Column]?
    /// How many rows a table shows.
    var maximumTableRows = 1000
    /// Said where there are more; nil where they are counted instead.
    var howToSeeMore: String?
    /// Lines below a table.
    var footnotes: [String] = []
    /// What stands below a table and its notes, as lines that fit so many columns (nil: nothing limits them).
    var appendix: ((_ width: Int?) -> [String])?
    /// Whether JSON spells out every type.
    var isCanonical = false
}

extension RowFormat {
    func writer(to output: Output, _ rows: RowDescription, isQuiet: Bool) -> any RowWriter {
        switch self {
        case .table: TableWriter(output, rows, isQuiet: isQuiet)
        case .markdown: MarkdownWriter(output, rows)
        case .parquet: ParquetOutput(output, columns: rows.columns, isQuiet: isQuiet)
        case .csv: CSVWriter(output, columns: rows.columns)
        case .json: JSONWriter(output, rows.isCanonical ? .canonical : .relaxed, isArray: true)
        case .ndjson: JSONWriter(output, rows.isCanonical ? .canonical : .relaxed, isArray: false)
        }
    }
}
