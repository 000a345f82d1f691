import Glibc
import Synchronization

/// Writes whole lines to a file descriptor, one at a time, each handed to the system before the call returns.
///
/// A caller that does not read makes the writing threads wait; that is what holds the worker back. Once the other
/// end is gone, lines are dropped and `onClosed` has been called, once.
final class LineWriter: Sendable {
    private let descriptor: Int32
    private let closed = Mutex(false)
    private let onClosed: @Sendable () -> Void

    init(descriptor: Int32, onClosed: @escaping @Sendable () -> Void) {
        self.descriptor = descriptor
        self.onClosed = onClosed
    }

    /// Whether the other end has gone away.
    var isClosed: Bool { closed.withLock { $0 } }

    /// Writes the line and its newline. The line holds no newline itself.
    func write(_ line: consuming [UInt8]) {
        line.append(0x0A)
        let broke = closed.withLock { closed in
            if closed { return false }
            closed = !send(line)
            return closed
        }
        if broke { onClosed() }
    }

    private func send(_ bytes: [UInt8]) -> Bool {
        bytes.withUnsafeBytes { bytes in
            var sent = 0
            while sent < bytes.count {
                let count = Glibc.write(descriptor, bytes.baseAddress! + sent, bytes.count - sent)
                if count >= 0 {
                    sent += count
                } else if errno == EAGAIN {
                    var polled = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                    poll(&polled, 1, -1)
                } else if errno != EINTR {
                    return false
                }
            }
            return true
        }
    }
}
