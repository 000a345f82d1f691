import BSON
import Glibc

/// Where a server listens: a TCP address on this machine, or a Unix socket.
public enum ListenAddress: Sendable, Hashable, CustomStringConvertible {
    /// A numeric IPv4 or IPv6 address. Port 0 lets the system pick one.
    case tcp(host: String, port: UInt16)
    /// The path of a Unix socket, created with mode 0600.
    case unix(path: String)

    /// MongoDB's port.
    public static let defaultPort: UInt16 = 27017

    /// Reads `127.0.0.1:27017`, `localhost:0`, `[::1]:27017`, `:27017`, `localhost`, `/run/atelier.sock` or
    /// `unix:atelier.sock`. Without a host it is 127.0.0.1, without a port 27017.
    /// - Throws: `AtelierError` (BadValue) for anything else.
    public init(parsing text: String) throws {
        if text.hasPrefix("unix:") {
            self = .unix(path: String(text.dropFirst("unix:".count)))
            return
        }
        if text.hasPrefix("/") || text.hasPrefix("./") || text.hasPrefix("../") {
            self = .unix(path: text)
            return
        }
        guard !text.contains("/") else {
            throw AtelierError(
                .badValue, "cannot listen on '\(text)': it is neither HOST:PORT nor the path of a socket",
                advice: "Write HOST:PORT, for example 127.0.0.1:27017, or unix:PATH.")
        }
        var host = text
        var port = String(ListenAddress.defaultPort)
        if text.hasPrefix("["), let bracket = text.lastIndex(of: "]") {
            host = String(text[text.index(after: text.startIndex)..<bracket])
            let rest = text[text.index(after: bracket)...]
            if !rest.isEmpty { port = rest.hasPrefix(":") ? String(rest.dropFirst()) : "" }
        } else if text.count(where: { $0 == ":" }) == 1, let colon = text.firstIndex(of: ":") {
            host = String(text[..<colon])
            port = String(text[text.index(after: colon)...])
        }
        guard let number = UInt16(port) else {
            throw AtelierError(
                .badValue, "cannot listen on '\(text)': the port is no number from 0 to 65535",
                advice: "Write HOST:PORT, for example 127.0.0.1:27017, [::1]:27017, or the path of a Unix socket.")
        }
        self = .tcp(host: host.isEmpty || host == "localhost" ? "127.0.0.1" : host, port: number)
    }

    public var description: String {
        switch self {
        case .tcp(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        case .unix(let path): path
        }
    }

    /// The connection string a client uses: `mongodb://127.0.0.1:27017/`, or `mongodb://%2Frun%2Fatelier.sock/`.
    public var uri: String {
        switch self {
        case .tcp: "mongodb://\(description)/"
        case .unix(let path): "mongodb://\(percentEncoded(path))/"
        }
    }

    /// Whether only this machine can reach it.
    public var isLocal: Bool {
        switch self {
        case .unix: true
        case .tcp(let host, _):
            if let address = ipv4(host) { UInt32(bigEndian: address.s_addr) >> 24 == 127 } else { isIPv6Loopback(host) }
        }
    }

    /// Refuses what other machines can reach: there, users must prove who they are, and this server cannot ask them.
    /// - Throws: `IllegalOperation`; `BadValue` for what is no address at all.
    public func requireLocal() throws {
        guard !isLocal else { return }
        if case .tcp(let host, _) = self, ipv4(host) == nil, ipv6(host) == nil {
            throw AtelierError(
                .badValue, "cannot listen on '\(self)': \(host) is no IP address of this machine",
                advice: "Write HOST:PORT, for example 127.0.0.1:27017, or unix:PATH.")
        }
        throw AtelierError(
            .illegalOperation,
            "refusing to listen on \(self): other machines may reach it, which requires authentication "
                + "(SCRAM-SHA-256), and that is not built yet",
            advice: "Listen on 127.0.0.1, [::1] or a Unix socket, and reach it from elsewhere through an SSH tunnel.")
    }

    private func percentEncoded(_ path: String) -> String {
        path.utf8.map { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                String(UnicodeScalar(byte))
            default: (byte < 16 ? "%0" : "%") + String(byte, radix: 16, uppercase: true)
            }
        }.joined()
    }
}

/// The address if the text is one in dotted decimals.
func ipv4(_ host: String) -> in_addr? {
    var address = in_addr()
    return inet_pton(AF_INET, host, &address) == 1 ? address : nil
}

/// The address if the text is one in hexadecimal groups.
func ipv6(_ host: String) -> in6_addr? {
    var address = in6_addr()
    return inet_pton(AF_INET6, host, &address) == 1 ? address : nil
}

private func isIPv6Loopback(_ host: String) -> Bool {
    guard var address = ipv6(host) else { return false }
    return withUnsafeBytes(of: &address) { Array($0) == [UInt8](repeating: 0, count: 15) + [1] }
}
