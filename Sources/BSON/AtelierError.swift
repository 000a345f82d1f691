/// The one error type: what was wrong, where, and what to do next.
///
/// `code` and `codeName` are MongoDB's wherever MongoDB has one, so that a driver, the worker and the command line
/// all tell the same story. Messages hold no customer data.
public struct AtelierError: Error, Sendable, CustomStringConvertible {
    /// What kind of error, as a number with a name.
    public var code: ErrorCode
    /// What was wrong, in a sentence without customer data.
    public var message: String
    /// Where: a path in the query, a file with line and column, an address. Nil where the message says it all.
    public var location: String?
    /// What a person can do next, as a sentence.
    public var advice: String?
    /// Labels such as `RetryableWriteError` or `TransientTransactionError`.
    public var labels: [String]
    /// More of the reply's fields: `keyPattern` and `keyValue` of a duplicate key, `errInfo` of a failed validation.
    public var details: Document?
    /// While a query is compiled: the address of the element that was being read. Compared with, never read from; whoever has
    /// the whole query makes a `location` of it.
    public var origin: UInt?

    /// An error with this code and message; see the properties for the rest.
    public init(
        _ code: ErrorCode, _ message: String, at location: String? = nil, advice: String? = nil, labels: [String] = [],
        details: Document? = nil
    ) {
        self.code = code
        self.message = message
        self.location = location
        self.advice = advice
        self.labels = labels
        self.details = details
    }

    /// Location, message and advice, as a person reads them.
    public var description: String {
        var text = message
        if let location { text = "\(location): \(text)" }
        if let advice { text += "\n  \(advice)" }
        return text
    }

    /// The error as a command's reply: `{ok: 0, errmsg, code, codeName}`, with `information` as `errInfo`.
    public var reply: Document {
        Document { writer in
            writer.append("ok", ValueView.double(0))
            writer.append("errmsg", BSONValue.string(message))
            writer.append("code", ValueView.int32(code.rawValue))
            writer.append("codeName", BSONValue.string(code.name))
            if !labels.isEmpty { writer.append("errorLabels", BSONValue.array(BSONArray(labels.map { .string($0) }))) }
            for (key, value) in details?.elements ?? [] { writer.append(key, value) }
            if let information { writer.append("errInfo", BSONValue.document(information)) }
        }
    }

    /// The place in the query and the advice as replies carry them: MongoDB leaves it to the error what `errInfo` holds. Nil
    /// where there are none, or the details have an `errInfo` of their own. A place on this machine's disk stays here.
    public var information: Document? {
        let place = location.flatMap { $0.contains("/") ? nil : $0 }
        guard place != nil || advice != nil, details?["errInfo"] == nil else { return nil }
        return Document { writer in
            if let place { writer.append("location", BSONValue.string(place)) }
            if let advice { writer.append("advice", BSONValue.string(advice)) }
        }
    }

    /// Takes the place and the advice out of a reply's `errInfo`, where that holds nothing else.
    public mutating func readInformation() {
        guard let fields = details?.elements, let found = fields.first(where: { $0.key == "errInfo" }),
            let information = found.value.documentValue, !information.isEmpty,
            information.elements.allSatisfy({
                ["location", "advice"].contains($0.key) && $0.value.stringValue != nil
            })
        else { return }
        location = information["location"]?.stringValue ?? location
        advice = information["advice"]?.stringValue ?? advice
        let rest = fields.filter { $0.key != "errInfo" }
        details = rest.isEmpty ? nil : Document(rest.map { ($0.key, $0.value) })
    }
}

/// An error's number. Numbers without a name of their own are called `Location<number>`, as MongoDB does.
public struct ErrorCode: RawRepresentable, Hashable, Sendable, ExpressibleByIntegerLiteral {
    /// MongoDB's number.
    public let rawValue: Int32

    /// The code with this number; any number is one.
    public init(rawValue: Int32) { self.rawValue = rawValue }
    /// `let code: ErrorCode = 11000`.
    public init(integerLiteral value: Int32) { rawValue = value }

    /// The `codeName` of a reply, for example `DuplicateKey`.
    public var name: String { ErrorCode.names[rawValue] ?? "Location\(rawValue)" }

