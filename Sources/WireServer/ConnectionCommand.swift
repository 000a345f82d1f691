import BSON
import Glibc

/// What a server says about itself.
struct ServerIdentity: Sendable {
    var address: ListenAddress
    var limits: WireServer.Limits
    /// The fields of `hello` that say what kind of deployment this is; none for a standalone.
    var topology: [(String, BSONValue)]

    /// The fields of the only member of a replica set.
    static func replicaSet(_ name: String, at address: ListenAddress) -> [(String, BSONValue)] {
        let me = BSONValue.string(address.description)
        return [
            ("setName", .string(name)), ("setVersion", 1), ("secondary", false), ("hosts", .array([me])),
            ("primary", me),
            ("me", me),
        ]
    }
}

/// The commands that ask about the connection rather than about data; the server answers them itself.
///
/// There is no `topologyVersion`, so that drivers poll instead of waiting for changes that a single node does not have.
enum ConnectionCommand: String {
    case hello
    case isMaster
    case ismaster
    case whatsmyuri
    case connectionStatus

    /// MongoDB 8.0's. Drivers decide by it what they may send.
    private static let maximumWireVersion: Int32 = 25
    /// How long an unused session lives; drivers take its presence to mean that sessions are understood.
    private static let sessionTimeoutMinutes: Int32 = 30

    /// Whether a driver may send it before it knows what the server speaks.
    var isHandshake: Bool {
        switch self {
        case .hello, .isMaster, .ismaster: true
        case .whatsmyuri, .connectionStatus: false
        }
    }

    func reply(to command: Document, connection: Int32, server: ServerIdentity) -> Document {
        let answer: [(String, BSONValue)] =
            switch self {
            case .hello, .isMaster, .ismaster: hello(to: command, connection: connection, server: server)
            case .whatsmyuri: [("you", .string(server.address.description))]
            case .connectionStatus: [("authInfo", ["authenticatedUsers": [], "authenticatedUserRoles": []])]
            }
        return Document(answer + [("ok", 1.0)])
    }

    /// Source: MongoDB manual, "hello".
    private func hello(to command: Document, connection: Int32, server: ServerIdentity) -> [(String, BSONValue)] {
        var answer: [(String, BSONValue)] = [(self == .hello ? "isWritablePrimary" : "ismaster", true)]
        if command["helloOk"]?.isTruthy == true { answer.append(("helloOk", true)) }
        answer += [
            ("maxBsonObjectSize", .int32(16 * 1024 * 1024)),
            ("maxMessageSizeBytes", .int32(Int32(server.limits.messageBytes))),
            ("maxWriteBatchSize", 100_000),
            ("localTime", .date(now())),
            ("logicalSessionTimeoutMinutes", .int32(ConnectionCommand.sessionTimeoutMinutes)),
            ("connectionId", .int32(connection)),
            ("minWireVersion", 0),
            ("maxWireVersion", .int32(ConnectionCommand.maximumWireVersion)),
            ("readOnly", false),
        ]
        let wanted = (command["compression"]?.arrayValue ?? []).compactMap(\.stringValue)
        let common = wanted.filter(Compressor.offered.contains)
        if !common.isEmpty { answer.append(("compression", .array(BSONArray(common.map { .string($0) })))) }
        return answer + server.topology
    }

    private func now() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }
}
