import BSON
import CLMDB

/// A write transaction: everything that can be read, and changes that become visible together at its end.
///
/// Exists only inside `StorageEnvironment.write`. Each change of a record maintains all indexes and either happens
/// whole or not at all, so a closure may catch the error of one document and go on with the next. `savepoint` does the
/// same for several changes together.
public final class WriteTransaction: StorageReader {
    /// The catalog's changes, kept in memory until the commit.
    struct Draft {
        var slotCount: Int
        var allocation: SlotAllocation
        var changed: Set<ObjectNumber> = []
        var removed: Set<ObjectNumber> = []
        /// Databases of dropped collections and indexes, to be emptied at the commit.
        var droppedRecordSlots: [Slot] = []
        var droppedIndexSlots: [Slot] = []
        var hasChanged = false
    }

    var draft: Draft
    /// Counters that have changed, of collections that are not open now.
    var counters: [ObjectNumber: CollectionCounters] = [:]
    /// What is open of the collections written to.
    var writers: [ObjectNumber: CollectionWriter] = [:]
    /// The one used last.
    @exclusivity(unchecked) var lastWriter: CollectionWriter?
    let undo = UndoLog()
    /// Databases made since the outermost savepoint began, and how deep the savepoints were nested then.
    var madeSlots: [(slot: Slot, isForRecords: Bool, depth: Int)] = []
    private var holdsHandleLock = false
    /// How many bytes of keys an index build gathers before it writes them.
    var indexBuildRoundSize = 256 << 20
    /// Why the transaction cannot continue: LMDB itself failed.
    @exclusivity(unchecked) var failure: AtelierError?

    init(core: EnvironmentCore, txn: OpaquePointer, catalog: Catalog, allocation: SlotAllocation) {
        draft = Draft(slotCount: catalog.slotCount, allocation: allocation)
        super.init(core: core, txn: txn, catalog: catalog)
    }

    override var releasesCursors: Bool { true }

    override func counters(of collection: CollectionEntry) throws -> CollectionCounters {
        try writers[collection.number]?.counters ?? counters[collection.number] ?? super.counters(of: collection)
    }

    /// Fails where an earlier error of LMDB has spoiled the transaction.
    func requireUsable() throws {
        requireOpen()
        if let failure { throw failure }
    }

    /// For codes after which LMDB's transaction cannot go on.
    func must(_ code: Int32, _ action: @autoclosure () -> String) throws {
        if code == MDB_SUCCESS { return }
        let error = AtelierError.storage(code, cannot: action(), at: core.path)
        failure = failure ?? error
        throw error
    }

    // MARK: Ending

    /// Commits. The transaction is over, whatever happens.
    func commit(synced: Bool) throws {
        do {
            try requireUsable()
            try flush()
        } catch {
            abort()
            throw error
        }
        closeWriters()
        isOver.pointee = true
        let id = Int(mdb_txn_id(txn))
        // Only the leader of the write queue touches this flag, and LMDB reads it only here.
        mdb_env_set_flags(core.env, UInt32(MDB_NOSYNC), synced ? 0 : 1)
        let code = mdb_txn_commit(txn)
        if code == MDB_SUCCESS && !counters.isEmpty { core.hasOldFormat = false }
        if code == MDB_SUCCESS && draft.hasChanged { core.remember(catalog, transactionId: id) }
        releaseHandleLock()
        try core.check(code, "commit the write")
        core.extendFile()
    }

    /// Undoes everything. The transaction is over.
    func abort() {
        if isOver.pointee { return }
        closeWriters()
        isOver.pointee = true
        mdb_txn_abort(txn)
        releaseHandleLock()
    }

