import BSON
import CPostgreSQL
import Retail

/// Rows into a table of PostgreSQL by COPY, a megabyte at a time.
final class PostgreSQLInsertion: RowInsertion {
    private let database: PostgreSQLDatabase
    private let statement: String
    private let types: [RelationalType]
    private var buffer: [UInt8] = []

    init(into table: String, _ columns: [SQLColumn], of database: PostgreSQLDatabase) {
        self.database = database
        statement =
            "COPY \(SQLDialect.quoted(table)) (\(SQLDialect.quoted(columns.map(\.name)))) FROM STDIN"
        types = columns.map(\.type)
    }

    func add(_ values: [ValueView]) throws {
        for (place, value) in values.enumerated() {
            if place > 0 { buffer.append(UInt8(ascii: "\t")) }
            guard let text = try SQLText.bytes(of: value, as: types[place]) else {
                buffer += [UInt8(ascii: "\\"), UInt8(ascii: "N")]
                continue
            }
            for byte in text {
                switch byte {
                case UInt8(ascii: "\\"): buffer += [byte, byte]
                case UInt8(ascii: "\t"): buffer += [UInt8(ascii: "\\"), UInt8(ascii: "t")]
                case UInt8(ascii: "\n"): buffer += [UInt8(ascii: "\\"), UInt8(ascii: "n")]
                case UInt8(ascii: "\r"): buffer += [UInt8(ascii: "\\"), UInt8(ascii: "r")]
                default: buffer.append(byte)
                }
            }
        }
        buffer.append(UInt8(ascii: "\n"))
        if buffer.count >= 1 << 20 { try finish() }
    }

    func finish() throws {
        guard !buffer.isEmpty else { return }
        defer { buffer.removeAll(keepingCapacity: true) }
        try database.copy(statement, buffer)
    }
}
