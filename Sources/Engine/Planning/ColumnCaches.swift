import QueryLanguage
import Storage
import Synchronization

/// The columns that are kept of a store's collections, in the latest state that was read.
///
/// A collection's columns are kept once a second query reads all of it in the same state: a single one would pay for what
/// nobody uses. What is kept points into the store's pages, which stay as they are until something is committed.
final class ColumnCaches: Sendable {
    private struct Latest {
        var transaction: UInt64 = 0
        /// Nil for a collection that has been read once.
        var caches: [ObjectNumber: ColumnCache?] = [:]
    }
    private let latest = Mutex(Latest())
    private let budget: ColumnBudget

    init(maximumBytes: Int) { budget = ColumnBudget(maximumBytes: maximumBytes) }

    /// The columns of a collection, for a query that reads it in the state after a transaction; nil where none are kept.
    func cache(of collection: CollectionEntry, at transaction: UInt64) -> ColumnCache? {
        // What is given up is released behind the lock, which may take a while.
        latest.withLock { latest -> (cache: ColumnCache?, givenUp: [ObjectNumber: ColumnCache?]) in
            if transaction < latest.transaction { return (nil, [:]) }
            var givenUp: [ObjectNumber: ColumnCache?] = [:]
            if transaction > latest.transaction {
                givenUp = latest.caches
                latest = Latest(transaction: transaction)
            }
            switch latest.caches[collection.number] {
            case .some(.some(let cache)): return (cache, givenUp)
            case nil:
                latest.caches[collection.number] = .some(nil)
                return (nil, givenUp)
            case .some(nil):
                // What others take is given up for those who ask now.
                if budget.isExhausted { (givenUp, latest.caches) = (latest.caches, [:]) }
                let cache = ColumnCache(budget)
                latest.caches[collection.number] = cache
                return (cache, givenUp)
            }
        }.cache
    }
}
