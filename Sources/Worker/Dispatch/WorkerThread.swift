import BSON
import Glibc

/// A thread that runs one closure and can be waited for.
final class WorkerThread {
    private let handle: pthread_t

    /// Stack: room for documents nested as deep as BSON allows, on paths that recurse.
    static let stackSize = 8 << 20

    init(_ body: @escaping @Sendable () -> Void) throws {
        final class Box {
            let body: @Sendable () -> Void
            init(_ body: @escaping @Sendable () -> Void) { self.body = body }
        }
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        defer { pthread_attr_destroy(&attributes) }
        pthread_attr_setstacksize(&attributes, WorkerThread.stackSize)
        let box = Unmanaged.passRetained(Box(body))
        var handle = pthread_t()
        let status = pthread_create(
            &handle, &attributes,
            { argument in
                Unmanaged<Box>.fromOpaque(argument!).takeRetainedValue().body()
                return nil
            }, box.toOpaque())
        if status != 0 {
            box.release()
            throw AtelierError(.internalError, "cannot start a thread: \(String(cString: strerror(status)))")
        }
        self.handle = handle
    }

    /// Waits until the closure has returned. Once only.
    func join() { pthread_join(handle, nil) }
}
