import Glibc

/// What is left to tidy up when somebody presses Ctrl-C, or the program is told to end: files and folders that go with it.
enum Interruption {
    /// Names of files and folders. Invariant: only the main thread changes it, a slot at a time; the handler, which may run at
    /// any moment, reads slots, and no name is freed while a slot has it.
    nonisolated(unsafe) private static let slots: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?> = {
        let slots = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>.allocate(capacity: capacity)
        slots.initialize(repeating: nil, count: capacity)
        return slots
    }()
    private static let capacity = 256
    private static let signals = [SIGINT, SIGTERM, SIGHUP]

    /// Removes a file, or a folder that is then empty, at an interruption; what was named first goes last.
    static func removeOnExit(_ path: String) {
        guard let slot = (0..<capacity).first(where: { slots[$0] == nil }) else { return }
        slots[slot] = strdup(path)
        for number in signals {
            signal(number) { number in
                for slot in (0..<Interruption.capacity).reversed() {
                    guard let path = Interruption.slots[slot] else { continue }
                    if unlink(path) != 0 { rmdir(path) }
                }
                signal(number, SIG_DFL)
                raise(number)
            }
        }
    }

    /// Leaves it where it is from now on.
    static func keep(_ path: String) {
        for slot in 0..<capacity {
            guard let name = slots[slot], strcmp(name, path) == 0 else { continue }
            slots[slot] = nil
            free(name)
        }
        guard (0..<capacity).allSatisfy({ slots[$0] == nil }) else { return }
        for number in signals { signal(number, SIG_DFL) }
    }
}