    public static let internalError: ErrorCode = 1
    public static let badValue: ErrorCode = 2
    public static let noSuchKey: ErrorCode = 4
    public static let unknownError: ErrorCode = 8
    public static let failedToParse: ErrorCode = 9
    public static let unauthorized: ErrorCode = 13
    public static let typeMismatch: ErrorCode = 14
    public static let overflow: ErrorCode = 15
    public static let invalidLength: ErrorCode = 16
    public static let illegalOperation: ErrorCode = 20
    public static let invalidBSON: ErrorCode = 22
    public static let indexNotFound: ErrorCode = 27
    public static let pathNotViable: ErrorCode = 28
    public static let namespaceNotFound: ErrorCode = 26
    public static let cannotCreateIndex: ErrorCode = 67
    public static let indexAlreadyExists: ErrorCode = 68
    public static let invalidOptions: ErrorCode = 72
    public static let invalidNamespace: ErrorCode = 73
    public static let conflictingUpdateOperators: ErrorCode = 40
    public static let cursorNotFound: ErrorCode = 43
    public static let namespaceExists: ErrorCode = 48
    public static let maxTimeMSExpired: ErrorCode = 50
    public static let dollarPrefixedFieldName: ErrorCode = 52
    public static let emptyFieldName: ErrorCode = 56
    public static let commandNotFound: ErrorCode = 59
    public static let immutableField: ErrorCode = 66
    public static let indexOptionsConflict: ErrorCode = 85
    public static let indexKeySpecsConflict: ErrorCode = 86
    public static let writeConflict: ErrorCode = 112
    public static let commandNotSupported: ErrorCode = 115
    public static let documentValidationFailure: ErrorCode = 121
    public static let commandNotSupportedOnView: ErrorCode = 166
    public static let invalidPipelineOperator: ErrorCode = 168
    public static let conversionFailure: ErrorCode = 241
    public static let duplicateKey: ErrorCode = 11000
    public static let interrupted: ErrorCode = 11601
    public static let outOfDiskSpace: ErrorCode = 14031
    public static let objectTooLarge: ErrorCode = 10334
    public static let hostUnreachable: ErrorCode = 6
    public static let fileOpenFailed: ErrorCode = 39
    public static let queryExceededMemory: ErrorCode = 292

    /// Names of MongoDB's numbered errors; the rest are `Location<number>`.
    /// Source: MongoDB manual, "Error Codes".
    static let names: [Int32: String] = [
        1: "InternalError", 2: "BadValue", 4: "NoSuchKey", 5: "GraphContainsCycle", 6: "HostUnreachable",
        7: "HostNotFound",
        8: "UnknownError", 9: "FailedToParse", 10: "CannotMutateObject", 11: "UserNotFound", 13: "Unauthorized",
        14: "TypeMismatch", 15: "Overflow", 16: "InvalidLength", 17: "ProtocolError", 18: "AuthenticationFailed",
        20: "IllegalOperation", 22: "InvalidBSON", 26: "NamespaceNotFound", 27: "IndexNotFound", 28: "PathNotViable",
        31: "RoleNotFound", 38: "FileAlreadyOpen", 39: "FileOpenFailed", 40: "ConflictingUpdateOperators",
        43: "CursorNotFound", 48: "NamespaceExists", 50: "MaxTimeMSExpired", 51: "ManualInterventionRequired",
        52: "DollarPrefixedFieldName", 53: "InvalidIdField", 54: "NotSingleValueField", 56: "EmptyFieldName",
        57: "DottedFieldName", 59: "CommandNotFound", 61: "ShardKeyNotFound", 66: "ImmutableField",
        67: "CannotCreateIndex",
        68: "IndexAlreadyExists", 72: "InvalidOptions", 73: "InvalidNamespace", 79: "UnknownReplWriteConcern",
        85: "IndexOptionsConflict", 86: "IndexKeySpecsConflict", 89: "NetworkTimeout", 91: "ShutdownInProgress",
        96: "OperationFailed", 100: "UnsatisfiableWriteConcern", 112: "WriteConflict", 115: "CommandNotSupported",
        121: "DocumentValidationFailure", 125: "CommandFailed", 136: "CappedPositionLost", 146: "ExceededMemoryLimit",
        166: "CommandNotSupportedOnView", 167: "OptionNotSupportedOnView", 168: "InvalidPipelineOperator",
        171: "CannotIndexParallelArrays", 197: "InvalidIndexSpecificationOption",
        206: "NoSuchSession", 211: "KeyNotFound", 217: "TransactionCoordinatorSteppingDown", 225: "TransactionTooOld",
        237: "CursorInUse", 238: "IncompatibleCollationVersion", 241: "ConversionFailure", 246: "SnapshotUnavailable",
        251: "NoSuchTransaction", 256: "TransactionCommitted", 257: "TransactionTooLarge",
        263: "OperationNotSupportedInTransaction", 280: "ChangeStreamFatalError",
        286: "ChangeStreamHistoryLost", 292: "QueryExceededMemoryLimitNoDiskUseAllowed",
        303: "FailedToRunWithReplyBuilder",
        9001: "SocketException", 10003: "CannotGrowDocumentInCappedNamespace", 10107: "NotWritablePrimary",
        10334: "BSONObjectTooLarge", 11000: "DuplicateKey", 11600: "InterruptedAtShutdown", 11601: "Interrupted",
        11602: "InterruptedDueToReplStateChange", 14031: "OutOfDiskSpace", 17280: "KeyTooLong",
        // What members of replica sets and routers say.
        24: "LockTimeout", 63: "StaleShardVersion", 64: "WriteConcernFailed", 70: "ShardNotFound",
        118: "NamespaceNotSharded", 133: "FailedToSatisfyReadPreference", 134: "ReadConcernMajorityNotAvailableYet",
        188: "IncompatibleServerVersion", 189: "PrimarySteppedDown", 202: "NetworkInterfaceExceededTimeLimit",
        234: "RetryChangeStream", 262: "ExceededTimeLimit", 322: "APIVersionError", 323: "APIStrictError",
        352: "UnsupportedOpQueryCommand", 391: "ReauthenticationRequired", 13388: "StaleConfig",
        13435: "NotPrimaryNoSecondaryOk", 13436: "NotPrimaryOrSecondary",
    ]
}
