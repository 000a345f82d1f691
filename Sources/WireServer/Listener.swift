import BSON
import Glibc
import Synchronization

/// A listening socket that can be told to stop.
final class Listener: Sendable {
    /// Where it really listens: the port is the one the system picked.
    let address: ListenAddress
    private let socket: Int32
    /// Writing to the pipe wakes the thread that waits in `next`.
    private let wake: (read: Int32, write: Int32)
    private let isStopped = Atomic<Bool>(false)

    /// Binds and listens.
    /// - Throws: `AtelierError` when the address is not local, is in use, or cannot be bound.
    init(_ requested: ListenAddress) throws {
        try requested.requireLocal()
        switch requested {
        case .tcp(let host, let port): (socket, address) = try Listener.openTCP(host: host, port: port)
        case .unix(let path): (socket, address) = (try Listener.openUnix(path), requested)
        }
        var ends: [Int32] = [-1, -1]
        guard Glibc.listen(socket, SOMAXCONN) == 0, pipe(&ends) == 0 else {
            let error = Listener.failure(requested)
            Glibc.close(socket)
            throw error
        }
        for end in ends { Listener.closeOnExec(end) }
        wake = (ends[0], ends[1])
    }

    /// Nobody waits in `next` any more by then.
    deinit {
        stop()
        for descriptor in [socket, wake.read, wake.write] { Glibc.close(descriptor) }
    }

    /// Refuses new clients, removes the Unix socket's file, and makes the thread in `next`, and every later call,
    /// return `stop`. Idempotent.
    func stop() {
        guard !isStopped.exchange(true, ordering: .sequentiallyConsistent) else { return }
        var byte: UInt8 = 0
        _ = Glibc.write(wake.write, &byte, 1)
        _ = Glibc.shutdown(socket, Int32(SHUT_RDWR))
        if case .unix(let path) = address { unlink(path) }
    }

    enum Event {
        case client(Socket)
        /// Somebody has hung up.
        case hangUp
        case stop
    }

    /// Waits for a client, for the watch, or for `stop()`.
    /// - Throws: `AtelierError` when the system has no descriptor left; waiting a little and trying again is right.
    func next(_ watch: HangUpWatch) throws -> Event {
        while true {
            var events = [wake.read, watch.descriptor, socket].map {
                pollfd(fd: $0, events: Int16(POLLIN), revents: 0)
            }
            guard poll(&events, nfds_t(events.count), -1) >= 0 || errno == EINTR else {
                throw Listener.failure(address)
            }
            if events[0].revents != 0 { return .stop }
            if events[1].revents != 0 { return .hangUp }
            if events[2].revents == 0 { continue }
            let client = Glibc.accept(socket, nil, nil)
            if client >= 0 {
                Listener.closeOnExec(client)
                Listener.set(client, Int32(IPPROTO_TCP), TCP_NODELAY)
                return .client(Socket(owning: client))
            }
            // The client gave up, or another process took it: there is nothing to tell anyone.
            if ![EINTR, EAGAIN, ECONNABORTED, EPROTO].contains(errno) { throw Listener.failure(address) }
        }
    }

    /// Waits this long, or until `stop()`.
    func pause(milliseconds: Int32) {
        var event = pollfd(fd: wake.read, events: Int16(POLLIN), revents: 0)
        poll(&event, 1, milliseconds)
    }

    // MARK: Opening

    private static func openTCP(host: String, port: UInt16) throws -> (Int32, ListenAddress) {
        let requested = ListenAddress.tcp(host: host, port: port)
        if let address = ipv4(host) {
            var name = sockaddr_in()
            name.sin_family = sa_family_t(AF_INET)
            name.sin_addr = address
            name.sin_port = port.bigEndian
            let descriptor = try open(AF_INET, name, requested)
            return (descriptor, .tcp(host: host, port: UInt16(bigEndian: boundName(descriptor, name).sin_port)))
        }
        guard let address = ipv6(host) else { throw failure(requested) }
        var name = sockaddr_in6()
        name.sin6_family = sa_family_t(AF_INET6)
        name.sin6_addr = address
        name.sin6_port = port.bigEndian
        let descriptor = try open(AF_INET6, name, requested)
        return (descriptor, .tcp(host: host, port: UInt16(bigEndian: boundName(descriptor, name).sin6_port)))
    }

