import BSON
import CLMDB

extension WriteTransaction {
    /// Runs the closure; where it throws, everything it has changed is taken back, and the transaction goes on.
    ///
    /// Savepoints nest. Entries and cursors obtained inside must not be used after a failure. Costs a copy of what is
    /// replaced, so a single insert, update or delete, which is atomic by itself, needs none.
    public func savepoint<R>(_ body: () throws -> R) throws -> R {
        try requireUsable()
        let mark = undo.mark
        let (oldCatalog, oldDraft) = (catalog, draft)
        let oldCounters = counters.merging(writers.mapValues(\.counters)) { $1 }
        undo.depth += 1
        let result: R
        do {
            result = try body()
        } catch {
            try? rollBack(to: mark, catalog: oldCatalog, draft: oldDraft, counters: oldCounters)
            throw failure ?? error
        }
        undo.depth -= 1
        for position in madeSlots.indices where madeSlots[position].depth > undo.depth {
            madeSlots[position].depth = undo.depth
        }
        if undo.depth == 0 { undo.trim() }
        return result
    }

    private func rollBack(
        to mark: Int, catalog: Catalog, draft: Draft, counters: [ObjectNumber: CollectionCounters]
    ) throws {
        let depth = undo.depth
        undo.depth -= 1
        let made = madeSlots.filter { $0.depth >= depth }
        let fresh = Set(made.map { EnvironmentCore.Handle.slot($0.slot) })
        closeWriters()
        // Record ids that were handed out stay so.
        self.counters = counters.merging(self.counters) {
            var kept = $0
            kept.nextRecordId = $1.nextRecordId
            return kept
        }
        .filter { counters[$0.key] != nil }
        if failure == nil {
            try must(undo.rollBack(to: mark, txn) { !fresh.contains($0) }, "undo a part of the write")
        }
        self.catalog = catalog
        // Databases and numbers that were handed out stay so.
        let (slotCount, nextNumber) = (self.draft.slotCount, self.draft.allocation.nextNumber)
        self.draft = draft
        self.draft.slotCount = slotCount
        self.draft.allocation.nextNumber = nextNumber
        if slotCount != draft.slotCount { self.draft.hasChanged = true }
        for slot in made {
            self.draft.allocation.freeRecordSlots.removeAll { $0 == slot.slot }
            self.draft.allocation.freeIndexSlots.removeAll { $0 == slot.slot }
            try giveBack(slot.slot, isForRecords: slot.isForRecords)
        }
    }
}
