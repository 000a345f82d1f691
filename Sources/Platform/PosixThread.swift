import Glibc

/// One operating-system thread that runs a closure and can be waited for.
///
/// For what blocks or computes for long, which the cooperative pool of Swift's tasks must not do.
public struct PosixThread: Sendable {
    private let handle: pthread_t

    /// Bytes of stack: room for documents nested as deep as BSON allows, on paths that recurse.
    public static let stackSize = 8 << 20

    /// Starts the thread at once.
    ///
    /// - Throws: `ThreadUnavailable`.
    public init(_ body: @escaping @Sendable () -> Void) throws(ThreadUnavailable) {
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        defer { pthread_attr_destroy(&attributes) }
        pthread_attr_setstacksize(&attributes, PosixThread.stackSize)
        let work = Unmanaged.passRetained(Work(body))
        var handle = pthread_t()
        let status = pthread_create(
            &handle, &attributes,
            { argument in
                // The retain of `passRetained` is consumed here, once, by the only thread that gets the pointer.
                Unmanaged<Work>.fromOpaque(argument!).takeRetainedValue().body()
                return nil
            }, work.toOpaque())
        guard status == 0 else {
            work.release()
            throw ThreadUnavailable(code: status)
        }
        self.handle = handle
    }

    /// Waits until the closure has returned. Once per thread, and never from the thread itself.
    public func join() { pthread_join(handle, nil) }

    /// Lets the thread end by itself, in place of `join`.
    public func detach() { pthread_detach(handle) }

    private final class Work {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }
}

/// The system gave no thread: too many are running, or memory is short.
public struct ThreadUnavailable: Error, CustomStringConvertible {
    /// The error number of `pthread_create`.
    public let code: Int32

    public var description: String { "cannot start a thread: \(String(cString: strerror(code)))" }
}
