import BSON
import CMariaDB

/// The functions of MariaDB's C connector that are used here, from the system's library.
///
/// Source: MariaDB documentation, "MariaDB Connector/C".
struct LibMariaDB: Sendable {
    typealias Connection = UnsafeMutablePointer<MYSQL>
    typealias Statement = UnsafeMutablePointer<MYSQL_STMT>
    typealias Result = UnsafeMutablePointer<MYSQL_RES>
    typealias Text = UnsafePointer<CChar>

    let create: @convention(c) (Connection?) -> Connection?
    let setOption: @convention(c) (Connection?, mysql_option, UnsafeRawPointer?) -> Int32
    let connect: @convention(c) (Connection?, Text?, Text?, Text?, Text?, UInt32, Text?, UInt) -> Connection?
    let close: @convention(c) (Connection?) -> Void
    let errorNumber: @convention(c) (Connection?) -> UInt32
    let errorMessage: @convention(c) (Connection?) -> Text?
    let serverVersion: @convention(c) (Connection?) -> UnsafeMutablePointer<CChar>?
    let socket: @convention(c) (Connection?) -> my_socket
    let query: @convention(c) (Connection?, Text?, UInt) -> Int32
    let storeResult: @convention(c) (Connection?) -> Result?
    let freeResult: @convention(c) (Result?) -> Void
    let nextResult: @convention(c) (Connection?) -> Int32
    let columnCount: @convention(c) (Result?) -> UInt32
    let columns: @convention(c) (Result?) -> UnsafeMutablePointer<MYSQL_FIELD>?
    let statement: @convention(c) (Connection?) -> Statement?
    let prepare: @convention(c) (Statement?, Text?, UInt) -> Int32
    let setAttribute: @convention(c) (Statement?, enum_stmt_attr_type, UnsafeRawPointer?) -> my_bool
    let bindParameters: @convention(c) (Statement?, UnsafeMutablePointer<MYSQL_BIND>?) -> my_bool
    let bindResult: @convention(c) (Statement?, UnsafeMutablePointer<MYSQL_BIND>?) -> my_bool
    let execute: @convention(c) (Statement?) -> Int32
    let storeRows: @convention(c) (Statement?) -> Int32
    let fetch: @convention(c) (Statement?) -> Int32
    let columnsOf: @convention(c) (Statement?) -> Result?
    let freeRows: @convention(c) (Statement?) -> my_bool
    let changedRows: @convention(c) (Statement?) -> UInt64
    let closeStatement: @convention(c) (Statement?) -> my_bool
    let statementErrorNumber: @convention(c) (Statement?) -> UInt32
    let statementErrorMessage: @convention(c) (Statement?) -> Text?

    private static let loaded = Swift.Result { try LibMariaDB() }

    /// - Throws: `commandNotSupported` where the system has no libmariadb.
    static func shared() throws -> LibMariaDB { try loaded.get() }

    private init() throws {
        let library = try SharedLibrary(
            ["libmariadb.so.3", "libmariadb.so"], for: "MariaDB", package: "libmariadb3")
        create = try library.function("mysql_init")
        setOption = try library.function("mysql_options")
        connect = try library.function("mysql_real_connect")
        close = try library.function("mysql_close")
        errorNumber = try library.function("mysql_errno")
        errorMessage = try library.function("mysql_error")
        serverVersion = try library.function("mysql_get_server_info")
        socket = try library.function("mysql_get_socket")
        query = try library.function("mysql_real_query")
        storeResult = try library.function("mysql_store_result")
        freeResult = try library.function("mysql_free_result")
        nextResult = try library.function("mysql_next_result")
        columnCount = try library.function("mysql_num_fields")
        columns = try library.function("mysql_fetch_fields")
        statement = try library.function("mysql_stmt_init")
        prepare = try library.function("mysql_stmt_prepare")
        setAttribute = try library.function("mysql_stmt_attr_set")
        bindParameters = try library.function("mysql_stmt_bind_param")
        bindResult = try library.function("mysql_stmt_bind_result")
        execute = try library.function("mysql_stmt_execute")
        storeRows = try library.function("mysql_stmt_store_result")
        fetch = try library.function("mysql_stmt_fetch")
        columnsOf = try library.function("mysql_stmt_result_metadata")
        freeRows = try library.function("mysql_stmt_free_result")
        changedRows = try library.function("mysql_stmt_affected_rows")
        closeStatement = try library.function("mysql_stmt_close")
        statementErrorNumber = try library.function("mysql_stmt_errno")
        statementErrorMessage = try library.function("mysql_stmt_error")
    }
}
