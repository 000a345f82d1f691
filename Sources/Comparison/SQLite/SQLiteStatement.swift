import BSON
import CSQLite
import Retail

/// A compiled statement: bind its parameters, step through its rows, reset it to run again.
public final class SQLiteStatement: SQLStatement {
    /// Valid until the object goes, which holds its database open.
    private let handle: OpaquePointer
    private let database: SQLiteDatabase

    init(_ handle: OpaquePointer, of database: SQLiteDatabase) {
        self.handle = handle
        self.database = database
    }

    deinit { sqlite3_finalize(handle) }

    /// The names of the columns.
    public var columns: [String] {
        (0..<sqlite3_column_count(handle)).map { String(cString: sqlite3_column_name(handle, $0)) }
    }

    /// The names of the parameters, without what marks them; empty for one without a name.
    public var parameters: [String] {
        (0..<sqlite3_bind_parameter_count(handle)).map { index in
            sqlite3_bind_parameter_name(handle, index + 1).map { String(String(cString: $0).dropFirst()) } ?? ""
        }
    }

    /// Binds a value as SQLite keeps it: dates as text, decimals by their digits, which a NUMERIC column reads as a number.
    ///
    /// - Parameter index: from 1.
    /// - Throws: `typeMismatch` for values that no column type takes.
    public func bind(_ value: BSONValue, at index: Int) throws {
        try value.withValue { try bind($0, at: index) }
    }

    /// As `bind(_: BSONValue, at:)`, of a value that somebody else owns.
    func bind(_ value: ValueView, at index: Int) throws {
        let index = Int32(index)
        let status =
            switch value.type {
            case .missing, .null, .undefined: sqlite3_bind_null(handle, index)
            case .bool: sqlite3_bind_int(handle, index, value.asBool ? 1 : 0)
            case .int32: sqlite3_bind_int(handle, index, value.asInt32)
            case .int64: sqlite3_bind_int64(handle, index, value.asInt64)
            case .double: sqlite3_bind_double(handle, index, value.asDouble)
            case .decimal: bind(text: value.asDecimal.description, at: index)
            case .date: bind(text: SQLText.timestamp(value.asDate), at: index)
            case .string: bind(bytes: value.bytes, at: index)
            case .document, .array: bind(text: value.extendedJSON(), at: index)
            default:
                throw AtelierError(.typeMismatch, "SQL has no column for values of the type \(value.type)")
            }
        guard status == SQLITE_OK else { throw database.failure("cannot bind parameter \(index)", at: text) }
    }

    /// Binds a value as a column of the type holds it: a `TEXT` holds what is no string as its relaxed Extended JSON.
    func bind(_ value: ValueView, as type: RelationalType, at index: Int) throws {
        guard type == .text, value.type != .string, !value.isNullish else { return try bind(value, at: index) }
        guard bind(text: value.extendedJSON(), at: Int32(index)) == SQLITE_OK else {
            throw database.failure("cannot bind parameter \(index)", at: text)
        }
    }

    private func bind(bytes: UnsafeRawBufferPointer, at index: Int32) -> Int32 {
        // Without a pointer an empty text would be NULL.
        guard let start = bytes.baseAddress else {
            return sqlite3_bind_text(handle, index, "", 0, SQLiteStatement.copied)
        }
        return sqlite3_bind_text(
            handle, index, start.assumingMemoryBound(to: CChar.self), Int32(bytes.count), SQLiteStatement.copied)
    }

    private func bind(text: String, at index: Int32) -> Int32 {
        sqlite3_bind_text(handle, index, text, -1, SQLiteStatement.copied)
    }

    /// SQLITE_TRANSIENT: SQLite copies the bytes before it returns.
    private static var copied: sqlite3_destructor_type { unsafeBitCast(-1, to: sqlite3_destructor_type.self) }

    /// Goes to the next row; false where there is none.
    public func step() throws -> Bool {
        switch sqlite3_step(handle) {
        case SQLITE_ROW: return true
        case SQLITE_DONE: return false
        default: throw database.failure("cannot run the statement", at: text)
        }
    }

    /// Runs a statement that has no rows, and makes it ready to run again.
    func run() throws {
        defer { sqlite3_reset(handle) }
        database.startClock()
        _ = try step()
    }

    public func answer(_ values: [BSONValue]) throws -> SQLAnswer {
        try bind(values)
        defer { sqlite3_reset(handle) }
        database.startClock()
        return SQLAnswer(columns: columns, rows: try rows())
    }

    @discardableResult
    public func run(_ values: [BSONValue]) throws -> Int {
        try bind(values)
        defer { sqlite3_reset(handle) }
        database.startClock()
        while try step() {}
        return Int(sqlite3_changes(database.handle))
    }

    private func bind(_ values: [BSONValue]) throws {
        guard values.count == Int(sqlite3_bind_parameter_count(handle)) else {
            throw AtelierError(
                .badValue,
                "the statement has \(sqlite3_bind_parameter_count(handle)) parameters and got \(values.count) values",
                at: SQLText.head(of: text))
        }
        for (place, value) in values.enumerated() { try bind(value, at: place + 1) }
    }

    /// Makes the statement ready to run again; what is bound stays.
    public func reset() { sqlite3_reset(handle) }

    /// A value of the row at hand: an integer, a double, a text or null.
    ///
    /// - Parameter index: from 0.
    public func value(at index: Int) -> BSONValue {
        let index = Int32(index)
        switch sqlite3_column_type(handle, index) {
        case SQLITE_INTEGER: return .integer(sqlite3_column_int64(handle, index))
        case SQLITE_FLOAT: return .double(sqlite3_column_double(handle, index))
        case SQLITE_NULL: return .null
        default:
            let count = Int(sqlite3_column_bytes(handle, index))
            let bytes = UnsafeRawBufferPointer(start: sqlite3_column_blob(handle, index), count: count)
            return .string(String(decoding: bytes, as: UTF8.self))
        }
    }

    /// The rows that are left.
    public func rows() throws -> [[BSONValue]] {
        let count = Int(sqlite3_column_count(handle))
        var rows: [[BSONValue]] = []
        while try step() { rows.append((0..<count).map { value(at: $0) }) }
        return rows
    }

    private var text: String { sqlite3_sql(handle).map { String(cString: $0) } ?? "" }
}
