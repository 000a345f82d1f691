/// Key buffers for lookups, so that a point read allocates nothing.
final class KeyBufferPool: @unchecked Sendable {
    // Invariant: `idle` is guarded by `lock`; a buffer in it is used by nobody.
    private let lock = Lock()
    private var idle: [IndexKeyBuffer] = []

    func take() -> IndexKeyBuffer { lock.withLock { idle.popLast() } ?? IndexKeyBuffer() }

    func give(_ buffer: IndexKeyBuffer) { lock.withLock { if idle.count < 16 { idle.append(buffer) } } }
}
