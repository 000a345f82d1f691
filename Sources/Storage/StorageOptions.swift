import BSON

/// When a write counts as done.
public enum Durability: String, Sendable {
    /// When it has reached the disk: an acknowledged write survives a crash of the machine.
    case synced
    /// When the operating system has it: it survives a crash of the process. A crash of the machine may lose it, and
    /// may damage the store where the disk reorders writes.
    case relaxed
}

/// How to open a store.
public struct StorageOptions: Sendable {
    public var durability: Durability
    public var isReadOnly: Bool
    /// Makes the key sources of index types that storage does not know. Of several environments of one file in a
    /// process, the first one's counts.
    public var keySourceProvider: IndexKeySourceProvider?

    public init(
        durability: Durability = .synced, isReadOnly: Bool = false, keySourceProvider: IndexKeySourceProvider? = nil
    ) {
        self.durability = durability
        self.isReadOnly = isReadOnly
        self.keySourceProvider = keySourceProvider
    }
}
