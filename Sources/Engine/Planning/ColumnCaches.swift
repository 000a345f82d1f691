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
        latest.withLock { latest in
            if transaction < latest.transaction { return nil }
            if transaction > latest.transaction { latest = Latest(transaction: transaction) }
            switch latest.caches[collection.number] {
            case .some(.some(let cache)): return cache
            case nil:
                latest.caches[collection.number] = .some(nil)
                return nil
            case .some(nil):
                // What others take is given up for those who ask now.
                if budget.isExhausted { latest.caches = [:] }
                let cache = ColumnCache(budget)
                latest.caches[collection.number] = cache
                return cache
            }
        }
    }
}
