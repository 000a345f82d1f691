import BSON
import CMongoC

/// How a transaction reads and commits. What is nil is as the address says.
public struct TransactionOptions: Sendable {
    /// `local`, `majority` or `snapshot`.
    public var readConcern: String?
    /// For the commit, for example `["w": "majority"]`.
    public var writeConcern: Document?
    /// How long the commit may take on the server, in milliseconds.
    public var maxCommitTime: Int?

    public init(readConcern: String? = nil, writeConcern: Document? = nil, maxCommitTime: Int? = nil) {
        self.readConcern = readConcern
        self.writeConcern = writeConcern
        self.maxCommitTime = maxCommitTime
    }
}

/// Transactions on one session. Only for the thread that the session's client is lent to.
struct TransactionControl {
    let exchange: Exchange
    let session: SessionHandle

    var isActive: Bool { mongoc_client_session_in_transaction(session.pointer) }

    func start(_ options: TransactionOptions) throws {
        let settings = mongoc_transaction_opts_new()
        defer { mongoc_transaction_opts_destroy(settings) }
        if let level = options.readConcern {
            let concern = mongoc_read_concern_new()
            defer { mongoc_read_concern_destroy(concern) }
            mongoc_read_concern_set_level(concern, level)
            mongoc_transaction_opts_set_read_concern(settings, concern)
        }
        if let document = options.writeConcern {
            let concern = try WriteConcern(document)
            mongoc_transaction_opts_set_write_concern(settings, concern.pointer)
        }
        if let milliseconds = options.maxCommitTime {
            mongoc_transaction_opts_set_max_commit_time_ms(settings, Int64(milliseconds))
        }
        var error = bson_error_t()
        if !mongoc_client_session_start_transaction(session.pointer, settings, &error) {
            throw AtelierError(error, reply: Document(), from: exchange.pool.errorSource)
        }
    }

    /// - Throws: `AtelierError` with the labels that say what to try again.
    func commit() throws -> Document {
        let reply = BSONBuffer()
        var error = bson_error_t()
        let succeeded = mongoc_client_session_commit_transaction(session.pointer, reply.pointer, &error)
        return try exchange.check(succeeded, try reply.document, error)
    }

    func abort() throws -> Document {
        var error = bson_error_t()
        let succeeded = mongoc_client_session_abort_transaction(session.pointer, &error)
        return try exchange.check(succeeded, Document(), error)
    }
}

/// A write concern as libmongoc takes it. Owns its `mongoc_write_concern_t`.
private struct WriteConcern: ~Copyable {
    let pointer: OpaquePointer

    /// Source: MongoDB manual, "Write Concern".
    init(_ document: Document) throws {
        let pointer = mongoc_write_concern_new()!
        self.pointer = pointer
        for (key, value) in document.elements {
            switch (key, value) {
            case ("w", .string("majority")): mongoc_write_concern_set_w(pointer, MONGOC_WRITE_CONCERN_W_MAJORITY)
            case ("w", .string(let tag)): mongoc_write_concern_set_wtag(pointer, tag)
            case ("w", .int32(let nodes)) where nodes >= 0: mongoc_write_concern_set_w(pointer, nodes)
            case ("j", .bool(let journaled)): mongoc_write_concern_set_journal(pointer, journaled)
            case ("wtimeout", .int32(let time)) where time >= 0:
                mongoc_write_concern_set_wtimeout_int64(pointer, Int64(time))
            case ("wtimeout", .int64(let time)) where time >= 0: mongoc_write_concern_set_wtimeout_int64(pointer, time)
            default:
                throw AtelierError(
                    .failedToParse, "no write concern has this value of this type", at: "writeConcern.\(key)",
                    advice: "It takes w (a number of nodes, a tag or \"majority\"), j and wtimeout in milliseconds.")
            }
        }
    }

    deinit { mongoc_write_concern_destroy(pointer) }
}
