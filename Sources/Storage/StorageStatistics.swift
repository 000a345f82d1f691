import BSON
import CLMDB
import Glibc

/// Sizes of a store.
public struct StorageStatistics: Sendable {
    /// Bytes.
    public let pageSize: Int
    /// Pages that hold the current state or that a snapshot may still need.
    public let usedPages: Int
    /// Pages inside the file that later writes will use; `copy(to:compact:)` leaves them out.
    public let freePages: Int
    /// Bytes of address space reserved: the largest size the store can grow to in this process.
    public let mapSize: Int
    /// Bytes.
    public let fileSize: Int
    /// The last committed transaction.
    public let transactionId: UInt64
    /// Snapshots' slots in use, of all processes.
    public let readers: Int
    public let maximumReaders: Int
}

extension StorageEnvironment {
    /// Sizes of the store. O(free pages / 500).
    public func statistics() throws -> StorageStatistics {
        try read { snapshot in
            var info = MDB_envinfo()
            mdb_env_info(core.env, &info)
            var sizes = MDB_stat()
            mdb_env_stat(core.env, &sizes)
            var descriptor: Int32 = -1
            try core.check(mdb_env_get_fd(core.env, &descriptor), "read statistics")
            var status = stat()
            if fstat(descriptor, &status) != 0 {
                throw AtelierError.storage(errno, cannot: "read statistics", at: path)
            }
            let free = try freePages(snapshot)
            return StorageStatistics(
                pageSize: Int(sizes.ms_psize), usedPages: info.me_last_pgno + 1 - free, freePages: free,
                mapSize: info.me_mapsize, fileSize: status.st_size, transactionId: snapshot.transactionId,
                readers: Int(info.me_numreaders), maximumReaders: Int(info.me_maxreaders))
        }
    }

    /// Adds up LMDB's own lists, whose first word is their length.
    private func freePages(_ snapshot: Snapshot) throws -> Int {
        var cursor: OpaquePointer?
        try core.check(mdb_cursor_open(snapshot.txn, EnvironmentCore.Handle.free, &cursor), "read statistics")
        defer { mdb_cursor_close(cursor) }
        var (key, value) = (MDB_val(), MDB_val())
        var total = 0
        while true {
            let code = mdb_cursor_get(cursor, &key, &value, MDB_NEXT)
            if code == MDB_NOTFOUND { return total }
            try core.check(code, "read statistics")
            if value.mv_size >= 8 { total += Int(value.mv_data.loadUnaligned(as: UInt64.self)) }
        }
    }
}
