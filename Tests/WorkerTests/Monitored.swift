import Glibc

@testable import Worker

/// State that a test's threads share and wait for.
struct Monitored<State: Sendable>: Sendable {
    private let monitor: Monitor<State>

    init(_ state: State) { monitor = Monitor(state) }

    func read<R>(_ body: (State) -> R) -> R { monitor.update { body($0) } }

    @discardableResult
    func tryWrite<R>(_ body: (inout State) throws -> R) throws -> R {
        try monitor.update { state in Result { try body(&state) } }.get()
    }

    @discardableResult
    func write<R>(_ body: (inout State) -> R) -> R { monitor.update { body(&$0) } }

    /// Waits until the condition holds, and returns the state then.
    @discardableResult
    func wait(until condition: (State) -> Bool) -> State {
        monitor.wait { condition($0) ? $0 : nil }!
    }
}
