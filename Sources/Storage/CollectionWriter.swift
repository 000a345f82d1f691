import BSON
import CLMDB

/// What a write transaction keeps open of a collection it writes to: cursors, counters, and space for keys.
final class CollectionWriter {
    let number: ObjectNumber
    @exclusivity(unchecked) var entry: CollectionEntry
    let database: MDB_dbi
    let records: OpaquePointer
    let indexes: [IndexWriter]
    @exclusivity(unchecked) var counters: CollectionCounters
    @exclusivity(unchecked) var countersChanged = false

    init(_ entry: CollectionEntry, _ transaction: WriteTransaction, counters: CollectionCounters) throws {
        number = entry.number
        self.entry = entry
        database = EnvironmentCore.Handle.slot(entry.slot)
        self.counters = counters
        records = try CollectionWriter.openCursor(database, transaction)
        indexes = try entry.indexes.map { try IndexWriter($0, transaction) }
    }

    func close() {
        mdb_cursor_close(records)
        for index in indexes { mdb_cursor_close(index.cursor) }
    }

    fileprivate static func openCursor(_ database: MDB_dbi, _ transaction: WriteTransaction) throws -> OpaquePointer {
        var cursor: OpaquePointer?
        try transaction.must(mdb_cursor_open(transaction.txn, database, &cursor), "open a cursor")
        return cursor!
    }
}

/// The same of one index.
final class IndexWriter {
    @exclusivity(unchecked) var entry: IndexEntry
    let database: MDB_dbi
    let cursor: OpaquePointer
    let fieldCount: Int
    let source: any IndexKeySource
    let generator: IndexKeyGenerator?
    /// The keys of the document that is written, and of the one it replaces.
    let keys = IndexKeySet()
    let oldKeys = IndexKeySet()
    /// No key in the index is greater than this one; nil while it is not known.
    @exclusivity(unchecked) var lastKey: [UInt8]?

    fileprivate init(_ entry: IndexEntry, _ transaction: WriteTransaction) throws {
        self.entry = entry
        database = EnvironmentCore.Handle.slot(entry.slot)
        source = entry.source
        generator = entry.source as? IndexKeyGenerator
        fieldCount = entry.source.fieldCount
        cursor = try CollectionWriter.openCursor(database, transaction)
    }

    /// Makes a document's keys, sorted.
    func makeKeys(of document: DocumentView, in set: IndexKeySet) throws {
        set.reset(fieldCount: fieldCount)
        if let generator {
            try generator.addKeys(of: document, to: set)
        } else {
            try source.addKeys(of: document, to: set)
            set.normalise()
        }
    }
}
