/// Where an arena that holds much takes more memory from: a file that the system may write it out to, or nowhere.
public protocol ArenaOverflow: AnyObject, Sendable {
    /// How many bytes an arena takes from ordinary memory before.
    var threshold: Int { get }

    /// Memory of this many bytes, aligned to 16; the error says why there is none.
    func allocate(_ byteCount: Int) -> Result<UnsafeMutableRawPointer, AtelierError>

    /// Takes back what `allocate` gave.
    func deallocate(_ base: UnsafeMutableRawPointer, _ byteCount: Int)
}
