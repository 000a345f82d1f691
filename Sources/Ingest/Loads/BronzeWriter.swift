import BSON
import DocumentStore

/// Keeps the rows of a file as they came, in a `raw_*` collection: load, file, line, and the fields as text.
final class BronzeWriter {
    private let load: Load
    private let writer: LoadWriter
    private let loadValue: OwnedText
    private let file: OwnedText
    /// The columns' names, and their bytes apart, so that no reference is counted while rows are written.
    private let names: [FieldName]
    private let nameBytes: [UnsafeRawBufferPointer]
    private let fields = (
        id: FieldName("_id"), load: FieldName("load"), file: FieldName("file"), line: FieldName("line"),
        row: FieldName("row")
    )
    /// The id of the row at hand: `load:line`, the line with nine digits.
    private var id: [UInt8]

    init(_ load: Load, collection: String, file: String, columns: [String]) {
        self.load = load
        writer = LoadWriter(load.collection(collection), existing: .kept)
        loadValue = OwnedText(load.id)
        self.file = OwnedText(file)
        let names = columns.map { FieldName($0) }
        self.names = names
        nameBytes = names.map(\.bytes)
        id = Array(load.id.utf8) + Array(":000000000".utf8)
    }

    func append(_ row: CSVRow) throws {
        writeLine(row.line)
        try writer.append { writer in
            id.withUnsafeBytes { writer.append(fields.id, .string(borrowing: $0)) }
            writer.append(fields.load, loadValue.value)
            writer.append(fields.file, file.value)
            writer.append(fields.line, .integer(Int64(row.line)))
            writer.begin(.document, fields.row.bytes)
            if row.count <= nameBytes.count {
                for index in 0..<row.count { writer.append(nameBytes[index], .string(borrowing: row[index])) }
            } else {
                appendFields(row, names.map(\.text), to: writer)
            }
            writer.end()
        }
    }

    func finish() throws { load.report.add(try writer.finish()) }

    private func writeLine(_ line: Int) {
        var rest = line
        // Past 999,999,999 lines the id grows longer and stays unique.
        if line > 999_999_999 {
            id = Array("\(load.id):\(line)".utf8)
            return
        }
        for position in stride(from: id.count - 1, to: id.count - 10, by: -1) {
            id[position] = UInt8(48 + rest % 10)
            rest /= 10
        }
    }
}

/// A text whose bytes stay where they are as long as the object lives.
final class OwnedText {
    private let bytes: UnsafeMutableBufferPointer<UInt8>

    init(_ text: String) {
        bytes = .allocate(capacity: text.utf8.count)
        _ = bytes.initialize(from: text.utf8)
    }
    deinit { bytes.deallocate() }

    /// The text as a value that borrows the bytes.
    var value: ValueView { .string(borrowing: UnsafeRawBufferPointer(bytes)) }
}
