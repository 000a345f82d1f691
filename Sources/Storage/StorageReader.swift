import BSON
import CLMDB

/// What can be read in a transaction: the common part of `Snapshot` and `WriteTransaction`.
///
/// Views of documents and keys point into the store's pages. They are valid while the snapshot is open, or until the
/// write transaction's next change. One thread at a time.
public class StorageReader {
    let core: EnvironmentCore
    let txn: OpaquePointer
    /// What collections and indexes there are.
    public internal(set) var catalog: Catalog { didSet { vouched = nil } }
    /// The collection or index found in the catalog last, so that a loop over one is not slowed by asking again.
    @exclusivity(unchecked) private var vouched: ObjectIdentifier?
    /// Whether the snapshot has been closed or the write transaction has ended. Cursors look at it before every move.
    let isOver: UnsafeMutablePointer<Bool>

    init(core: EnvironmentCore, txn: OpaquePointer, catalog: Catalog) {
        self.core = core
        self.txn = txn
        self.catalog = catalog
        isOver = .allocate(capacity: 1)
        isOver.initialize(to: false)
    }

    deinit { isOver.deallocate() }

    /// The number of the committed state that is read. Grows with every commit, of any process.
    public var transactionId: UInt64 { UInt64(mdb_txn_id(txn)) }

    /// Whether the end of the transaction releases its cursors, as LMDB does for write transactions only.
    var releasesCursors: Bool { false }

    /// Stops misuse before LMDB does something worse.
    @inline(__always)
    func requireOpen() { precondition(!isOver.pointee, "the snapshot or write transaction is over") }

    /// The handle of a collection's records.
    ///
    /// - Throws: `namespaceNotFound` (26) where the entry is from another catalog and the collection is not in this one:
    ///   its database may have been given to another.
    @inline(__always)
    func handle(of collection: CollectionEntry) throws -> MDB_dbi {
        requireOpen()
        if vouched != ObjectIdentifier(collection) { try vouch(for: collection) }
        return EnvironmentCore.Handle.slot(collection.slot)
    }

    /// The handle of an index.
    @inline(__always)
    func handle(of index: IndexEntry) throws -> MDB_dbi {
        requireOpen()
        if vouched != ObjectIdentifier(index) { try vouch(for: index) }
        return EnvironmentCore.Handle.slot(index.slot)
    }

    private func vouch(for collection: CollectionEntry) throws {
        guard let known = catalog[collection.number], known.slot == collection.slot else {
            throw AtelierError(
                .namespaceNotFound, "ns not found: the collection is not in this snapshot",
                at: "\(collection.namespace)")
        }
        // Only an entry that the catalog itself holds lives as long as the catalog.
        if known === collection { vouched = ObjectIdentifier(collection) }
    }

    private func vouch(for index: IndexEntry) throws {
        guard let known = catalog[index.collection]?.indexes.first(where: { $0.number == index.number }),
            known.slot == index.slot
        else { throw AtelierError(.indexNotFound, "index not found: it is not in this snapshot", at: index.name) }
        if known === index { vouched = ObjectIdentifier(index) }
    }

    // MARK: Records

    /// The document with this record id, if there is one. O(log n).
    public func record(_ id: RecordId, in collection: CollectionEntry) throws -> DocumentView? {
        let handle = try handle(of: collection)
        var id = id
        var value = MDB_val()
        let code = withUnsafeMutableBytes(of: &id) { bytes in
            var key = MDB_val(mv_size: 8, mv_data: bytes.baseAddress)
            return mdb_get(txn, handle, &key, &value)
        }
        if code == MDB_NOTFOUND { return nil }
        try core.check(code, "read a record")
        return DocumentView(base: UnsafeRawPointer(value.mv_data), length: value.mv_size)
    }

    /// A cursor over the collection's records, before the first one.
    public func records(in collection: CollectionEntry) throws -> RecordCursor {
        try RecordCursor(self, collection)
    }

    /// How many records the collection has. O(1).
    public func count(_ collection: CollectionEntry) throws -> Int {
        Int(try statistics(handle(of: collection)).ms_entries)
    }

