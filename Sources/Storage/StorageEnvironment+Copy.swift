import BSON
import CLMDB
import Glibc

extension StorageEnvironment {
    /// Writes a copy of the store as it is now, while others go on reading and writing.
    ///
    /// The copy is complete and on disk when this returns; on failure no file is left. Mode 0600.
    /// - Parameters:
    ///   - target: a path where there is no file yet.
    ///   - compact: leave out free pages and put the others in order, which takes longer.
    public func copy(to target: String, compact: Bool = false) throws {
        try use()
        defer { CoreRegistry.release(core) }
        let descriptor = Glibc.open(target, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        if descriptor < 0 { throw AtelierError.storage(errno, cannot: "write a copy of the store", at: target) }
        var code = mdb_env_copyfd2(core.env, descriptor, compact ? UInt32(MDB_CP_COMPACT) : 0)
        if code == MDB_SUCCESS && fsync(descriptor) != 0 { code = errno }
        if Glibc.close(descriptor) != 0 && code == MDB_SUCCESS { code = errno }
        if code != MDB_SUCCESS {
            unlink(target)
            throw AtelierError.storage(code, cannot: "write a copy of the store", at: target)
        }
        EnvironmentCore.syncDirectory(of: target)
    }
}
