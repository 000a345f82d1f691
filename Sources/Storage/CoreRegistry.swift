import Synchronization

/// What makes a file the same file, whatever its name.
struct FileIdentity: Hashable, Sendable {
    let device: UInt64
    let inode: UInt64
}

/// Every store this process has open, one core per file.
enum CoreRegistry {
    private static let lock = Lock()
    nonisolated(unsafe) private static var cores: [FileIdentity: EnvironmentCore] = [:]  // Guarded by `lock`.

    /// Runs one opening at a time: `find` says which core serves the file, or makes it.
    static func attach(_ find: ((FileIdentity) -> EnvironmentCore?) throws -> EnvironmentCore) throws -> EnvironmentCore
    {
        try lock.withLock {
            let core = try find { cores[$0] }
            cores[core.identity] = core
            core.users += 1
            return core
        }
    }

    /// One more user of a core that has users. False where the core is no longer open.
    static func retain(_ core: EnvironmentCore) {
        lock.withLock { core.users += 1 }
    }

    /// One user less; the last one closes the file.
    static func release(_ core: EnvironmentCore) {
        lock.withLock {
            core.users -= 1
            if core.users == 0 {
                cores[core.identity] = nil
                core.shutDown()
            }
        }
    }
}
