import BSON
import Glibc
import Synchronization

/// The same work on several threads at once.
enum Threads {
    private final class Work: Sendable {
        let body: @Sendable () throws -> Void
        let error = Mutex<(any Error)?>(nil)

        init(_ body: @escaping @Sendable () throws -> Void) { self.body = body }

        func run() {
            do { try body() } catch { self.error.withLock { first in if first == nil { first = error } } }
        }
    }

    /// Runs the closure on so many threads, this one among them, and waits for all.
    ///
    /// - Throws: the first error. Where a thread cannot be started, the others do its work.
    static func run(_ count: Int, _ body: @escaping @Sendable () throws -> Void) throws {
        let work = Work(body)
        var threads: [pthread_t] = []
        for _ in 1..<max(1, count) {
            let box = Unmanaged.passRetained(work)
            var thread = pthread_t()
            let status = pthread_create(
                &thread, nil,
                { argument in
                    Unmanaged<Work>.fromOpaque(argument!).takeRetainedValue().run()
                    return nil
                }, box.toOpaque())
            if status == 0 { threads.append(thread) } else { box.release() }
        }
        work.run()
        for thread in threads { pthread_join(thread, nil) }
        if let error = work.error.withLock({ $0 }) { throw error }
    }
}
