import BSON
import Glibc
import Synchronization

/// A stream socket with one owner.
///
/// One thread reads, writes and at last closes it; any other thread may call `shutDown()` to make that thread stop.
final class Socket: Sendable {
    /// Nil once closed, so that nobody shuts down a descriptor that has been given to somebody else.
    private let descriptor: Mutex<Int32?>
    private let number: Int32

    init(owning descriptor: Int32) {
        self.descriptor = Mutex(descriptor)
        number = descriptor
    }

    deinit { close() }

    /// Waits for bytes and returns how many came; 0 when the peer has finished.
    func receive(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        while true {
            let count = recv(number, buffer.baseAddress, buffer.count, 0)
            if count >= 0 { return count }
            if errno != EINTR { throw systemError("receiving") }
        }
    }

    /// Sends both parts, one after the other, however often the peer's buffer fills up.
    func send(_ head: [UInt8], _ body: [UInt8] = []) throws {
        try head.withUnsafeBytes { head in
            try body.withUnsafeBytes { body in
                var parts = [head, body].map {
                    iovec(iov_base: UnsafeMutableRawPointer(mutating: $0.baseAddress), iov_len: $0.count)
                }
                while let first = parts.firstIndex(where: { $0.iov_len > 0 }) {
                    var sent = try sendOnce(&parts, from: first)
                    for index in first..<parts.count {
                        let step = min(sent, parts[index].iov_len)
                        parts[index].iov_base += step
                        parts[index].iov_len -= step
                        sent -= step
                    }
                }
            }
        }
    }

    /// Ends both directions: a thread that waits in `receive` or `send` returns. Idempotent.
    func shutDown() {
        descriptor.withLock { if let open = $0 { _ = Glibc.shutdown(open, Int32(SHUT_RDWR)) } }
    }

    /// Shows the descriptor, unless it is closed.
    func withDescriptor(_ body: (Int32) -> Void) {
        descriptor.withLock { if let open = $0 { body(open) } }
    }

    /// Idempotent.
    func close() {
        descriptor.withLock {
            if let open = $0 { _ = Glibc.close(open) }
            $0 = nil
        }
    }

    private func sendOnce(_ parts: inout [iovec], from first: Int) throws -> Int {
        while true {
            let count = parts.withUnsafeMutableBufferPointer { parts in
                var message = msghdr()
                message.msg_iov = parts.baseAddress! + first
                message.msg_iovlen = parts.count - first
                return sendmsg(number, &message, Int32(MSG_NOSIGNAL))
            }
            if count >= 0 { return count }
            if errno != EINTR { throw systemError("sending") }
        }
    }

    private func systemError(_ action: String) -> AtelierError {
        AtelierError(ErrorCode(rawValue: 9001), "\(action) failed: \(String(cString: strerror(errno)))")
    }
}
