import Glibc

/// How much memory this process may count on.
public enum MachineMemory {
    /// Bytes: the machine's memory, or less where the process lives in a control group with a limit, as in a container.
    public static let bytes: Int = {
        let installed = sysconf(Int32(_SC_PHYS_PAGES)) * sysconf(Int32(_SC_PAGESIZE))
        return min(installed, limit(inFile: "/sys/fs/cgroup/memory.max") ?? installed)
    }()

    /// The number in a file; nil where there is none, as where it says `max`.
    ///
    /// Source: Linux kernel documentation, "Control Group v2", memory.max.
    static func limit(inFile path: String) -> Int? {
        guard let file = fopen(path, "r") else { return nil }
        defer { fclose(file) }
        var buffer = [CChar](repeating: 0, count: 64)
        guard fgets(&buffer, Int32(buffer.count), file) != nil else { return nil }
        let digits = buffer.prefix { 48...57 ~= $0 }.map { UInt8(bitPattern: $0) }
        return Int(String(decoding: digits, as: UTF8.self))
    }
}
