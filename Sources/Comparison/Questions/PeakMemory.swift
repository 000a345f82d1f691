import Glibc

/// How far the resident memory of processes on this machine rises, by the kernel's high-water mark.
///
/// Source: proc(5), `/proc/PID/clear_refs` and `VmHWM` in `/proc/PID/status`.
struct PeakMemory {
    private let processes: [Int]
    private let before: Int64

    /// Starts to watch; nil where there is nothing to watch, or it may not be watched.
    init?(of processes: [Int]) {
        guard !processes.isEmpty else { return nil }
        for process in processes {
            guard let file = fopen("/proc/\(process)/clear_refs", "w") else { return nil }
            let isReset = fputs("5", file) >= 0 && fflush(file) == 0
            fclose(file)
            guard isReset else { return nil }
        }
        guard let before = PeakMemory.sum("VmRSS", processes) else { return nil }
        self.processes = processes
        self.before = before
    }

    /// Bytes between the memory at the start and the most there was since.
    func rise() -> Int64? { PeakMemory.sum("VmHWM", processes).map { max($0 - before, 0) } }

    private static func sum(_ field: String, _ processes: [Int]) -> Int64? {
        var sum: Int64 = 0
        for process in processes {
            guard let size = size(field, process) else { return nil }
            sum += size
        }
        return sum
    }

    /// A field of `/proc/PID/status`, which counts in kB.
    private static func size(_ field: String, _ process: Int) -> Int64? {
        guard let file = fopen("/proc/\(process)/status", "r") else { return nil }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 256)
        while fgets(&line, Int32(line.count), file) != nil {
            let text = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            guard text.hasPrefix(field + ":") else { continue }
            let digits = text.dropFirst(field.count + 1).drop { $0 == " " || $0 == "\t" }.prefix { $0.isNumber }
            return Int64(digits).map { $0 * 1024 }
        }
        return nil
    }
}
