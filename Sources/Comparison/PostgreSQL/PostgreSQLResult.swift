import BSON
import CPostgreSQL

/// What PostgreSQL replied to one statement; values travel as text, which is exact for each type.
final class PostgreSQLResult {
    /// Valid until the object goes.
    private let handle: OpaquePointer
    private let library: LibPQ

    init(_ handle: OpaquePointer, _ library: LibPQ) {
        self.handle = handle
        self.library = library
    }

    deinit { library.clear(handle) }

    var status: ExecStatusType { library.resultStatus(handle) }

    /// The five characters of SQLSTATE; empty where there is no error.
    var state: String { library.errorField(handle, Int32(UInt8(ascii: "C"))).map { String(cString: $0) } ?? "" }

    /// What was wrong, without the severity in front.
    var message: String { library.errorField(handle, Int32(UInt8(ascii: "M"))).map { String(cString: $0) } ?? "" }

    var changedRows: Int { library.changedRows(handle).flatMap { Int(String(cString: $0)) } ?? 0 }

    var answer: SQLAnswer {
        let columns = 0..<library.columnCount(handle)
        let types = columns.map { library.columnType(handle, $0) }
        let rows = (0..<library.rowCount(handle)).map { row in
            columns.map { column in value(row, column, types[Int(column)]) }
        }
        return SQLAnswer(
            columns: columns.map { library.columnName(handle, $0).map { String(cString: $0) } ?? "" }, rows: rows)
    }

    private func value(_ row: Int32, _ column: Int32, _ type: Oid) -> BSONValue {
        guard library.isNull(handle, row, column) == 0, let start = library.value(handle, row, column) else {
            return .null
        }
        // The result holds the bytes, and says how many there are.
        let bytes = UnsafeRawBufferPointer(start: start, count: Int(library.length(handle, row, column)))
        let text = String(decoding: bytes, as: UTF8.self)
        // Numbers of types, from PostgreSQL's catalog pg_type, where they are fixed.
        let value: BSONValue? =
            switch type {
            case 16: .bool(bytes.first == UInt8(ascii: "t"))
            case 20, 21, 23: Int64(text).map { .integer($0) }
            case 700, 701: SQLText.double(text).map { .double($0) }
            case 1700: Decimal128(text).map { .decimal($0) }
            case 1082, 1114, 1184: SQLText.milliseconds(text).map { .date($0) }
            default: nil
            }
        return value ?? .string(text)
    }
}
