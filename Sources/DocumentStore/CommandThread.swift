import BSON
import Glibc
import Platform

/// Runs commands one after the other on a thread of its own, so that the caller can prepare the next meanwhile.
///
/// For one calling thread. Replies come back in order through `takeReply`.
final class CommandThread {
    /// A command that was run, and what came of it.
    struct Outcome {
        let command: Document
        let reply: Result<Document, any Error>
    }

    private let shared: Shared
    private var thread: PosixThread?

    init(_ database: Database) { shared = Shared(database) }

    deinit {
        shared.stop()
        thread?.join()
    }

    /// Hands a command over; waits while `limit` others are not done.
    func submit(_ command: Document, limit: Int = 2) throws {
        if thread == nil {
            do {
                thread = try PosixThread { [shared] in shared.work() }
            } catch {
                throw AtelierError(.internalError, "\(error)")
            }
        }
        shared.add(command, limit: limit)
    }

    /// The oldest outcome that was not taken yet; nil where there is none, or with `waiting` where nothing is under way.
    func takeReply(waiting: Bool) -> Outcome? { shared.take(waiting: waiting) }
}

/// What both threads touch. Invariant: every access to the queues happens with the mutex held.
private final class Shared: @unchecked Sendable {
    private let database: Database
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private let changed: UnsafeMutablePointer<pthread_cond_t>
    private var waiting: [Document] = []
    private var isBusy = false
    private var done: [CommandThread.Outcome] = []
    private var isStopping = false

    init(_ database: Database) {
        self.database = database
        mutex = .allocate(capacity: 1)
        changed = .allocate(capacity: 1)
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(changed, nil)
    }

    deinit {
        pthread_mutex_destroy(mutex)
        pthread_cond_destroy(changed)
        mutex.deallocate()
        changed.deallocate()
    }

    private func locked<R>(_ body: () -> R) -> R {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return body()
    }

    func add(_ command: Document, limit: Int) {
        locked {
            while waiting.count + (isBusy ? 1 : 0) >= limit { pthread_cond_wait(changed, mutex) }
            waiting.append(command)
            pthread_cond_broadcast(changed)
        }
    }

    func take(waiting wait: Bool) -> CommandThread.Outcome? {
        locked {
            while wait && done.isEmpty && (isBusy || !waiting.isEmpty) { pthread_cond_wait(changed, mutex) }
            return done.isEmpty ? nil : done.removeFirst()
        }
    }

    /// Drops what has not begun.
    func stop() {
        locked {
            isStopping = true
            waiting.removeAll()
            pthread_cond_broadcast(changed)
        }
    }

    /// The thread's loop.
    func work() {
        while let command = next() {
            let reply = Result { try database.run(command) }
            locked {
                isBusy = false
                done.append(CommandThread.Outcome(command: command, reply: reply))
                pthread_cond_broadcast(changed)
            }
        }
    }

    private func next() -> Document? {
        locked {
            while waiting.isEmpty && !isStopping { pthread_cond_wait(changed, mutex) }
            if isStopping { return nil }
            isBusy = true
            return waiting.removeFirst()
        }
    }
}
