import Glibc
import Platform
import Synchronization
import Testing

/// Runs the closure on so many threads at once, and waits for all; what one throws fails the test.
func runThreads(_ count: Int, _ body: @escaping @Sendable (Int) throws -> Void) throws {
    let failures = Mutex<[String]>([])
    let threads = try (0..<count).map { number in
        try PosixThread {
            do { try body(number) } catch { failures.withLock { $0.append("thread \(number): \(error)") } }
        }
    }
    for thread in threads { thread.join() }
    for failure in failures.withLock({ $0 }) { Issue.record("\(failure)") }
}

/// A number that threads share.
final class Counter: Sendable {
    private let number = Mutex(0)

    var value: Int { number.withLock { $0 } }
    func increment() { number.withLock { $0 += 1 } }
}
