import BSON
import Retail

/// Rows into a table of MariaDB: one INSERT for a megabyte of them.
final class MariaDBInsertion: RowInsertion {
    private let database: MariaDBDatabase
    private let head: [UInt8]
    private let types: [RelationalType]
    private var buffer: [UInt8] = []

    init(into table: String, _ columns: [SQLColumn], of database: MariaDBDatabase) {
        self.database = database
        let names = SQLDialect.quoted(columns.map(\.name))
        head = Array("INSERT INTO \(SQLDialect.quoted(table)) (\(names)) VALUES ".utf8)
        types = columns.map(\.type)
    }

    func add(_ values: [ValueView]) throws {
        buffer += buffer.isEmpty ? head : [UInt8(ascii: ",")]
        for (place, value) in values.enumerated() {
            buffer.append(UInt8(ascii: place == 0 ? "(" : ","))
            guard let text = try SQLText.bytes(of: value, as: types[place]) else {
                buffer += Array("NULL".utf8)
                continue
            }
            // With NO_BACKSLASH_ESCAPES a quote is all that means something within a text.
            buffer.append(UInt8(ascii: "'"))
            for byte in text {
                if byte == UInt8(ascii: "'") { buffer.append(byte) }
                buffer.append(byte)
            }
            buffer.append(UInt8(ascii: "'"))
        }
        buffer.append(UInt8(ascii: ")"))
        if buffer.count >= 1 << 20 { try finish() }
    }

    func finish() throws {
        guard !buffer.isEmpty else { return }
        defer { buffer.removeAll(keepingCapacity: true) }
        try database.execute(bytes: buffer)
    }
}
