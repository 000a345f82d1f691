import BSON
import Glibc

@testable import WireServer

/// A client that sends any bytes at all.
final class RawClient {
    private let descriptor: Int32

    init(_ address: ListenAddress) throws {
        switch address {
        case .tcp(_, let port):
            descriptor = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            var name = sockaddr_in()
            name.sin_family = sa_family_t(AF_INET)
            name.sin_port = port.bigEndian
            name.sin_addr = ipv4("127.0.0.1")!
            try connect(name)
        case .unix(let path):
            descriptor = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
            var name = sockaddr_un()
            name.sun_family = sa_family_t(AF_UNIX)
            withUnsafeMutableBytes(of: &name.sun_path) { $0.copyBytes(from: path.utf8) }
            try connect(name)
        }
        // A server that hangs fails a test instead of stopping it for ever.
        var limit = timeval(tv_sec: 20, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    }

    deinit { Glibc.close(descriptor) }

    private func connect<Name>(_ name: Name) throws {
        let status = withUnsafePointer(to: name) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<Name>.size))
            }
        }
        guard status == 0 else { throw AtelierError(.hostUnreachable, String(cString: strerror(errno))) }
    }

    /// Sends what it can; the server may have hung up already, which the next read shows.
    func send(_ bytes: [UInt8]) {
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress! + sent, bytes.count - sent, Int32(MSG_NOSIGNAL))
            }
            if count <= 0 { return }
            sent += count
        }
    }

    /// Says that nothing more will come.
    func finish() { Glibc.shutdown(descriptor, Int32(SHUT_WR)) }

    /// The next whole message; nil when the server has hung up.
    func receive() throws -> [UInt8]? {
        guard var message = try read(16) else { return nil }
        let length = Int(message.withUnsafeBytes { MessageHeader($0).messageLength })
        guard let rest = try read(length - 16) else { throw AtelierError(.protocolError, "half a reply") }
        message += rest
        return message
    }

    private func read(_ count: Int) throws -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: count)
        var received = 0
        while received < count {
            let step = bytes.withUnsafeMutableBytes {
                recv(descriptor, $0.baseAddress! + received, count - received, 0)
            }
            if step < 0 && errno == EAGAIN {
                throw AtelierError(.internalError, "the server neither answers nor hangs up")
            }
            if step <= 0 { return nil }
            received += step
        }
        return bytes
    }

    /// The document of the next reply, OP_MSG or OP_REPLY.
    func receiveDocument() throws -> Document? {
        guard let message = try receive() else { return nil }
        let isMessage = message.withUnsafeBytes { MessageHeader($0).opCode } == OpCode.message.rawValue
        return try Document(validating: Array(message[(isMessage ? 21 : 36)...]))
    }

    func run(_ command: Document) throws -> Document? {
        send(RawClient.message(command))
        return try receiveDocument()
    }

    // MARK: Messages

    /// A header and what follows it.
    static func message(opCode: Int32 = 2013, id: Int32 = 7, _ payload: [UInt8]) -> [UInt8] {
        var bytes: [UInt8] = []
        for field in [Int32(16 + payload.count), id, 0, opCode] { bytes.append(littleEndian: field) }
        return bytes + payload
    }

    /// OP_MSG with a body and sequences.
    static func message(
        _ body: Document, sequences: [(String, [Document])] = [], flags: UInt32 = 0, id: Int32 = 7
    ) -> [UInt8] {
        var payload: [UInt8] = []
        payload.append(littleEndian: flags)
        payload += [0] + body.bytes
        for (name, documents) in sequences {
            let content = Array(name.utf8) + [0] + documents.flatMap(\.bytes)
            payload.append(1)
            payload.append(littleEndian: Int32(content.count + 4))
            payload += content
        }
        return message(id: id, payload)
    }

    /// OP_MSG with its checksum, which the mask spoils.
    static func checksummed(_ body: Document, spoiledBy mask: UInt32 = 0) -> [UInt8] {
        var payload: [UInt8] = []
        payload.append(littleEndian: UInt32(1))
        payload += [0] + body.bytes
        var bytes = message(payload)
        var length: [UInt8] = []
        length.append(littleEndian: Int32(bytes.count + 4))
        bytes.replaceSubrange(0..<4, with: length)
        bytes.append(littleEndian: bytes.withUnsafeBytes { CRC32C.checksum($0) } ^ mask)
        return bytes
    }

    /// OP_QUERY for one document.
    static func query(_ document: Document, namespace: String = "admin.$cmd") -> [UInt8] {
        var payload: [UInt8] = []
        payload.append(littleEndian: Int32(4))
        payload += Array(namespace.utf8) + [0]
        payload.append(littleEndian: Int32(0))
        payload.append(littleEndian: Int32(-1))
        return message(opCode: 2004, payload + document.bytes)
    }
}
