import BSON
import CLMDB

/// Walks the records of a collection in the order of their ids, which is that of their insertion.
///
/// A step allocates nothing and counts no references. Begins before the first record: `next()` goes to the first,
/// `previous()` to the last. When a move has returned false, only a seek, `first()` or `last()` leads on. Belongs to
/// its reader's thread.
public final class RecordCursor {
    private let reader: StorageReader
    private let isOver: UnsafeMutablePointer<Bool>
    private let cursor: OpaquePointer
    @usableFromInline let place: UnsafeMutablePointer<Place>

    @usableFromInline
    struct Place {
        @usableFromInline var key = MDB_val()
        @usableFromInline var value = MDB_val()
        /// The page that the value at hand lies in.
        @usableFromInline var page: UInt = 0
        @usableFromInline var isOpen = true
        /// The last move led nowhere: only a seek leads on.
        @usableFromInline var isExhausted = false
    }

    init(_ reader: StorageReader, _ collection: CollectionEntry) throws {
        var handle: OpaquePointer?
        let code = try mdb_cursor_open(reader.txn, reader.handle(of: collection), &handle)
        try reader.core.check(code, "open a cursor")
        self.reader = reader
        isOver = reader.isOver
        cursor = handle!
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

    /// Goes to the next record; false past the last one.
    public func next() throws -> Bool {
        guard try !place.pointee.isExhausted && move(MDB_NEXT) else { return false }
        readAhead()
        return true
    }

    /// Goes to the record before; false before the first one.
    public func previous() throws -> Bool { try !place.pointee.isExhausted && move(MDB_PREV) }

    /// Goes to the record with this id or the first one after it; false where there is none.
    public func seek(to id: RecordId) throws -> Bool {
        var id = id
        return try withUnsafeMutableBytes(of: &id) { bytes in
            place.pointee.key = MDB_val(mv_size: 8, mv_data: bytes.baseAddress)
            return try move(MDB_SET_RANGE)
        }
    }

    /// Goes to the first record; false where there is none.
    public func first() throws -> Bool { try move(MDB_FIRST) }

    /// Goes to the last record; false where there is none.
    public func last() throws -> Bool { try move(MDB_LAST) }

    /// Writes the documents of the records after this one into the buffer, and goes to the last of them.
    ///
    /// - Returns: how many there were: fewer than the buffer holds only at the end.
    public func next(into documents: UnsafeMutableBufferPointer<DocumentView>) throws -> Int {
        var count = 0
        while count < documents.count, try next() {
            documents[count] = document
            count += 1
        }
        return count
    }

    /// The id of the record the cursor stands at.
    public var recordId: RecordId { place.pointee.key.mv_data.loadUnaligned(as: UInt64.self) }

    /// The document of the record the cursor stands at.
    @inlinable @inline(__always)
    public var document: DocumentView {
        DocumentView(
            base: UnsafeRawPointer(place.pointee.value.mv_data.unsafelyUnwrapped), length: place.pointee.value.mv_size)
    }

    /// Asks for all of a page's memory when it is entered, so that its records are waited for once and not one by one; and
    /// for the ends of the one behind it, where in a collection filled in order the next records often begin.
    @inline(__always)
    private func readAhead() {
        let page = UInt(bitPattern: place.pointee.value.mv_data) & ~4095
        if page == place.pointee.page { return }
        place.pointee.page = page
        atelier_prefetch(UnsafeRawPointer(bitPattern: page), 4096)
        atelier_prefetch(UnsafeRawPointer(bitPattern: page + 4096), 64)
        atelier_prefetch(UnsafeRawPointer(bitPattern: page + 8192 - 768), 768)
    }

    @inline(__always)
    private func move(_ operation: MDB_cursor_op) throws -> Bool {
        precondition(place.pointee.isOpen && !isOver.pointee, "the cursor or its snapshot has been closed")
        let code = mdb_cursor_get(cursor, &place.pointee.key, &place.pointee.value, operation)
        if code == MDB_SUCCESS {
            place.pointee.isExhausted = false
            return true
        }
        place.pointee.isExhausted = true
        if code == MDB_NOTFOUND { return false }
        throw AtelierError.storage(code, cannot: "read records", at: reader.core.path)
    }
}
