/// How a caller watches over long mining: asked now and then, from the threads that mine.
public struct MiningMonitor: Sendable {
    /// Throws where the work shall end; the error reaches the caller.
    let check: @Sendable () throws -> Void
    /// Told how many of the first items are done.
    let report: @Sendable (_ done: Int, _ total: Int) -> Void

    public init(
        check: @escaping @Sendable () throws -> Void = {},
        report: @escaping @Sendable (_ done: Int, _ total: Int) -> Void = { _, _ in }
    ) {
        self.check = check
        self.report = report
    }
}