    /// Writes what has been kept in memory.
    private func flush() throws {
        closeWriters()
        if !counters.isEmpty {
            if core.hasOldFormat { try CatalogRecord.upgrade(txn, core) }
            let stamp = UInt64.random(in: 1 ... .max)
            for (number, counters) in counters where catalog[number] != nil {
                try must(CatalogRecord.writeCounters(counters.stamped(stamp), of: number, txn), "write the counters")
            }
        }
        if !draft.hasChanged { return }
        for number in draft.removed { try CatalogRecord.remove(number, txn, core) }
        for number in draft.changed {
            if let collection = catalog[number] { try CatalogRecord.write(collection, txn, core) }
        }
        for slot in draft.droppedRecordSlots + draft.droppedIndexSlots {
            try must(mdb_drop(txn, EnvironmentCore.Handle.slot(slot), 0), "empty a dropped database")
        }
        draft.allocation.freeRecordSlots += draft.droppedRecordSlots
        draft.allocation.freeIndexSlots += draft.droppedIndexSlots
        try CatalogRecord.writeAllocation(draft.allocation, txn, core)
        catalog = catalog.numbered(catalog.version + 1, slotCount: draft.slotCount)
        try CatalogRecord.writeVersion(catalog.version, slotCount: draft.slotCount, txn, core)
    }

    /// What is needed to write to a collection.
    @inline(__always)
    func writer(for collection: CollectionEntry) throws -> CollectionWriter {
        if let lastWriter, lastWriter.number == collection.number, failure == nil { return lastWriter }
        return try findWriter(collection)
    }

    private func findWriter(_ collection: CollectionEntry) throws -> CollectionWriter {
        try requireUsable()
        if let writer = writers[collection.number] {
            lastWriter = writer
            return writer
        }
        guard let current = catalog[collection.number] else {
            throw AtelierError(
                .namespaceNotFound, "ns not found: the collection has been dropped", at: "\(collection.namespace)")
        }
        let counters = try counters[current.number] ?? CatalogRecord.readCounters(current.number, txn, core)
        let writer = try CollectionWriter(current, self, counters: counters)
        writers[current.number] = writer
        lastWriter = writer
        return writer
    }

    /// Closes the cursors on a collection; its counters are kept.
    func closeWriter(_ number: ObjectNumber) {
        guard let writer = writers.removeValue(forKey: number) else { return }
        if lastWriter === writer { lastWriter = nil }
        if writer.countersChanged { counters[number] = writer.counters }
        writer.close()
    }

    func closeWriters() {
        for number in Array(writers.keys) { closeWriter(number) }
    }

    // MARK: Slots

    /// An empty database for records or for an index's keys.
    func takeSlot(forRecords: Bool) throws -> Slot {
        if forRecords, let free = draft.allocation.freeRecordSlots.popLast() { return made(free, forRecords) }
        if !forRecords, let free = draft.allocation.freeIndexSlots.popLast() { return made(free, forRecords) }
        if !holdsHandleLock {
            core.handleLock.lock()
            holdsHandleLock = true
        }
        let slot = Slot(draft.slotCount)
        try core.openSlot(slot, txn, flags: MDB_CREATE | (forRecords ? MDB_INTEGERKEY : 0))
        draft.slotCount += 1
        draft.hasChanged = true
        return made(slot, forRecords)
    }

    private func made(_ slot: Slot, _ isForRecords: Bool) -> Slot {
        madeSlots.append((slot, isForRecords, undo.depth))
        return slot
    }

    /// Empties a database made in this transaction and keeps it for others.
    func giveBack(_ slot: Slot, isForRecords: Bool) throws {
        try must(mdb_drop(txn, EnvironmentCore.Handle.slot(slot), 0), "empty a database")
        madeSlots.removeAll { $0.slot == slot }
        if isForRecords {
            draft.allocation.freeRecordSlots.append(slot)
        } else {
            draft.allocation.freeIndexSlots.append(slot)
        }
    }

    func takeNumber() -> ObjectNumber {
        defer { draft.allocation.nextNumber += 1 }
        return ObjectNumber(draft.allocation.nextNumber)
    }

    private func releaseHandleLock() {
        if holdsHandleLock {
            holdsHandleLock = false
            core.handleLock.unlock()
        }
    }
}
