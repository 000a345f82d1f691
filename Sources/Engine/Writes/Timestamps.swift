import Synchronization

/// The timestamps that the server fills in: seconds, and a count within the second. Growing within the process.
enum Timestamps {
    private static let last = Mutex<UInt64>(0)

    static func next() -> UInt64 {
        let now = UInt64(Clock.milliseconds() / 1000) << 32 | 1
        return last.withLock { last in
            last = max(now, last + 1)
            return last
        }
    }
}