    /// Which state the collection is in, told apart from every other. O(log collections).
    public func state(_ collection: CollectionEntry) throws -> CollectionState {
        let stamps = try counters(of: collection).stamps
        // Before there were stamps, every commit may have changed every collection.
        let unknown = ChangeStamps(last: transactionId, lastReplacement: transactionId)
        let known = stamps ?? unknown
        return CollectionState(
            uuid: collection.uuid, opening: core.openingStamp, last: known.last,
            lastReplacement: known.lastReplacement, count: try count(collection))
    }

    /// Bytes of all documents of the collection. O(1).
    public func dataSize(_ collection: CollectionEntry) throws -> Int64 {
        try counters(of: collection).dataSize
    }

    /// Bytes of the pages that hold the collection's records. O(1).
    public func storageSize(_ collection: CollectionEntry) throws -> Int { try pageBytes(handle(of: collection)) }

    // MARK: Indexes

    /// How many keys the index has. O(1).
    public func count(_ index: IndexEntry) throws -> Int { Int(try statistics(handle(of: index)).ms_entries) }

    /// Bytes of the pages that hold the index. O(1).
    public func storageSize(_ index: IndexEntry) throws -> Int { try pageBytes(handle(of: index)) }

    /// A cursor over the index's keys, before the first one.
    public func keys(of index: IndexEntry) throws -> IndexCursor { try IndexCursor(self, index) }

    /// The record with exactly this key in a unique index. O(log n).
    ///
    /// - Parameter key: a whole key. A truncated one finds nothing here: use `keys(of:)` and recheck.
    public func recordId(forKey key: UnsafeRawBufferPointer, in index: IndexEntry) throws -> RecordId? {
        let handle = try handle(of: index)
        precondition(index.isUnique, "only unique indexes have one record per key")
        var entry = MDB_val(mv_size: key.count, mv_data: UnsafeMutableRawPointer(mutating: key.baseAddress))
        var value = MDB_val()
        if key.isEmpty { return nil }
        let code = mdb_get(txn, handle, &entry, &value)
        if code == MDB_NOTFOUND { return nil }
        try core.check(code, "read an index")
        return IndexEntryFormat.recordId(uniqueValue: value)
    }

    /// The record whose `_id` equals this value, if there is one. O(log n).
    public func recordId(forId id: ValueView, in collection: CollectionEntry) throws -> RecordId? {
        let buffer = core.keyBuffers.take()
        defer { core.keyBuffers.give(buffer) }
        buffer.reset()
        buffer.append(id)
        if !buffer.isTruncated { return try recordId(forKey: buffer.bytes, in: collection.idIndex) }
        let cursor = try keys(of: collection.idIndex)
        defer { cursor.close() }
        var found = try cursor.seek(to: buffer.bytes)
        while found, cursor.key.elementsEqual(buffer.bytes) {
            if cursor.isTruncated, let document = try record(cursor.recordId, in: collection),
                document.find("_id").equals(id)
            {
                return cursor.recordId
            }
            found = try cursor.next()
        }
        return nil
    }

    /// The document whose `_id` equals this value, if there is one. O(log n).
    public func record(withId id: ValueView, in collection: CollectionEntry) throws -> DocumentView? {
        guard let number = try recordId(forId: id, in: collection) else { return nil }
        return try record(number, in: collection)
    }

    // MARK: LMDB

    func counters(of collection: CollectionEntry) throws -> CollectionCounters {
        _ = try handle(of: collection)
        return try CatalogRecord.readCounters(collection.number, txn, core)
    }

    private func pageBytes(_ handle: MDB_dbi) throws -> Int {
        let statistics = try statistics(handle)
        let pages = statistics.ms_branch_pages + statistics.ms_leaf_pages + statistics.ms_overflow_pages
        return pages * Int(statistics.ms_psize)
    }

    private func statistics(_ handle: MDB_dbi) throws -> MDB_stat {
        var statistics = MDB_stat()
        try core.check(mdb_stat(txn, handle, &statistics), "read statistics")
        return statistics
    }
}