    /// Takes over the file of a server that died, but not one that somebody listens on, nor an ordinary file.
    private static func openUnix(_ path: String) throws -> Int32 {
        let requested = ListenAddress.unix(path: path)
        var name = sockaddr_un()
        name.sun_family = sa_family_t(AF_UNIX)
        let capacity = MemoryLayout.size(ofValue: name.sun_path)
        guard !path.isEmpty, path.utf8.count < capacity else {
            throw AtelierError(
                .badValue, "a Unix socket's path has 1 to \(capacity - 1) bytes, this one \(path.utf8.count)", at: path)
        }
        withUnsafeMutableBytes(of: &name.sun_path) { $0.copyBytes(from: path.utf8) }
        var file = stat()
        if lstat(path, &file) == 0 {
            guard file.st_mode & S_IFMT == S_IFSOCK, !someoneListens(name) else {
                errno = EADDRINUSE
                throw failure(requested)
            }
            unlink(path)
        }
        return try open(AF_UNIX, name, requested)
    }

    private static func someoneListens(_ name: sockaddr_un) -> Bool {
        let probe = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard probe >= 0 else { return true }
        defer { Glibc.close(probe) }
        return withSocketAddress(name) { Glibc.connect(probe, $0, $1) } == 0
    }

    private static func open<Name>(_ family: Int32, _ name: Name, _ requested: ListenAddress) throws -> Int32 {
        let kind = SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue
        let descriptor = Glibc.socket(family, Int32(kind), 0)
        guard descriptor >= 0 else { throw failure(requested) }
        // A Unix socket's file takes the socket's mode at `bind`, so nobody else can connect even for a moment.
        if family == AF_UNIX { fchmod(descriptor, 0o600) } else { set(descriptor, SOL_SOCKET, SO_REUSEADDR) }
        guard withSocketAddress(name, { Glibc.bind(descriptor, $0, $1) }) == 0 else {
            let error = failure(requested)
            Glibc.close(descriptor)
            throw error
        }
        return descriptor
    }

    /// The name the socket got, in the same kind of address.
    private static func boundName<Name>(_ descriptor: Int32, _ name: Name) -> Name {
        var name = name
        var size = socklen_t(MemoryLayout<Name>.size)
        withUnsafeMutablePointer(to: &name) { pointer in
            // `sockaddr_*` all start as `sockaddr` does; the size says which one it is.
            _ = pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &size) }
        }
        return name
    }

    private static func withSocketAddress<Name, R>(
        _ name: Name, _ body: (UnsafePointer<sockaddr>, socklen_t) -> R
    ) -> R {
        withUnsafePointer(to: name) { pointer in
            // As above.
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(MemoryLayout<Name>.size)) }
        }
    }

    private static func set(_ descriptor: Int32, _ level: Int32, _ option: Int32) {
        var on: Int32 = 1
        setsockopt(descriptor, level, option, &on, socklen_t(MemoryLayout<Int32>.size))
    }

    private static func closeOnExec(_ descriptor: Int32) { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }

    private static func failure(_ address: ListenAddress) -> AtelierError {
        let reason = errno
        let advice =
            switch reason {
            case EADDRINUSE: "Another process listens there. Stop it, or choose another port; port 0 picks a free one."
            case EACCES: "Choose a port above 1023, or a folder you may write to."
            case EMFILE, ENFILE: "Too many files are open. Raise the limit (ulimit -n) or close some connections."
            default: "Check the address: it must be one of this machine's own."
            }
        return AtelierError(
            ErrorCode(rawValue: 9001), "cannot listen: \(String(cString: strerror(reason)))", at: address.description,
            advice: advice)
    }
}
