import Synchronization

/// Numbers from 0 on that threads take in ranges, each number once.
public final class Shares: Sendable {
    private let count: Int
    private let size: Int
    private let start = Atomic<Int>(0)
    private let stopped = Atomic<Bool>(false)

    init(count: Int, size: Int) {
        self.count = count
        self.size = size
    }

    /// Whether some thread has failed, so that the others need not go on.
    public var isStopped: Bool { stopped.load(ordering: .relaxed) }

    /// The next range; nil where there are none left, or some thread has failed. A thread's ranges ascend.
    public func next() -> Range<Int>? {
        let start = start.wrappingAdd(size, ordering: .relaxed).oldValue
        return start < count && !isStopped ? start..<min(count, start + size) : nil
    }

    func stop() { stopped.store(true, ordering: .relaxed) }
}
