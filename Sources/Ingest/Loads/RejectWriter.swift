import BSON
import DocumentStore

/// Keeps rows that could not be read, with the reason and the place, in `rejects`.
final class RejectWriter {
    private let load: Load
    private let writer: LoadWriter

    init(_ load: Load) {
        self.load = load
        writer = LoadWriter(load.collection("rejects"), existing: .kept)
    }

    /// - Parameters:
    ///   - source: the bronze collection, or the collection an import is for.
    ///   - columns: the fields' names; fields past them are numbered.
    func reject(_ row: CSVRow, _ rejection: Rejection, source: String, file: String, columns: [String]) throws {
        try append(rejection, source: source, file: file, line: row.line) { writer in
            writer.beginDocument("row")
            appendFields(row, columns, to: writer)
            writer.end()
        }
    }

    /// A line that is no row of columns.
    func reject(text: String, _ rejection: Rejection, source: String, file: String, line: Int) throws {
        try append(rejection, source: source, file: file, line: line) { $0.append("text", .string(text)) }
    }

    private func append(
        _ rejection: Rejection, source: String, file: String, line: Int, _ content: (BSONWriter) -> Void
    ) throws {
        load.report.reject(rejection.reason)
        try writer.append { writer in
            writer.append("_id", .string("\(load.id):\(source):\(paddedLine(line))"))
            writer.append("load", .string(load.id))
            writer.append("source", .string(source))
            writer.append("file", .string(file))
            writer.append("line", ValueView.integer(Int64(line)))
            writer.append("reason", .string(rejection.reason))
            writer.append("message", .string(rejection.message))
            content(writer)
        }
    }

    func finish() throws { load.report.add(try writer.finish()) }
}

/// Why a row was rejected.
struct Rejection: Error {
    /// A short stable name: `badQuantity`, `missingInvoice`, ….
    let reason: String
    let message: String

    init(_ reason: String, _ message: String) {
        self.reason = reason
        self.message = message
    }
}

/// Writes a row's fields under the names of their columns; fields past them are numbered.
func appendFields(_ row: CSVRow, _ columns: [String], to writer: BSONWriter) {
    for index in 0..<row.count {
        let name = index < columns.count ? columns[index] : "column\(index + 1)"
        writer.append(name, ValueView.string(borrowing: row[index]))
    }
}

/// The line with leading zeros, so that ids sort by line.
func paddedLine(_ line: Int) -> String {
    let digits = String(line)
    return String(repeating: "0", count: max(0, 9 - digits.utf8.count)) + digits
}
