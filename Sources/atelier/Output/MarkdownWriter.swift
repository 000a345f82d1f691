import Analytics
import BSON

/// Rows as a table in Markdown, with the values people read in a table.
final class MarkdownWriter: RowWriter {
    private let output: Output
    private let columns: [Column]?
    private var rows = RowBuffer()

    init(_ output: Output, _ rows: RowDescription) {
        self.output = output
        columns = rows.columns
    }

    func write(_ row: DocumentView) throws { rows.append(row) }

    func finish() throws {
        let columns = columns ?? rows.columns()
        guard !columns.isEmpty else { return }
        try line(columns.map { CellText.visible($0.heading) })
        try line(columns.map { $0.type.isNumeric ? "---:" : "---" })
        for row in rows.rows {
            try line(columns.map { column in row.withView { CellText.readable($0.find(column.name), column) } })
        }
    }

    private func line(_ cells: [String]) throws {
        try output.write("| " + cells.map(MarkdownWriter.escaped).joined(separator: " | ") + " |\n")
    }

    /// The text with what would end the cell or start markup made harmless.
    private static func escaped(_ text: String) -> String {
        var result = ""
        for character in text {
            if "\\|`*_<[".contains(character) { result.append("\\") }
            result.append(character)
        }
        return result
    }
}
