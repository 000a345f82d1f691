import Glibc
import Synchronization

/// Independent pieces of work, spread over the processors.
enum WorkSharing {
    /// Runs the body for ranges that together are `0..<count`, on several threads, and waits for all.
    ///
    /// What a piece computes must not depend on the ranges: they change with the number of processors.
    ///
    /// - Parameters:
    ///   - size: how many in one range at most.
    ///   - check: called before each range, to stop.
    /// - Throws: the first error.
    static func forEachRange(
        of count: Int, size: Int, check: @escaping @Sendable () throws -> Void = {},
        _ body: @escaping @Sendable (Range<Int>) throws -> Void
    ) throws {
        let shared = Shared()
        let work = Work {
            while true {
                let start = shared.next.wrappingAdd(size, ordering: .relaxed).oldValue
                guard start < count, shared.failure.withLock({ $0 == nil }) else { return }
                do {
                    try check()
                    try body(start..<min(count, start + size))
                } catch {
                    shared.failure.withLock { first in if first == nil { first = error } }
                    return
                }
            }
        }
        let helpers = min(processors, (count + size - 1) / max(1, size)) - 1
        var threads: [pthread_t] = []
        for _ in 0..<max(0, helpers) {
            let box = Unmanaged.passRetained(work)
            var thread = pthread_t()
            let status = pthread_create(
                &thread, nil,
                { argument in
                    Unmanaged<Work>.fromOpaque(argument!).takeRetainedValue().run()
                    return nil
                }, box.toOpaque())
            // Where a thread cannot be started, the others do its work.
            if status == 0 { threads.append(thread) } else { box.release() }
        }
        work.run()
        for thread in threads { pthread_join(thread, nil) }
        if let error = shared.failure.withLock({ $0 }) { throw error }
    }

    static let processors = max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))

    private final class Shared: Sendable {
        let next = Atomic<Int>(0)
        let failure = Mutex<(any Error)?>(nil)
    }

    private final class Work: Sendable {
        let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }
}

/// Room for results that several threads fill, each its own places.
///
/// `@unchecked Sendable`: no two threads touch the same place, which `WorkSharing` sees to by giving out disjoint ranges.
struct Slots<Value>: @unchecked Sendable {
    let base: UnsafeMutableBufferPointer<Value>

    static func filled(_ count: Int, with value: Value, _ work: (Slots<Value>) throws -> Void) rethrows -> [Value] {
        var values = [Value](repeating: value, count: count)
        try values.withUnsafeMutableBufferPointer { try work(Slots(base: $0)) }
        return values
    }
}
