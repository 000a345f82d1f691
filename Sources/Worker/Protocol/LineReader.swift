import BSON
import Glibc

/// Reads lines from a file descriptor; one that is too long is skipped, not kept.
///
/// Used by one thread. `wake` makes a read that is waiting come back as the end, from any thread.
struct LineReader: ~Copyable {
    enum Line {
        case line([UInt8])
        /// A line of more than the limit; how many bytes it had.
        case tooLong(Int)
        case end
    }

    private let descriptor: Int32
    private let wake: WakeSignal
    private let limit: Int
    private var chunk: [UInt8]
    private var start = 0
    private var end = 0
    private var atEnd = false

    init(descriptor: Int32, wake: WakeSignal, limit: Int) {
        self.descriptor = descriptor
        self.wake = wake
        self.limit = limit
        chunk = [UInt8](repeating: 0, count: 64 << 10)
    }

    /// The next line without its newline; what follows the last newline is a line too, unless it is empty.
    /// - Throws: `AtelierError` (OperationFailed) where the descriptor cannot be read.
    mutating func next() throws -> Line {
        var line: [UInt8] = []
        var length = 0
        while true {
            if start == end {
                try fill()
                if start == end {
                    if length > limit { return .tooLong(length) }
                    return length == 0 ? .end : .line(line)
                }
            }
            let newline = chunk.withUnsafeBytes { bytes in
                memchr(bytes.baseAddress! + start, 0x0A, end - start).map { UnsafeRawPointer($0) - bytes.baseAddress! }
            }
            let stop = newline ?? end
            length += stop - start
            if length <= limit { line += chunk[start..<stop] } else { line = [] }
            start = newline.map { $0 + 1 } ?? end
            if newline != nil { return length > limit ? .tooLong(length) : .line(line) }
        }
    }

    /// Waits for input; leaves nothing to read at its end.
    private mutating func fill() throws {
        while !atEnd {
            var polled = [
                pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0),
                pollfd(fd: wake.descriptor, events: Int16(POLLIN), revents: 0),
            ]
            let ready = poll(&polled, 2, -1)
            if ready < 0 {
                if errno == EINTR { continue }
                throw failure("poll")
            }
            if polled[1].revents != 0 {
                atEnd = true
                return
            }
            let got = chunk.withUnsafeMutableBytes { read(descriptor, $0.baseAddress!, $0.count) }
            if got < 0 {
                if errno == EINTR || errno == EAGAIN { continue }
                throw failure("read")
            }
            if got == 0 { atEnd = true }
            start = 0
            end = got
            return
        }
    }

    private func failure(_ call: String) -> AtelierError {
        AtelierError(.operationFailed, "cannot read requests: \(call) failed: \(String(cString: strerror(errno)))")
    }
}

/// A descriptor that becomes readable once and stays so: what a thread waiting in `poll` is woken with.
final class WakeSignal: Sendable {
    /// What to poll.
    let descriptor: Int32
    /// One byte written here raises the signal.
    let raisingDescriptor: Int32

    init() throws {
        var ends: [Int32] = [-1, -1]
        if pipe(&ends) != 0 {
            throw AtelierError(.internalError, "cannot open a pipe: \(String(cString: strerror(errno)))")
        }
        for end in ends {
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
        }
        descriptor = ends[0]
        raisingDescriptor = ends[1]
    }

    deinit {
        close(descriptor)
        close(raisingDescriptor)
    }

    /// Safe from any thread.
    func raise() {
        var byte: UInt8 = 1
        _ = write(raisingDescriptor, &byte, 1)
    }
}

extension ErrorCode {
    /// MongoDB's OperationFailed: a pipe to the caller broke.
    static let operationFailed: ErrorCode = 96
}
