import BSON

/// What a write command did, and which of its single writes failed.
public struct WriteResult: Sendable, Equatable {
    public var inserted = 0
    /// Documents that updates and replacements matched, without the upserted ones.
    public var matched = 0
    /// Documents that updates changed: a match whose values were there already does not count.
    public var modified = 0
    public var deleted = 0
    public var upserted: [Upserted] = []
    public var writeErrors: [WriteError] = []
    /// The deployment wrote, but could not confirm it as the write concern asked.
    public var writeConcernError: WriteError?

    public init() {}

    /// Whether the collection differs from before.
    public var changed: Bool { inserted + modified + deleted + upserted.count > 0 }

    /// The result, or the first failed write as an error.
    @discardableResult
    public func orThrow() throws -> WriteResult {
        if let error = writeErrors.first ?? writeConcernError { throw error.asAtelierError }
        return self
    }
}

/// A document that an upsert created.
public struct Upserted: Sendable, Equatable {
    /// Position among the statements.
    public let index: Int
    public let id: BSONValue
}

/// A single write that failed.
public struct WriteError: Sendable, Equatable {
    /// Position among the documents or statements.
    public let index: Int
    public let code: ErrorCode
    public let message: String
    /// `keyPattern` and `keyValue` of a duplicate key, `errInfo` of a failed validation.
    public let details: Document?

    public var asAtelierError: AtelierError {
        var error = AtelierError(code, message, at: "write \(index)", advice: refusal, details: details)
        error.readInformation()
        return error
    }
}

// MARK: - Reading replies

enum WriteKind {
    case insert, update, delete
}

extension WriteResult {
    /// Adds the reply of one command, whose first statement had this position overall.
    mutating func add(_ reply: Document, _ kind: WriteKind, offset: Int) {
        let n = Int(reply["n"]?.integerValue ?? 0)
        switch kind {
        case .insert: inserted += n
        case .delete: deleted += n
        case .update:
            let created = (reply["upserted"]?.arrayValue ?? []).compactMap(\.documentValue)
            for entry in created {
                upserted.append(
                    Upserted(index: offset + Int(entry["index"]?.integerValue ?? 0), id: entry["_id"] ?? .null))
            }
            matched += n - created.count
            modified += Int(reply["nModified"]?.integerValue ?? 0)
        }
        for entry in reply["writeErrors"]?.arrayValue ?? [] {
            if let entry = entry.documentValue { writeErrors.append(WriteError(entry, offset: offset)) }
        }
        if let entry = reply["writeConcernError"]?.documentValue {
            writeConcernError = WriteError(entry, offset: offset)
        }
    }
}

extension WriteError {
    init(_ entry: Document, offset: Int) {
        index = offset + Int(entry["index"]?.integerValue ?? 0)
        code = ErrorCode(rawValue: Int32(truncatingIfNeeded: entry["code"]?.integerValue ?? 8))
        message = entry["errmsg"]?.stringValue ?? code.name
        let more = entry.elements.filter { !["index", "code", "codeName", "errmsg"].contains($0.key) }
        details = more.isEmpty ? nil : Document(more.map { ($0.key, $0.value) })
    }
}
