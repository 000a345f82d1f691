import Glibc

/// Runs tasks side by side, one thread each, the first on the calling thread.
enum SideBySide {
    /// How many processors there are.
    static let processors = max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))

    /// - Throws: what the first of the tasks to fail threw, once all have ended.
    static func run(_ tasks: [() throws -> Void]) throws {
        var running: [(thread: pthread_t, job: Job)] = []
        var failure: (any Error)?
        for task in tasks.dropFirst() {
            let job = Job(task)
            var thread = pthread_t()
            let code = pthread_create(
                &thread, nil,
                { pointer in
                    Unmanaged<Job>.fromOpaque(pointer!).takeRetainedValue().run()
                    return nil
                }, Unmanaged.passRetained(job).toOpaque())
            if code == 0 {
                running.append((thread, job))
            } else {
                // No thread to be had: then one after the other.
                Unmanaged.passUnretained(job).release()
                job.run()
                failure = failure ?? job.failure
            }
        }
        do { try tasks.first?() } catch { failure = error }
        for (thread, job) in running {
            pthread_join(thread, nil)
            failure = failure ?? job.failure
        }
        if let failure { throw failure }
    }

    /// A task and how it ended. Invariant: its thread alone touches it until the thread has been joined.
    private final class Job {
        private let task: () throws -> Void
        private(set) var failure: (any Error)?

        init(_ task: @escaping () throws -> Void) { self.task = task }

        func run() {
            do { try task() } catch { failure = error }
        }
    }
}
