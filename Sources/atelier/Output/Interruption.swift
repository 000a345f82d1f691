import Glibc
import Synchronization

/// What is left to tidy up when somebody presses Ctrl-C, or the program is told to end: files and folders that go with it, and a
/// process that works for it.
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

    /// The process that works for this one; 0 for none.
    private static let helper = Atomic<pid_t>(0)

    /// Ends a process with this one; nil when it is over.
    static func endOnExit(_ process: pid_t?) {
        helper.store(process ?? 0, ordering: .sequentiallyConsistent)
        if process != nil { handle() } else { letGo() }
    }

    /// Removes a file, or a folder that is then empty, at an interruption; what was named first goes last.
    static func removeOnExit(_ path: String) {
        guard let slot = (0..<capacity).first(where: { slots[$0] == nil }) else { return }
        slots[slot] = strdup(path)
        handle()
    }

    /// Leaves it where it is from now on.
    static func keep(_ path: String) {
        for slot in 0..<capacity {
            guard let name = slots[slot], strcmp(name, path) == 0 else { continue }
            slots[slot] = nil
            free(name)
        }
        letGo()
    }

    private static func handle() {
        // Made before a handler needs it.
        _ = helper.load(ordering: .relaxed)
        for number in signals {
            signal(number) { number in
                let helper = Interruption.helper.load(ordering: .sequentiallyConsistent)
                if helper != 0 { kill(helper, SIGKILL) }
                for slot in (0..<Interruption.capacity).reversed() {
                    guard let path = Interruption.slots[slot] else { continue }
                    if unlink(path) != 0 { rmdir(path) }
                }
                signal(number, SIG_DFL)
                raise(number)
            }
        }
    }

    /// Signals do what they always do, once there is nothing to tidy up.
    private static func letGo() {
        guard (0..<capacity).allSatisfy({ slots[$0] == nil }), helper.load(ordering: .sequentiallyConsistent) == 0
        else {
            return
        }
        for number in signals { signal(number, SIG_DFL) }
    }
}
