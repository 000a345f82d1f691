import Analytics
import BSON
import Glibc
import Parquet

/// Rows as a Parquet file. They wait in a file without a name until all are known, because all of them say which columns
/// there are; memory does not grow with their count.
final class ParquetOutput: RowWriter {
    private let writer: ParquetWriter
    private let isQuiet: Bool
    private var spool: UnsafeMutablePointer<FILE>?

    init(_ output: Output, columns: [Column]?, isQuiet: Bool) {
        self.isQuiet = isQuiet
        writer = ParquetWriter(
            columns: columns.map { $0.map { ($0.name, ParquetOutput.type(of: $0.type)) } }, text: CellText.plain,
            sink: output.write)
    }

    deinit {
        if let spool { fclose(spool) }
    }

    func write(_ row: DocumentView) throws {
        writer.observe(row)
        guard fwrite(row.base, 1, row.length, try openSpool()) == row.length else { throw failure("cannot write") }
    }

    /// - Throws: `fileOpenFailed` where there is no room for temporary files.
    private func openSpool() throws -> UnsafeMutablePointer<FILE> {
        if let spool { return spool }
        guard let file = tmpfile() else { throw failure("cannot create") }
        spool = file
        return file
    }

    func finish() throws {
        let spool = try openSpool()
        rewind(spool)
        var row = [UInt8](repeating: 0, count: 1 << 16)
        while fread(&row, 1, 4, spool) == 4 {
            // What was written here was valid BSON, whose length stands first.
            let length = row.withUnsafeBytes { Int(Int32(littleEndian: $0.loadUnaligned(as: Int32.self))) }
            if row.count < length { row += [UInt8](repeating: 0, count: length - row.count) }
            let rest = row.withUnsafeMutableBytes { fread($0.baseAddress! + 4, 1, length - 4, spool) }
            guard rest == length - 4 else { throw failure("cannot read") }
            try row.withUnsafeBytes { try writer.write(DocumentView(base: $0.baseAddress!, length: length)) }
        }
        try writer.finish()
        if !isQuiet, !writer.mixedFields.isEmpty {
            Messages.say("Of several types, and therefore texts: \(writer.mixedFields.joined(separator: ", "))")
        }
    }

    private func failure(_ what: String) -> AtelierError {
        AtelierError(.fileOpenFailed, "\(what): \(String(cString: strerror(errno)))", at: "a temporary file")
    }

    private static func type(of type: ColumnType) -> ParquetWriter.DeclaredType {
        switch type {
        case .integer: .integer
        case .number: .number
        case .decimal: .decimal
        case .date: .date
        case .boolean: .boolean
        case .string, .array, .document: .text
        }
    }
}
