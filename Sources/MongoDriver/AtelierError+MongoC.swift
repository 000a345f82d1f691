import BSON
import CMongoC

extension AtelierError {
    /// What a failed call left behind, as the one error type.
    ///
    /// The server's own errors keep code, codeName, labels, message and every other field of the reply; libmongoc's
    /// are mapped by number.
    /// - Parameters:
    ///   - reply: as libmongoc filled it in; empty where no server answered.
    ///   - source: what was spoken to.
    init(_ error: bson_error_t, reply: Document, from source: ErrorSource) {
        let labels = (reply["errorLabels"]?.arrayValue ?? []).compactMap(\.stringValue)
        if let code = reply["code"]?.integerValue.flatMap(Int32.init(exactly:)) {
            self.init(
                ErrorCode(rawValue: code), reply["errmsg"]?.stringValue ?? error.text, labels: labels,
                details: AtelierError.details(of: reply))
            readInformation()
        } else if error.domain == MONGOC_ERROR_SERVER.rawValue {
            self.init(ErrorCode(rawValue: Int32(bitPattern: error.code)), error.text, labels: labels)
        } else {
            let code = ErrorCode(mongocDomain: error.domain, code: error.code)
            self.init(code, error.text, at: source.addresses, advice: source.advice(for: code), labels: labels)
        }
    }

    /// The fields of a reply that have no place of their own in `AtelierError`: `keyPattern`, `keyValue`, `errInfo`, ….
    private static func details(of reply: Document) -> Document? {
        let known: Set = ["ok", "errmsg", "code", "codeName", "errorLabels", "$clusterTime", "operationTime"]
        let rest = reply.elements.filter { !known.contains($0.key) }
        return rest.isEmpty ? nil : Document(rest.map { ($0.key, $0.value) })
    }

    /// Whether no server answered, so that nobody knows if the command was carried out.
    var isConnectionFailure: Bool { [.hostUnreachable, .hostNotFound].contains(code) && location != nil }

    /// Whether a numbered write may be sent once more.
    ///
    /// Source: MongoDB's specification of retryable writes: a network error, the server's label, or, from servers
    /// before 4.4, one of these codes.
    var isRetryableWrite: Bool {
        if labels.contains("RetryableWriteError") || isConnectionFailure { return true }
        return AtelierError.retryableCodes.contains(code.rawValue)
    }

    private static let retryableCodes: Set<Int32> = [6, 7, 89, 91, 189, 262, 9001, 10107, 11600, 11602, 13435, 13436]
}

/// What an error should say about the other side.
struct ErrorSource: Sendable {
    /// Never with user name or password.
    var addresses: String
    /// Milliseconds.
    var serverSelectionTimeout: Int

    func advice(for code: ErrorCode) -> String? {
        switch code {
        case .hostUnreachable:
            "Check that a server runs at \(addresses) and that nothing blocks the way; serverSelectionTimeoutMS "
                + "(now \(serverSelectionTimeout)) says how long to look for it."
        case .hostNotFound: "Check the host's name for a typing error, and that this machine can resolve names."
        case .authenticationFailed: "Check user name, password and authSource in the address."
        case .incompatibleServerVersion:
            "This libmongoc is too old or too new for the server; MongoDB 4.2 to 8 should do."
        default: nil
        }
    }
}

extension ErrorCode {
    static let hostNotFound: ErrorCode = 7
    static let protocolError: ErrorCode = 17
    static let authenticationFailed: ErrorCode = 18
    static let writeConcernFailed: ErrorCode = 64
    static let incompatibleServerVersion: ErrorCode = 188
    static let noSuchTransaction: ErrorCode = 251

    /// The code that says what libmongoc's own error says.
    /// Source: libmongoc manual, "Error Reporting".
    init(mongocDomain domain: UInt32, code: UInt32) {
        self =
            switch (mongoc_error_domain_t(domain), mongoc_error_code_t(code)) {
            case (MONGOC_ERROR_STREAM, MONGOC_ERROR_STREAM_NAME_RESOLUTION): .hostNotFound
            case (MONGOC_ERROR_STREAM, _), (MONGOC_ERROR_SERVER_SELECTION, _): .hostUnreachable
            case (MONGOC_ERROR_CLIENT, MONGOC_ERROR_CLIENT_AUTHENTICATE), (MONGOC_ERROR_SASL, _),
                (MONGOC_ERROR_SCRAM, _):
                .authenticationFailed
            case (MONGOC_ERROR_CLIENT, MONGOC_ERROR_CLIENT_SESSION_FAILURE), (MONGOC_ERROR_TRANSACTION, _):
                .illegalOperation
            case (MONGOC_ERROR_PROTOCOL, MONGOC_ERROR_PROTOCOL_BAD_WIRE_VERSION): .incompatibleServerVersion
            case (MONGOC_ERROR_PROTOCOL, _): .protocolError
            case (MONGOC_ERROR_BSON, _): .invalidBSON
            case (MONGOC_ERROR_COMMAND, _): .badValue
            case (MONGOC_ERROR_NAMESPACE, _): .invalidNamespace
            case (MONGOC_ERROR_WRITE_CONCERN, _): .writeConcernFailed
            default: .unknownError
            }
    }
}
