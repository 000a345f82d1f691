import BSON
import CLMDB
import Glibc

extension EnvironmentCore {
    /// Leads: runs a write, and those of other threads that wait, in one transaction, and commits.
    func lead(_ own: WriteRequest) {
        defer { queue.leave() }
        var group = [own]
        do {
            let transaction = try beginWrite()
            runGroup(own, &group, transaction)
        } catch {
            own.failure = error
        }
        for request in group where request !== own {
            request.finish()
        }
    }

    private func runGroup(_ own: WriteRequest, _ group: inout [WriteRequest], _ transaction: WriteTransaction) {
        var survivors: [WriteRequest] = []
        do {
            try own.run(transaction)
            survivors.append(own)
        } catch {
            // Nothing else is in the transaction yet: the whole of it goes.
            transaction.abort()
            return
        }
        // Others may join until they have taken long enough together to be felt by those that wait for the commit.
        let deadline = monotonicNanoseconds() + 5_000_000
        while !own.isExclusive, transaction.failure == nil, let next = queue.takeCompanion() {
            group.append(next)
            do {
                try transaction.savepoint { try next.run(transaction) }
                survivors.append(next)
            } catch {
                next.failure = error
            }
            if monotonicNanoseconds() > deadline || group.count >= 256 { break }
        }
        do {
            try transaction.commit(synced: survivors.contains { $0.durability == .synced })
        } catch {
            for request in survivors { request.failure = error }
        }
    }

    private func monotonicNanoseconds() -> Int {
        var now = timespec()
        clock_gettime(CLOCK_MONOTONIC, &now)
        return now.tv_sec * 1_000_000_000 + now.tv_nsec
    }

    /// Begins the write transaction; waits for writers of other processes.
    private func beginWrite() throws -> WriteTransaction {
        // A process killed with a snapshot open would keep its pages from being used again for as long as this one runs.
        writesBegun += 1
        if writesBegun % 256 == 0 { clearStaleReaders() }
        while true {
            var txn: OpaquePointer?
            try check(mdb_txn_begin(env, nil, 0, &txn), "begin a write")
            do {
                if let catalog = try usableCatalog(txn!, transactionId: Int(mdb_txn_id(txn)) - 1) {
                    let allocation = try CatalogRecord.readAllocation(txn!, self)
                    return WriteTransaction(core: self, txn: txn!, catalog: catalog, allocation: allocation)
                }
            } catch {
                mdb_txn_abort(txn)
                throw error
            }
            mdb_txn_abort(txn)
            try openHandles()
        }
    }
}
