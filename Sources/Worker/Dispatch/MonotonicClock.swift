import Glibc

/// Time that only goes forward, for intervals.
enum MonotonicClock {
    /// Seconds since some point in the past.
    static var seconds: Double {
        var now = timespec()
        clock_gettime(CLOCK_MONOTONIC, &now)
        return Double(now.tv_sec) + Double(now.tv_nsec) / 1e9
    }
}
