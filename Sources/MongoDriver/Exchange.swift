import BSON
import CMongoC

/// One call of libmongoc: a command to one server, its reply, and which server that was.
struct Exchange {
    let pool: ClientPool
    let client: PooledClient

    /// Sends a command and waits for the reply.
    /// - Parameters:
    ///   - kind: nil for the command's own.
    ///   - session: one of this client's; nil lets libmongoc use one of its own.
    ///   - server: libmongoc's number of the server it must reach; nil lets libmongoc choose.
    ///   - txnNumber: makes a single write retryable; only with a session that is numbered by the caller.
    /// - Throws: `AtelierError` when the reply says `ok: 0` or there is none.
    func send(
        _ command: Command, as kind: Command.Kind? = nil, session: OpaquePointer? = nil, server: UInt32? = nil,
        txnNumber: Int64? = nil
    ) throws -> (reply: Document, server: UInt32) {
        let options = try self.options(command, session: session, server: server)
        let preference = try command.readPreference.map { try ReadPreference($0) }
        let body = txnNumber.map { command.body.adding("txnNumber", .int64($0)) } ?? command.body
        let reply = BSONBuffer()
        var error = bson_error_t()
        let (succeeded, answering) = AnsweringServer.track {
            body.withBSON { body in
                switch kind ?? command.kind {
                case .read:
                    mongoc_client_read_command_with_opts(
                        client.pointer, command.database, body, preference?.pointer, options.pointer, reply.pointer,
                        &error)
                case .write:
                    mongoc_client_write_command_with_opts(
                        client.pointer, command.database, body, options.pointer, reply.pointer, &error)
                case .readWrite:
                    mongoc_client_read_write_command_with_opts(
                        client.pointer, command.database, body, nil, options.pointer, reply.pointer, &error)
                case .plain:
                    mongoc_client_command_with_opts(
                        client.pointer, command.database, body, preference?.pointer, options.pointer, reply.pointer,
                        &error)
                }
            }
        }
        return (try check(succeeded, try reply.document, error), answering)
    }

    /// The reply if the command was carried out; a write concern that was not met does not change that.
    func check(_ succeeded: Bool, _ reply: Document, _ error: bson_error_t) throws -> Document {
        if !succeeded && reply["ok"]?.isTruthy != true {
            throw AtelierError(error, reply: reply, from: pool.errorSource)
        }
        // An unacknowledged write has no reply, and neither has the commit of a transaction that did nothing.
        return reply.isEmpty ? ["ok": 1.0] : reply
    }

    /// The server a write would go to now.
    func selectForWriting() throws -> Server {
        var error = bson_error_t()
        guard let description = mongoc_client_select_server(client.pointer, true, nil, &error) else {
            throw AtelierError(error, reply: Document(), from: pool.errorSource)
        }
        return Server(owning: description)
    }

    private func options(_ command: Command, session: OpaquePointer?, server: UInt32?) throws -> BSONBuffer {
        let options = BSONBuffer()
        for (name, concern) in [("readConcern", command.readConcern), ("writeConcern", command.writeConcern)] {
            guard let concern else { continue }
            let appended = concern.withBSON { bson_append_document(options.pointer, name, -1, $0) }
            guard appended else { throw AtelierError(.objectTooLarge, "\(name) is too large") }
        }
        if let server { bson_append_int32(options.pointer, "serverId", -1, Int32(bitPattern: server)) }
        var error = bson_error_t()
        if let session, !mongoc_client_session_append(session, options.pointer, &error) {
            throw AtelierError(error, reply: Document(), from: pool.errorSource)
        }
        return options
    }
}

/// A server as libmongoc last saw it. Owns its `mongoc_server_description_t`.
struct Server: ~Copyable {
    private let description: OpaquePointer

    init(owning description: OpaquePointer) { self.description = description }

    deinit { mongoc_server_description_destroy(description) }

    var id: UInt32 { mongoc_server_description_id(description) }

    /// Whether it is a member of a replica set or a router: a standalone refuses numbered writes.
    var takesNumberedWrites: Bool {
        switch String(cString: mongoc_server_description_type(description)) {
        case "RSPrimary", "Mongos", "LoadBalancer": true
        default: false
        }
    }

    /// What one write command may hold.
    var writeLimits: WriteLimits {
        let hello = (try? Document(copyingBSON: mongoc_server_description_hello_response(description))) ?? Document()
        func limit(_ name: String, default value: Int) -> Int {
            hello[name]?.integerValue.flatMap { $0 > 0 ? Int($0) : nil } ?? value
        }
        return WriteLimits(
            statements: limit("maxWriteBatchSize", default: 100_000),
            documentBytes: limit("maxBsonObjectSize", default: 16 * 1024 * 1024),
            messageBytes: limit("maxMessageSizeBytes", default: 48_000_000))
    }
}

/// A command's `$readPreference` as libmongoc takes it. Owns its `mongoc_read_prefs_t`.
final class ReadPreference {
    let pointer: OpaquePointer

    /// Source: MongoDB manual, "Read Preference".
    init(_ document: Document) throws {
        let modes: [String: mongoc_read_mode_t] = [
            "primary": MONGOC_READ_PRIMARY, "primaryPreferred": MONGOC_READ_PRIMARY_PREFERRED,
            "secondary": MONGOC_READ_SECONDARY, "secondaryPreferred": MONGOC_READ_SECONDARY_PREFERRED,
            "nearest": MONGOC_READ_NEAREST,
        ]
        let name = document["mode"]?.stringValue ?? "primary"
        guard let mode = modes[name] else {
            throw AtelierError(
                .failedToParse, "'\(name)' is no read preference", at: "$readPreference.mode",
                advice: "It is one of \(modes.keys.sorted().joined(separator: ", ")).")
        }
        pointer = mongoc_read_prefs_new(mode)
        if let tags = document["tags"] {
            let list = try ReadPreference.checked(tags)
            list.withBSON { mongoc_read_prefs_set_tags(pointer, $0) }
        }
        if let seconds = document["maxStalenessSeconds"] {
            guard let number = seconds.integerValue, number == -1 || (1...Int64(Int32.max)).contains(number) else {
                throw AtelierError(
                    .failedToParse, "it is a number of seconds, from 90 on", at: "$readPreference.maxStalenessSeconds")
            }
            mongoc_read_prefs_set_max_staleness_seconds(pointer, number)
        }
        guard mongoc_read_prefs_is_valid(pointer) else {
            throw AtelierError(
                .failedToParse, "mode, tags and maxStalenessSeconds do not go together", at: "$readPreference",
                advice: "Only the other modes than primary take tags and a staleness, which is at least 90.")
        }
    }

    deinit { mongoc_read_prefs_destroy(pointer) }

    /// A list of tag sets; libmongoc ends the process over anything else.
    private static func checked(_ tags: BSONValue) throws -> Document {
        if case .array(let sets) = tags, sets.values.allSatisfy({ isTagSet($0) }) { return sets.document }
        throw AtelierError(
            .failedToParse, "it is a list of documents whose values are strings", at: "$readPreference.tags",
            advice: "Write, for example, [{\"region\": \"east\"}, {}].")
    }

    private static func isTagSet(_ value: BSONValue) -> Bool {
        value.documentValue.map { $0.values.allSatisfy { $0.stringValue != nil } } ?? false
    }
}
