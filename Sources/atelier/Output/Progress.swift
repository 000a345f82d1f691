import Glibc
import Platform
import Synchronization

/// Says on standard error that work goes on, once it has taken a second and if somebody is there to read it.
///
/// `advance(to:)` may be called as often as one likes; a thread of its own does the printing.
final class Progress: Sendable {
    private let label: String
    private let unit: String
    private let count = Atomic<Int>(0)
    private let part = Mutex("")
    private let isOver = Atomic<Bool>(false)
    private let started = Progress.now()
    private let isShown: Bool

    /// - Parameters:
    ///   - label: what is being done, such as `Loading orders.csv`.
    ///   - unit: what is counted, in the plural; with nothing counted only the time is shown.
    init(_ label: String, counting unit: String = "rows", isQuiet: Bool) {
        self.label = label
        self.unit = unit
        isShown = !isQuiet && Terminal.isTerminal(STDERR_FILENO)
        if isShown { try? PosixThread { [self] in printUntilOver() }.detach() }
    }

    /// How many are done so far, and of what where the work has parts.
    func advance(to count: Int, of part: String? = nil) {
        self.count.store(count, ordering: .relaxed)
        if isShown, let part { self.part.withLock { $0 = part } }
    }

    /// Seconds since the start.
    var seconds: Double { Progress.now() - started }

    /// Ends the work and clears the line. Idempotent.
    func finish() {
        guard !isOver.exchange(true, ordering: .acquiringAndReleasing), isShown, seconds >= 1 else { return }
        Progress.print("\r\u{1B}[2K")
    }

    /// `84,000 rows/s`, for a count that took so long.
    static func rate(_ count: Int, _ seconds: Double, unit: String = "rows") -> String {
        "\(grouped(Int(Double(count) / max(seconds, 0.001)))) \(unit)/s"
    }

    static func grouped(_ number: Int) -> String {
        let digits = String(number)
        var result = ""
        for (index, digit) in digits.enumerated() {
            if index > 0 && (digits.count - index) % 3 == 0 { result.append(",") }
            result.append(digit)
        }
        return result
    }

    /// `6.2 s`, to a tenth.
    static func duration(_ seconds: Double) -> String {
        let tenths = Int((seconds * 10).rounded())
        return "\(tenths / 10).\(tenths % 10) s"
    }

    private func printUntilOver() {
        while true {
            usleep(250_000)
            if isOver.load(ordering: .acquiring) { return }
            guard seconds >= 1 else { continue }
            let done = count.load(ordering: .relaxed)
            let counted =
                done == 0 ? "" : ", \(Progress.grouped(done)) \(unit), \(Progress.rate(done, seconds, unit: unit))"
            let part = part.withLock { $0.isEmpty ? "" : ", \($0)" }
            Progress.print("\r\u{1B}[2K\(label) … \(Progress.duration(seconds))\(part)\(counted)")
        }
    }

    private static func print(_ text: String) {
        var text = text
        text.withUTF8 { bytes in _ = write(STDERR_FILENO, bytes.baseAddress, bytes.count) }
    }

    private static func now() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}
