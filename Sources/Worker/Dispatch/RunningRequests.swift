import BSON

/// The requests that were accepted and are not answered yet: found by id to be cancelled, attended to while they run.
final class RunningRequests: Sendable {
    /// A request from its acceptance to its reply.
    final class Entry: Sendable {
        let id: RequestID?
        let cancellation = Cancellation()

        init(id: RequestID?) { self.id = id }
    }

    private struct State {
        var entries: [ObjectIdentifier: Entry] = [:]
        var progress: [ObjectIdentifier: Progress] = [:]
        /// Something changed that `attend` has not seen yet.
        var needsLook = false
        var isClosed = false
    }

    private let state = Monitor(State())

    var count: Int { state.update { $0.entries.count } }

    func add(_ entry: Entry) { state.update { $0.entries[ObjectIdentifier(entry)] = entry } }

    func watch(_ progress: Progress, of entry: Entry) {
        state.update { state in
            state.progress[ObjectIdentifier(entry)] = progress
            state.needsLook = true
        }
    }

    func remove(_ entry: Entry) {
        state.update { state in
            state.entries[ObjectIdentifier(entry)] = nil
            state.progress[ObjectIdentifier(entry)] = nil
        }
    }

    /// Cancels the requests with this id; how many there were.
    func cancel(_ id: RequestID) -> Int {
        state.update { state in
            let found = state.entries.values.filter { $0.id == id }
            for entry in found { entry.cancellation.cancel() }
            if !found.isEmpty { state.needsLook = true }
            return found.count
        }
    }

    func cancelAll() {
        state.update { state in
            for entry in state.entries.values { entry.cancellation.cancel() }
            state.needsLook = true
        }
    }

    /// Ends `attend`.
    func close() { state.update { $0.isClosed = true } }

    /// Until `close`: interrupts what was cancelled, lets long work tell of its progress, and calls `tick` now and then.
    ///
    /// - Parameters:
    ///   - interval: seconds between two looks at requests that need attention.
    ///   - idle: seconds between two ticks when none does.
    func attend(interval: Double, idle: Double, tick: () -> Void) {
        while true {
            let isClosed = state.wait(seconds: state.update { needsAttention($0) } ? interval : idle) {
                state -> Bool? in
                if state.isClosed { return true }
                if !state.needsLook { return nil }
                state.needsLook = false
                return false
            }
            if isClosed == true { return }
            let (entries, progress) = state.update { (Array($0.entries.values), Array($0.progress.values)) }
            for entry in entries { entry.cancellation.interruptIfCancelled() }
            for progress in progress { progress.beat() }
            tick()
        }
    }

    private func needsAttention(_ state: State) -> Bool {
        !state.progress.isEmpty || state.entries.values.contains { $0.cancellation.isCancelled }
    }
}
