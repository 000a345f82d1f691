import BSON
import Glibc

/// One operating-system thread that runs a closure and can be waited for.
///
/// Connections block in `recv` and in the engine, which the cooperative pool of Swift's tasks must not do.
struct PosixThread: Sendable {
    private let handle: pthread_t

    /// Starts the thread at once.
    init(_ body: @escaping @Sendable () -> Void) throws {
        let work = Unmanaged.passRetained(Work(body))
        var handle = pthread_t()
        let status = pthread_create(
            &handle, nil,
            { argument in
                // The retain of `passRetained` is consumed here, once, by the only thread that gets the pointer.
                Unmanaged<Work>.fromOpaque(argument!).takeRetainedValue().body()
                return nil
            }, work.toOpaque())
        guard status == 0 else {
            work.release()
            throw AtelierError(.internalError, "cannot start a thread: \(String(cString: strerror(status)))")
        }
        self.handle = handle
    }

    /// Waits until the closure has returned. Exactly once per thread, and never from the thread itself.
    func join() { pthread_join(handle, nil) }

    private final class Work {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }
}
