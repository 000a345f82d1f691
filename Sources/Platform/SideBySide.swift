import Glibc

/// Runs work on several threads at once, the calling one among them, and waits for all.
public enum SideBySide {
    /// How many processors there are.
    public static let processors = max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))

    /// Runs tasks, one thread each, the first on the calling thread, and there too those for which no thread is to be had.
    ///
    /// The tasks have to touch nothing in common that is not made for it.
    ///
    /// - Throws: what the first of the tasks that failed threw, once all have ended.
    public static func run(_ tasks: [() throws -> Void]) throws {
        let jobs = tasks.map(Job.init)
        var own = Array(jobs.prefix(1))
        var threads: [PosixThread] = []
        for job in jobs.dropFirst() {
            do { threads.append(try PosixThread { job.run() }) } catch { own.append(job) }
        }
        for job in own { job.run() }
        for thread in threads { thread.join() }
        for job in jobs { if let failure = job.failure { throw failure } }
    }

    /// Gives out the numbers `0..<count` to whichever thread asks for more.
    ///
    /// What comes of a number must not depend on which others the thread was given.
    ///
    /// - Parameters:
    ///   - size: how many at a time, at least 1.
    ///   - body: what each thread does: takes shares until there are none. Once it throws, there are none for the others.
    /// - Throws: what the body threw, on any thread.
    public static func share(
        _ count: Int, by size: Int = 1, threads: Int = processors, _ body: @escaping @Sendable (Shares) throws -> Void
    ) throws {
        let shares = Shares(count: count, size: size)
        let task = {
            do {
                try body(shares)
            } catch {
                shares.stop()
                throw error
            }
        }
        try run(Array(repeating: task, count: max(1, min(threads, (count + size - 1) / size))))
    }

    /// Runs the body for ranges that together are `0..<count`, each of `size` numbers at most.
    ///
    /// - Throws: what the body threw, on any thread; there are no more ranges then.
    public static func forEachRange(
        of count: Int, size: Int, _ body: @escaping @Sendable (Range<Int>) throws -> Void
    ) throws {
        try share(count, by: size) { shares in
            while let range = shares.next() { try body(range) }
        }
    }

    /// A task and how it ended. Invariant: one thread alone runs it, and `failure` is read once that has been joined.
    private final class Job: @unchecked Sendable {
        private let task: () throws -> Void
        private(set) var failure: (any Error)?

        init(_ task: @escaping () throws -> Void) { self.task = task }

        func run() {
            do { try task() } catch { failure = error }
        }
    }
}
