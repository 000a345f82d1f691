import BSON
import DocumentStore

/// What a reply's `error` member holds.
struct RPCError: Error {
    var code: Code
    var message: String
    /// More about it: fields by name, Extended JSON like a result.
    var data: Document?

    init(_ code: Code, _ message: String, data: Document? = nil) {
        self.code = code
        self.message = message
        self.data = data
    }

    /// JSON-RPC's own codes, and the two this worker adds from the range left to servers and from LSP.
    enum Code: Int32 {
        /// The line is not JSON.
        case parseError = -32700
        /// The line is JSON but no request.
        case invalidRequest = -32600
        case methodNotFound = -32601
        case invalidParams = -32602
        /// A defect of the worker itself.
        case internalError = -32603
        /// The database refused; `data` has its code and codeName.
        case databaseError = -32000
        /// `$/cancelRequest` reached it in time.
        case requestCancelled = -32800
    }
}

extension RPCError {
    /// The line is not JSON.
    init(_ error: JSONScanner.SyntaxError) {
        self.init(
            .parseError, "Parse error at byte \(error.offset): \(error.message)",
            data: ["offset": .integer(error.offset)])
    }

    /// A parameter that does not fit its method.
    /// - Parameter path: where, for example `params.documents[3]._id`.
    static func invalidParams(_ path: String, _ message: String, expected: String? = nil) -> RPCError {
        RPCError(
            .invalidParams, "Invalid params: \(path): \(message)",
            data: Document { writer in
                writer.append("path", BSONValue.string(path))
                if let expected { writer.append("expected", BSONValue.string(expected)) }
            })
    }

    /// What the database said, with everything a driver would have been told.
    init(_ error: AtelierError) {
        let refusal = error.details.flatMap { ValidationFailure.summary(of: $0) }
        self.init(
            .databaseError, refusal.map { "\(error.message): \($0)" } ?? error.message,
            data: Document { writer in
                writer.append("code", BSONValue.int32(error.code.rawValue))
                writer.append("codeName", BSONValue.string(error.code.name))
                if !error.labels.isEmpty {
                    writer.append("labels", BSONValue.array(BSONArray(error.labels.map { .string($0) })))
                }
                if let location = error.location { writer.append("location", BSONValue.string(location)) }
                if let advice = error.advice { writer.append("advice", BSONValue.string(advice)) }
                if let details = error.details { writer.append("details", BSONValue.document(details)) }
            })
    }

    /// Any error as a reply. What is neither ours nor the database's is a defect, and says no more than its type.
    static func wrapping(_ error: any Error) -> RPCError {
        switch error {
        case let error as RPCError: error
        case let error as AtelierError: RPCError(error)
        default: RPCError(.internalError, "Internal error: \(type(of: error))")
        }
    }
}
