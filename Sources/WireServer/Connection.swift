import BSON
import Deployment
import Synchronization

/// One client: reads requests off its socket and answers them in order, on the thread that calls `serve()`.
final class Connection: Sendable {
    /// Counts from 1; what `hello` calls `connectionId`.
    let id: Int32
    let socket: Socket
    private let server: ServerIdentity
    private let deployment: any Deployment
    private let work = Mutex(Work())
    private var limits: WireServer.Limits { server.limits }

    init(id: Int32, socket: Socket, server: ServerIdentity, deployment: any Deployment) {
        self.id = id
        self.socket = socket
        self.server = server
        self.deployment = deployment
    }

    private struct Work {
        /// Nobody is interested in further replies.
        var isAbandoned = false
        /// The session of the command that is running; nil where there is none, or it names none.
        var session: BSONValue?
    }

    /// Takes no further requests.
    func abandon() { work.withLock { $0.isAbandoned = true } }

    /// The session of the command that is running now, by which it can be stopped.
    var runningSession: BSONValue? { work.withLock { $0.session } }

    /// Serves the client until it leaves.
    /// - Throws: `AtelierError` when the client sends bytes that are no message, or the socket fails. The connection
    ///   cannot go on then: where the next message starts is unknown.
    func serve() throws {
        let reader = MessageReader(socket, limit: limits.messageBytes)
        var replies: Int32 = 0
        while let message = try reader.next() {
            let request = try decode(message)
            guard begin(request) else { return }
            let reply = answer(request)
            work.withLock { $0.session = nil }
            guard request.wantsReply else { continue }
            replies &+= 1
            try send(reply, to: request, as: replies)
        }
    }

    /// Notes what is running; false when it should not run at all.
    private func begin(_ request: Request) -> Bool {
        let session = request.command["lsid"]
        return work.withLock { work in
            work.session = session
            return !work.isAbandoned
        }
    }

    private func decode(_ message: UnsafeRawBufferPointer) throws -> Request {
        let header = MessageHeader(message)
        switch OpCode(rawValue: header.opCode) {
        case .message: return try OpMessage.decode(message)
        case .query: return try OpQuery.decode(message)
        case .compressed:
            let (bytes, compressor) = try OpCompressed.decode(message, limit: limits.messageBytes)
            var request = try bytes.withUnsafeBytes { plain in
                guard MessageHeader(plain).opCode == OpCode.message.rawValue else {
                    throw AtelierError(.protocolError, "only OP_MSG may be compressed")
                }
                return try OpMessage.decode(plain)
            }
            request.compressor = compressor
            return request
        case .reply, nil:
            throw AtelierError(.protocolError, "opcode \(header.opCode) is not spoken here; OP_MSG (2013) is")
        }
    }

    /// Runs the command; whatever goes wrong with it becomes a reply.
    private func answer(_ request: Request) -> Document {
        do {
            guard let database = request.database else {
                throw AtelierError(40571, "OP_MSG requests require a $db argument")
            }
            let own = ConnectionCommand(rawValue: request.name)
            guard request.framing == .message || own?.isHandshake == true else {
                throw AtelierError(
                    352, "Unsupported OP_QUERY command: \(request.name). The client driver may require an upgrade.")
            }
            let reply: Document
            if let own {
                reply = own.reply(to: request.command, connection: id, server: server)
            } else {
                reply = try deployment.run(request.command, in: database)
            }
            guard reply.bytes.count <= limits.messageBytes - 64 else {
                throw AtelierError(.objectTooLarge, "the reply is \(reply.bytes.count) bytes long, too large to send")
            }
            return reply
        } catch let error as AtelierError {
            return error.reply
        } catch {
            return AtelierError(.internalError, "unexpected error of type \(type(of: error))").reply
        }
    }

    private func send(_ reply: Document, to request: Request, as id: Int32) throws {
        let message =
            switch request.framing {
            case .message: OpMessage.encode(reply, requestID: id, responseTo: request.id)
            case .legacyQuery: OpQuery.encode(reply, requestID: id, responseTo: request.id)
            }
        if request.compressor == .zlib {
            try socket.send(OpCompressed.encode(message))
        } else {
            try socket.send(message.head, message.body)
        }
    }
}
