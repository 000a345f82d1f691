/// A request or notification, taken apart: which method, for whom, and where in the line its parameters lie.
struct Message: Sendable {
    /// Nil for a notification, which gets no reply.
    var id: RequestID?
    var method: String
    /// The parameters' JSON text; nil where the request has none.
    var params: ArraySlice<UInt8>?

    /// How many requests one batch may hold.
    static let maxBatch = 1000

    /// What a line holds.
    enum Line {
        case single(Result<Message, Rejected>)
        case batch([Result<Message, Rejected>])
    }

    /// What is answered with an error before any method is looked for.
    struct Rejected: Error {
        var id: RequestID
        var error: RPCError
    }

    /// Takes a line apart. O(line). Whatever is wrong with it comes back as what to answer.
    static func parse(_ line: [UInt8]) -> Line {
        line.withUnsafeBytes { bytes in
            do {
                var scanner = JSONScanner(bytes)
                guard scanner.peek() == UInt8(ascii: "[") else {
                    let members = try scanner.members()
                    try scanner.expectEnd()
                    return .single(try message(line, bytes, members))
                }
                var elements: [[JSONScanner.Member]?] = []
                var count = 0
                try scanner.elements { scanner in
                    count += 1
                    if count <= maxBatch { elements.append(try scanner.members()) } else { _ = try scanner.value() }
                }
                try scanner.expectEnd()
                if count > maxBatch {
                    return reject(.init(.invalidRequest, "Invalid request: a batch holds at most \(maxBatch) requests"))
                }
                if elements.isEmpty {
                    return reject(.init(.invalidRequest, "Invalid request: a batch holds at least one request"))
                }
                return .batch(try elements.map { try message(line, bytes, $0) })
            } catch let error as JSONScanner.SyntaxError {
                return reject(RPCError(error))
            } catch {
                return reject(.wrapping(error))
            }
        }
    }

    private static func reject(_ error: RPCError) -> Line { .single(.failure(Rejected(id: .null, error: error))) }

    /// The request with these members; nil for a value that is no object.
    private static func message(
        _ line: [UInt8], _ bytes: UnsafeRawBufferPointer, _ members: [JSONScanner.Member]?
    ) throws -> Result<Message, Rejected> {
        var replyTo = RequestID.null
        func invalid(_ message: String) -> Result<Message, Rejected> {
            .failure(Rejected(id: replyTo, error: RPCError(.invalidRequest, "Invalid request: \(message)")))
        }
        guard let members else { return invalid("a request is an object") }

        var (version, method, id, params): (Range<Int>?, Range<Int>?, Range<Int>?, Range<Int>?)
        var unknown: String?
        var repeated: String?
        for (name, value) in members {
            func take(_ member: inout Range<Int>?) {
                if member != nil { repeated = name }
                member = value
            }
            switch name {
            case "jsonrpc": take(&version)
            case "method": take(&method)
            case "id": take(&id)
            case "params": take(&params)
            default: unknown = unknown ?? name
            }
        }

        var requestID: RequestID?
        if let id {
            requestID = RequestID(bytes, id)
            guard let requestID else { return invalid("`id` is a string, a number or null") }
            replyTo = requestID
        }
        if let repeated { return invalid("`\(repeated)` appears twice") }
        guard let version, bytes[version].elementsEqual("\"2.0\"".utf8) else {
            return invalid("`jsonrpc` has to be \"2.0\"")
        }
        guard let method, bytes[method.lowerBound] == UInt8(ascii: "\"") else {
            return invalid("`method` has to be a string")
        }
        if let unknown {
            return invalid("`\(unknown)` is no member of a request; it has jsonrpc, method, params and id")
        }
        if let params, bytes[params.lowerBound] != UInt8(ascii: "{"), bytes[params.lowerBound] != UInt8(ascii: "[") {
            return invalid("`params` has to be an object")
        }
        return .success(
            Message(id: requestID, method: try JSONScanner.text(bytes, method), params: params.map { line[$0] }))
    }
}
