import BSON

/// The failures of a bulk write's single writes, for the reply.
struct WriteErrors {
    private var documents: [Document] = []

    var isEmpty: Bool { documents.isEmpty }

    mutating func add(_ error: any Error, index: Int) throws {
        guard let error = error as? AtelierError, !WriteErrors.isFatal(error.code) else { throw error }
        documents.append(
            Document { writer in
                writer.append("index", ValueView.int32(Int32(index)))
                writer.append("code", ValueView.int32(error.code.rawValue))
                for (key, value) in error.details?.elements ?? [] { writer.append(key, value) }
                if let information = error.information { writer.append("errInfo", BSONValue.document(information)) }
                writer.append("errmsg", BSONValue.string(error.message))
            })
    }

    /// Errors that end the whole command: the store cannot go on, or the command was stopped.
    private static func isFatal(_ code: ErrorCode) -> Bool {
        code == .outOfDiskSpace || code == .interrupted || code == .maxTimeMSExpired || code == .internalError
    }

    func append(to writer: BSONWriter) {
        if documents.isEmpty { return }
        writer.append("writeErrors", BSONValue.array(BSONArray(documents: documents)))
    }
}
