import Analytics
import BSON

/// Comma-separated values with a header line, as RFC 4180 describes them.
///
/// Where nobody names the columns, rows wait (up to 64 MB of them) until all are known.
final class CSVWriter: RowWriter {
    private let output: Output
    private var columns: [Column]?
    private var known = Set<String>()
    private var waiting = RowBuffer()
    private let maximumWaitingBytes = 64 << 20
    private let columnsAreDeclared: Bool

    init(_ output: Output, columns: [Column]?) {
        self.output = output
        self.columns = columns
        columnsAreDeclared = columns != nil
    }

    func write(_ row: DocumentView) throws {
        if columns == nil {
            waiting.append(row)
            if waiting.byteCount >= maximumWaitingBytes { try writeWaiting() }
            return
        }
        if columnsAreDeclared && known.isEmpty { try writeHeader() }
        try writeLine(row)
    }

    func finish() throws {
        if columns == nil { try writeWaiting() }
        if known.isEmpty { try writeHeader() }
    }

    private func writeWaiting() throws {
        columns = waiting.columns()
        try writeHeader()
        for row in waiting.rows { try row.withView(writeLine) }
        waiting.removeAll()
    }

    private func writeHeader() throws {
        let names = (columns ?? []).map(\.name)
        known = Set(names)
        if !names.isEmpty { try output.write(names.map(CSVWriter.field).joined(separator: ",") + "\r\n") }
    }

    private func writeLine(_ row: DocumentView) throws {
        var line = ""
        for (index, column) in (columns ?? []).enumerated() {
            if index > 0 { line += "," }
            line += CSVWriter.field(CellText.plain(row.find(column.name)))
        }
        if !columnsAreDeclared { try checkFields(of: row) }
        try output.write(line + "\r\n")
    }

    /// No field is dropped in silence.
    private func checkFields(of row: DocumentView) throws {
        var cursor = row.elements()
        while cursor.next() {
            let name = cursor.keyString
            guard known.contains(name) else {
                throw AtelierError(
                    .failedToParse, "the field \(name) first occurs after the CSV's header was written",
                    advice: "Use --format ndjson, or name the fields with a projection.")
            }
        }
    }

    /// The text, in quotes where it holds a comma, a quote, a line break, or blanks at an end.
    static func field(_ text: String) -> String {
        let special: (UInt8) -> Bool = { $0 == 0x2C || $0 == 0x22 || $0 == 0x0A || $0 == 0x0D }
        guard text.utf8.contains(where: special) || text.utf8.first == 0x20 || text.utf8.last == 0x20 else {
            return text
        }
        return "\"" + text.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
    }
}
