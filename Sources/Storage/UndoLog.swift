import CLMDB
import Glibc

/// What must be done, last first, to take back the changes since a savepoint.
///
/// LMDB's nested transactions would do the same but cost megabytes and a pass over all changed pages each; a bulk
/// write takes one savepoint per document. The log remembers keys put and values replaced, and only while a savepoint
/// is open.
final class UndoLog {
    private struct Entry {
        let database: MDB_dbi
        let keyOffset: Int
        let keyLength: Int
        /// The value to restore; -1 where there was none.
        let valueLength: Int
    }

    /// How many savepoints are open.
    @exclusivity(unchecked) var depth = 0
    @exclusivity(unchecked) private var entries: [Entry] = []
    @exclusivity(unchecked) private var bytes: [UInt8] = []

    var isRecording: Bool { depth > 0 }
    var mark: Int { entries.count }

    /// A key is about to get a value, or to lose it.
    func record(_ database: MDB_dbi, key: MDB_val, old: MDB_val?) {
        let offset = bytes.count
        bytes.append(contentsOf: UnsafeRawBufferPointer(start: key.mv_data, count: key.mv_size))
        if let old { bytes.append(contentsOf: UnsafeRawBufferPointer(start: old.mv_data, count: old.mv_size)) }
        entries.append(
            Entry(
                database: database, keyOffset: offset, keyLength: key.mv_size, valueLength: old.map { $0.mv_size } ?? -1
            ))
    }

    /// Forgets what was recorded since the mark: it has been undone by other means.
    func forget(to mark: Int) {
        if entries.count == mark { return }
        entries.removeLast(entries.count - mark)
        trim()
    }

    /// Undoes everything since the mark, in databases that the filter lets through. Returns LMDB's first error.
    func rollBack(to mark: Int, _ txn: OpaquePointer, where isWanted: (MDB_dbi) -> Bool) -> Int32 {
        var result = MDB_SUCCESS
        bytes.withUnsafeMutableBytes { bytes in
            while entries.count > mark, result == MDB_SUCCESS {
                let entry = entries.removeLast()
                if !isWanted(entry.database) { continue }
                var key = MDB_val(mv_size: entry.keyLength, mv_data: bytes.baseAddress! + entry.keyOffset)
                if entry.valueLength < 0 {
                    result = mdb_del(txn, entry.database, &key, nil)
                } else {
                    var value = MDB_val(
                        mv_size: entry.valueLength, mv_data: bytes.baseAddress! + entry.keyOffset + entry.keyLength)
                    result = mdb_put(txn, entry.database, &key, &value, 0)
                }
            }
        }
        trim()
        return result
    }

    /// Forgets everything when no savepoint needs it.
    func trim() {
        if depth == 0 { entries.removeAll(keepingCapacity: true) }
        if let last = entries.last {
            bytes.removeLast(bytes.count - last.keyOffset - last.keyLength - max(0, last.valueLength))
        } else {
            bytes.removeAll(keepingCapacity: bytes.capacity < 1 << 20)
        }
    }
}
