import BSON
import CLMDB

/// Walks the keys of an index in their order; equal keys in the order of their record ids.
///
/// Begins before the first key: `next()` goes to the first, `previous()` to the last. When a move has returned false,
/// only a seek, `first()` or `last()` leads on. Belongs to its reader's thread.
public final class IndexCursor {
    private let reader: StorageReader
    private let isOver: UnsafeMutablePointer<Bool>
    private let cursor: OpaquePointer
    private let isUnique: Bool
    @usableFromInline let place: UnsafeMutablePointer<Place>

    @usableFromInline
    struct Place {
        @usableFromInline var key: UnsafeRawPointer?
        @usableFromInline var keyLength = 0
        @usableFromInline var recordId: RecordId = 0
        @usableFromInline var isTruncated = false
        @usableFromInline var isOpen = true
        /// The last move led nowhere: only a seek leads on.
        @usableFromInline var isExhausted = false
    }

    convenience init(_ reader: StorageReader, _ index: IndexEntry) throws {
        try self.init(reader, reader.handle(of: index), isUnique: index.isUnique)
    }

    init(_ reader: StorageReader, _ database: MDB_dbi, isUnique: Bool) throws {
        var handle: OpaquePointer?
        try reader.core.check(mdb_cursor_open(reader.txn, database, &handle), "open a cursor")
        self.reader = reader
        isOver = reader.isOver
        cursor = handle!
        self.isUnique = isUnique
        place = .allocate(capacity: 1)
        place.initialize(to: Place())
    }

    deinit {
        close()
        place.deallocate()
    }

    /// Releases the cursor. Idempotent.
    public func close() {
        if !place.pointee.isOpen { return }
        place.pointee.isOpen = false
        if !(reader.releasesCursors && reader.isOver.pointee) { mdb_cursor_close(cursor) }
    }

    // MARK: Moving

    /// Goes to the next key; false past the last one.
    public func next() throws -> Bool { try !place.pointee.isExhausted && move(MDB_NEXT, MDB_val()) }

    /// Goes to the key before; false before the first one.
    public func previous() throws -> Bool { try !place.pointee.isExhausted && move(MDB_PREV, MDB_val()) }

    /// Goes to the first key; false where there is none.
    public func first() throws -> Bool { try move(MDB_FIRST, MDB_val()) }

    /// Goes to the last key; false where there is none.
    public func last() throws -> Bool { try move(MDB_LAST, MDB_val()) }

    /// Goes to the first key that is at least `bound`; false where there is none.
    ///
    /// A bound longer than `IndexKeyBuffer.maximumLength` counts as its beginning, so that no truncated key that may
    /// lie behind it is skipped.
    public func seek(to bound: UnsafeRawBufferPointer) throws -> Bool {
        if bound.isEmpty { return try first() }
        let length = min(bound.count, IndexKeyBuffer.maximumLength)
        return try move(
            MDB_SET_RANGE, MDB_val(mv_size: length, mv_data: UnsafeMutableRawPointer(mutating: bound.baseAddress)))
    }

    /// Goes to the last key that is less than `bound` (every key is less than an empty one); false where there is none.
    public func seek(before bound: UnsafeRawBufferPointer) throws -> Bool {
        if bound.isEmpty { return try last() }
        let maximum = IndexKeyBuffer.maximumLength
        let found =
            if bound.count <= maximum {
                try move(
                    MDB_SET_RANGE,
                    MDB_val(mv_size: bound.count, mv_data: UnsafeMutableRawPointer(mutating: bound.baseAddress)))
            } else {
                // Keys cut to the bound's beginning are less than it, whatever their record ids.
                try withUnsafeTemporaryAllocation(byteCount: maximum + 8, alignment: 8) { padded in
                    padded.copyMemory(from: UnsafeRawBufferPointer(rebasing: bound[..<maximum]))
                    for i in maximum..<maximum + 8 { padded[i] = 0xFF }
                    return try move(MDB_SET_RANGE, MDB_val(mv_size: padded.count, mv_data: padded.baseAddress))
                }
            }
        return found ? try previous() : try last()
    }

    // MARK: Where it stands

    /// The key without the record id.
    @inlinable @inline(__always)
    public var key: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: place.pointee.key, count: place.pointee.keyLength)
    }

    /// The record the key belongs to.
    @inlinable @inline(__always)
    public var recordId: RecordId { place.pointee.recordId }

    /// Whether the key is only the beginning of the real one.
    @inlinable @inline(__always)
    public var isTruncated: Bool { place.pointee.isTruncated }

    /// Whether the key is less than a bound; every key is less than an empty one.
    ///
    /// True as well for a truncated key of which only the cut part could decide: the document must be rechecked.
    @inlinable
    public func isBefore(_ bound: UnsafeRawBufferPointer) -> Bool { bound.isEmpty || compareBytes(key, bound) < 0 }

    @inline(__always)
    private func move(_ operation: MDB_cursor_op, _ target: MDB_val) throws -> Bool {
        precondition(place.pointee.isOpen && !isOver.pointee, "the cursor or its snapshot has been closed")
        var key = target
        var value = MDB_val()
        let code = mdb_cursor_get(cursor, &key, &value, operation)
        if code != MDB_SUCCESS {
            place.pointee.isExhausted = true
            if code == MDB_NOTFOUND { return false }
            throw AtelierError.storage(code, cannot: "read an index", at: reader.core.path)
        }
        place.pointee.isExhausted = false
        guard key.mv_size >= 8 || (isUnique && value.mv_size == 8) else {
            throw AtelierError(
                .internalError, "cannot read an index: an entry has no record id", at: reader.core.path,
                advice: "Run `atelier check`, then drop the index and create it again.")
        }
        place.pointee.key = UnsafeRawPointer(key.mv_data)
        if isUnique && value.mv_size == 8 {
            place.pointee.keyLength = key.mv_size
            place.pointee.recordId = IndexEntryFormat.recordId(uniqueValue: value)
            place.pointee.isTruncated = false
        } else {
            place.pointee.keyLength = key.mv_size - 8
            place.pointee.recordId = IndexEntryFormat.recordId(atEndOf: key)
            place.pointee.isTruncated = value.mv_size != 0
        }
        return true
    }
}
