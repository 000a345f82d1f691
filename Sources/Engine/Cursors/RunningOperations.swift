import BSON
import QueryLanguage
import Synchronization

/// The commands that run now in a session each, so that `killSessions` finds them. Thread-safe.
final class RunningOperations: Sendable {
    /// One command from its beginning to its reply.
    final class Operation: Sendable {
        let session: [UInt8]
        private let state = Mutex<(isKilled: Bool, interrupts: [Interrupt])>((false, []))

        fileprivate init(_ session: [UInt8]) { self.session = session }

        /// Lets `kill` stop what looks at this interrupt, were it to come before this.
        func add(_ interrupt: Interrupt) {
            let isKilled = state.withLock { state in
                state.interrupts.append(interrupt)
                return state.isKilled
            }
            if isKilled { interrupt.cancel() }
        }

        fileprivate func kill() {
            let interrupts = state.withLock { state in
                state.isKilled = true
                return state.interrupts
            }
            for interrupt in interrupts { interrupt.cancel() }
        }
    }

    private let operations = Mutex<[ObjectIdentifier: Operation]>([:])

    /// Runs a command's work as an operation of a session.
    func running<R>(in session: [UInt8], _ body: (Operation) throws -> R) rethrows -> R {
        let operation = Operation(session)
        operations.withLock { $0[ObjectIdentifier(operation)] = operation }
        defer { operations.withLock { $0[ObjectIdentifier(operation)] = nil } }
        return try body(operation)
    }

    /// Stops what the sessions do; all sessions for nil.
    func kill(_ sessions: Set<[UInt8]>?) {
        let found = operations.withLock { operations in
            operations.values.filter { sessions?.contains($0.session) ?? true }
        }
        for operation in found { operation.kill() }
    }
}
