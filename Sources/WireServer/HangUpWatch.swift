import BSON
import CEpoll
import Glibc

/// Notices that a peer has closed its connection, also while nobody reads from it because a command is running.
final class HangUpWatch: Sendable {
    /// Readable when there is something to hear from `next()`.
    let descriptor: Int32

    init() throws {
        descriptor = epoll_create1(Int32(EPOLL_CLOEXEC))
        guard descriptor >= 0 else {
            throw AtelierError(.internalError, "cannot watch connections: \(String(cString: strerror(errno)))")
        }
    }

    deinit { close(descriptor) }

    /// Watches a socket until it hangs up or is closed. A socket that cannot be watched is served all the same.
    func add(_ socket: Socket, id: Int32) {
        var event = epoll_event()
        event.events = EPOLLRDHUP.rawValue | EPOLLONESHOT.rawValue
        event.data.u32 = UInt32(bitPattern: id)
        socket.withDescriptor { _ = epoll_ctl(descriptor, EPOLL_CTL_ADD, $0, &event) }
    }

    /// The id of a socket whose peer has hung up; nil when there is none. Does not wait.
    func next() -> Int32? {
        var event = epoll_event()
        return epoll_wait(descriptor, &event, 1, 0) == 1 ? Int32(bitPattern: event.data.u32) : nil
    }
}
