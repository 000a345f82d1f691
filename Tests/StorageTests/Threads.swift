import Glibc
import Synchronization
import Testing

/// Runs the closure on so many threads at once, and waits for all; what one throws fails the test.
func runThreads(_ count: Int, _ body: @escaping @Sendable (Int) throws -> Void) {
    let jobs = (0..<count).map { Job($0, body) }
    let threads = jobs.map { job in
        var thread = pthread_t()
        pthread_create(
            &thread, nil,
            { context in
                let job = Unmanaged<Job>.fromOpaque(context!).takeRetainedValue()
                do {
                    try job.body(job.number)
                } catch {
                    job.failure.withLock { $0 = "\(error)" }
                }
                return nil
            }, Unmanaged.passRetained(job).toOpaque())
        return thread
    }
    for thread in threads { pthread_join(thread, nil) }
    for job in jobs {
        if let failure = job.failure.withLock({ $0 }) { Issue.record("thread \(job.number): \(failure)") }
    }
}

private final class Job: Sendable {
    let number: Int
    let body: @Sendable (Int) throws -> Void
    let failure = Mutex<String?>(nil)

    init(_ number: Int, _ body: @escaping @Sendable (Int) throws -> Void) {
        self.number = number
        self.body = body
    }
}

/// A number that threads share.
final class Counter: Sendable {
    private let number = Mutex(0)

    var value: Int { number.withLock { $0 } }
    func increment() { number.withLock { $0 += 1 } }
}
