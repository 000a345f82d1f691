import BSON
import CPostgreSQL

/// The functions of libpq that are used here, from the system's library.
///
/// Source: PostgreSQL manual, "libpq — C Library".
struct LibPQ: Sendable {
    typealias Text = UnsafePointer<CChar>
    typealias Values = UnsafePointer<UnsafePointer<CChar>?>

    let connect: @convention(c) (Values?, Values?, Int32) -> OpaquePointer?
    let finish: @convention(c) (OpaquePointer?) -> Void
    let status: @convention(c) (OpaquePointer?) -> ConnStatusType
    let errorMessage: @convention(c) (OpaquePointer?) -> UnsafeMutablePointer<CChar>?
    let backend: @convention(c) (OpaquePointer?) -> Int32
    let parameterStatus: @convention(c) (OpaquePointer?, Text?) -> Text?
    let host: @convention(c) (OpaquePointer?) -> UnsafeMutablePointer<CChar>?
    let setNoticeProcessor:
        @convention(c) (
            OpaquePointer?, (@convention(c) (UnsafeMutableRawPointer?, Text?) -> Void)?, UnsafeMutableRawPointer?
        ) -> UnsafeRawPointer?
    let execute: @convention(c) (OpaquePointer?, Text?) -> OpaquePointer?
    let prepare: @convention(c) (OpaquePointer?, Text?, Text?, Int32, UnsafePointer<Oid>?) -> OpaquePointer?
    let executePrepared:
        @convention(c) (
            OpaquePointer?, Text?, Int32, Values?, UnsafePointer<Int32>?, UnsafePointer<Int32>?, Int32
        ) -> OpaquePointer?
    let executeParameters:
        @convention(c) (
            OpaquePointer?, Text?, Int32, UnsafePointer<Oid>?, Values?, UnsafePointer<Int32>?, UnsafePointer<Int32>?,
            Int32
        ) -> OpaquePointer?
    let nextResult: @convention(c) (OpaquePointer?) -> OpaquePointer?
    let putCopyData: @convention(c) (OpaquePointer?, Text?, Int32) -> Int32
    let putCopyEnd: @convention(c) (OpaquePointer?, Text?) -> Int32
    let clear: @convention(c) (OpaquePointer?) -> Void
    let resultStatus: @convention(c) (OpaquePointer?) -> ExecStatusType
    let errorField: @convention(c) (OpaquePointer?, Int32) -> UnsafeMutablePointer<CChar>?
    let rowCount: @convention(c) (OpaquePointer?) -> Int32
    let columnCount: @convention(c) (OpaquePointer?) -> Int32
    let columnName: @convention(c) (OpaquePointer?, Int32) -> UnsafeMutablePointer<CChar>?
    let columnType: @convention(c) (OpaquePointer?, Int32) -> Oid
    let changedRows: @convention(c) (OpaquePointer?) -> UnsafeMutablePointer<CChar>?
    let isNull: @convention(c) (OpaquePointer?, Int32, Int32) -> Int32
    let value: @convention(c) (OpaquePointer?, Int32, Int32) -> UnsafeMutablePointer<CChar>?
    let length: @convention(c) (OpaquePointer?, Int32, Int32) -> Int32

    private static let loaded = Result { try LibPQ() }

    /// - Throws: `commandNotSupported` where the system has no libpq.
    static func shared() throws -> LibPQ { try loaded.get() }

    private init() throws {
        let library = try SharedLibrary(["libpq.so.5", "libpq.so"], for: "PostgreSQL", package: "libpq5")
        connect = try library.function("PQconnectdbParams")
        finish = try library.function("PQfinish")
        status = try library.function("PQstatus")
        errorMessage = try library.function("PQerrorMessage")
        backend = try library.function("PQbackendPID")
        parameterStatus = try library.function("PQparameterStatus")
        host = try library.function("PQhost")
        setNoticeProcessor = try library.function("PQsetNoticeProcessor")
        execute = try library.function("PQexec")
        prepare = try library.function("PQprepare")
        executePrepared = try library.function("PQexecPrepared")
        executeParameters = try library.function("PQexecParams")
        nextResult = try library.function("PQgetResult")
        putCopyData = try library.function("PQputCopyData")
        putCopyEnd = try library.function("PQputCopyEnd")
        clear = try library.function("PQclear")
        resultStatus = try library.function("PQresultStatus")
        errorField = try library.function("PQresultErrorField")
        rowCount = try library.function("PQntuples")
        columnCount = try library.function("PQnfields")
        columnName = try library.function("PQfname")
        columnType = try library.function("PQftype")
        changedRows = try library.function("PQcmdTuples")
        isNull = try library.function("PQgetisnull")
        value = try library.function("PQgetvalue")
        length = try library.function("PQgetlength")
    }
}
