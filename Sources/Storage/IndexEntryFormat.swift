import BSON
import CLMDB

/// How an index's entries lie in LMDB.
///
/// | index | key | value |
/// |---|---|---|
/// | unique | key bytes | record id |
/// | other | key bytes, record id | – |
/// | any, key cut | 503 key bytes, record id | 1 |
///
/// Record ids are 8 bytes, big-endian. A whole key in a unique index is at most 503 bytes long, hence never taken for
/// a cut one, which has 511.
enum IndexEntryFormat {
    @inline(__always)
    static func recordId(uniqueValue value: MDB_val) -> RecordId {
        UInt64(bigEndian: value.mv_data.loadUnaligned(as: UInt64.self))
    }

    @inline(__always)
    static func recordId(atEndOf key: MDB_val) -> RecordId {
        UInt64(bigEndian: key.mv_data.loadUnaligned(fromByteOffset: key.mv_size - 8, as: UInt64.self))
    }

    /// Shows an index entry's key and value as LMDB has them.
    @inline(__always)
    static func withEntry<R>(
        _ key: UnsafeRawBufferPointer, _ id: RecordId, isUnique: Bool, isTruncated: Bool,
        _ body: (inout MDB_val, MDB_val) throws -> R
    ) throws -> R {
        var number = id.bigEndian
        return try withUnsafeMutableBytes(of: &number) { number in
            if isUnique && !isTruncated {
                var entry = MDB_val(mv_size: key.count, mv_data: UnsafeMutableRawPointer(mutating: key.baseAddress))
                return try body(&entry, MDB_val(mv_size: 8, mv_data: number.baseAddress))
            }
            return try withUnsafeTemporaryAllocation(byteCount: IndexKeyBuffer.maximumLength + 8, alignment: 8) {
                space in
                space.copyMemory(from: key)
                (space.baseAddress! + key.count).copyMemory(from: number.baseAddress!, byteCount: 8)
                var entry = MDB_val(mv_size: key.count + 8, mv_data: space.baseAddress)
                var flag: UInt8 = 1
                return try withUnsafeMutableBytes(of: &flag) {
                    try body(&entry, MDB_val(mv_size: isTruncated ? 1 : 0, mv_data: $0.baseAddress))
                }
            }
        }
    }
}
