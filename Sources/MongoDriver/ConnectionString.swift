import BSON
import CMongoC

/// A parsed `mongodb://` or `mongodb+srv://` address. Owns its `mongoc_uri_t`.
struct ConnectionString: ~Copyable {
    /// How long to look for a server before giving up, in milliseconds, unless the address says otherwise.
    static let defaultServerSelectionTimeout: Int32 = 5000

    let pointer: OpaquePointer

    private init(owning pointer: OpaquePointer) { self.pointer = pointer }

    /// - Throws: `AtelierError` (FailedToParse) for text that is no connection string, or asks for what is not supported.
    static func parsing(_ text: String) throws -> ConnectionString {
        Library.start()
        guard !text.utf8.contains(0) else { throw ConnectionString.invalid("it contains a NUL character") }
        var error = bson_error_t()
        guard let pointer = mongoc_uri_new_with_error(text, &error) else {
            throw ConnectionString.invalid(redacted(error.text, from: text))
        }
        let address = ConnectionString(owning: pointer)
        guard !address.flag(MONGOC_URI_LOADBALANCED, default: false) else {
            throw AtelierError(
                .invalidOptions, "the address asks for loadBalanced=true, which is not supported",
                at: address.addresses,
                advice: "Connect to the mongos routers directly.")
        }
        if !mongoc_uri_has_option(pointer, MONGOC_URI_SERVERSELECTIONTIMEOUTMS) {
            mongoc_uri_set_option_as_int32(
                pointer, MONGOC_URI_SERVERSELECTIONTIMEOUTMS, ConnectionString.defaultServerSelectionTimeout)
        }
        if mongoc_uri_get_appname(pointer) == nil { mongoc_uri_set_appname(pointer, "atelier") }
        return address
    }

    deinit { mongoc_uri_destroy(pointer) }

    /// `host:port,host:port`, or the name whose DNS records list them. Never the user's name or password.
    var addresses: String {
        if let name = mongoc_uri_get_srv_hostname(pointer) { return String(cString: name) }
        var names: [String] = []
        var host = mongoc_uri_get_hosts(pointer)
        while let entry = host {
            names.append(withUnsafeBytes(of: entry.pointee.host_and_port) { String(upToNUL: $0) })
            host = UnsafePointer(entry.pointee.next)
        }
        return names.joined(separator: ",")
    }

    /// The database the address names; nil where it names none.
    var database: String? { mongoc_uri_get_database(pointer).map { String(cString: $0) } }

    /// The default write concern, where the address sets one; nil for the server's own default.
    var writeConcern: OpaquePointer? {
        let concern = mongoc_uri_get_write_concern(pointer)
        return mongoc_write_concern_is_default(concern) ? nil : concern
    }

    var maximumPoolSize: Int { max(1, Int(number(MONGOC_URI_MAXPOOLSIZE, default: 100))) }
    /// Milliseconds to wait for a free connection; nil to wait for as long as it takes.
    var waitQueueTimeout: Int? {
        let timeout = number(MONGOC_URI_WAITQUEUETIMEOUTMS, default: 0)
        return timeout > 0 ? Int(timeout) : nil
    }
    var serverSelectionTimeout: Int {
        Int(number(MONGOC_URI_SERVERSELECTIONTIMEOUTMS, default: ConnectionString.defaultServerSelectionTimeout))
    }
    var retriesWrites: Bool { flag(MONGOC_URI_RETRYWRITES, default: true) }

    private func number(_ option: String, default value: Int32) -> Int32 {
        mongoc_uri_get_option_as_int32(pointer, option, value)
    }

    private func flag(_ option: String, default value: Bool) -> Bool {
        mongoc_uri_get_option_as_bool(pointer, option, value)
    }

    private static func invalid(_ reason: String) -> AtelierError {
        AtelierError(
            .failedToParse, "not a MongoDB connection string: \(reason)",
            advice: "Write mongodb://HOST:PORT/ or mongodb+srv://HOST/, with %-escapes for special characters in "
                + "user names and passwords.")
    }
}

/// libmongoc's message without what stands before the `@` of the connection string: it quotes what it cannot parse.
private func redacted(_ message: String, from uri: String) -> String {
    guard let at = uri.lastIndex(of: "@") else { return message }
    let start = uri.firstRange(of: "://")?.upperBound ?? uri.startIndex
    let secrets = uri[start..<at].split(whereSeparator: { $0 == ":" || $0 == "@" || $0 == "/" })
    guard secrets.contains(where: { message.contains($0) }) else { return message }
    return "the part before '@' is malformed"
}
