import BSON
import CLMDB
import Glibc

/// Fills a new index from the records of its collection.
///
/// Keys are gathered, sorted and put in order, in rounds that keep memory bounded. The first round, usually the only
/// one, appends to the empty index, which packs its pages full.
struct IndexBuilder {
    private let transaction: WriteTransaction
    private let collection: CollectionEntry
    private let index: IndexEntry

    init(_ transaction: WriteTransaction, _ collection: CollectionEntry, _ index: IndexEntry) {
        self.transaction = transaction
        self.collection = collection
        self.index = index
    }

    private struct Key {
        /// The first 8 bytes, for a quick comparison.
        let head: UInt64
        let recordId: RecordId
        let offset: Int
        let length: UInt32
        let isTruncated: Bool
    }

    func build() throws -> IndexEntry {
        let records = try transaction.records(in: collection)
        defer { records.close() }
        let set = IndexKeySet()
        var bytes: [UInt8] = []
        var keys: [Key] = []
        var multikeyPaths = index.multikeyPaths
        var hasTruncatedKeys = false
        var isFirstRound = true
        while try records.next() {
            set.reset(fieldCount: index.source.fieldCount)
            try index.source.addKeys(of: records.document, to: set)
            set.normalise()
            if set.isMultikey { multikeyPaths = zip(multikeyPaths, set.multikeyPaths).map { $0 | $1 } }
            for position in 0..<set.count {
                let key = set[position]
                keys.append(
                    Key(
                        head: Self.head(key), recordId: records.recordId, offset: bytes.count,
                        length: UInt32(key.count),
                        isTruncated: set.isTruncated(at: position)))
                bytes.append(contentsOf: key)
                hasTruncatedKeys = hasTruncatedKeys || set.isTruncated(at: position)
            }
            if bytes.count + keys.count * MemoryLayout<Key>.stride > transaction.indexBuildRoundSize {
                try put(&keys, bytes, appending: isFirstRound)
                isFirstRound = false
                keys.removeAll(keepingCapacity: true)
                bytes.removeAll(keepingCapacity: true)
            }
        }
        try put(&keys, bytes, appending: isFirstRound)
        return index.with(multikeyPaths: multikeyPaths, hasTruncatedKeys: hasTruncatedKeys)
    }

    private static func head(_ key: UnsafeRawBufferPointer) -> UInt64 {
        if key.count >= 8 { return UInt64(bigEndian: key.loadUnaligned(as: UInt64.self)) }
        var word: UInt64 = 0
        for i in 0..<8 { word = word << 8 | UInt64(i < key.count ? key[i] : 0) }
        return word
    }

    private func put(_ keys: inout [Key], _ bytes: [UInt8], appending: Bool) throws {
        try bytes.withUnsafeBytes { bytes in
            func key(_ key: Key) -> UnsafeRawBufferPointer {
                UnsafeRawBufferPointer(rebasing: bytes[key.offset..<key.offset + Int(key.length)])
            }
            keys.sort { a, b in
                if a.head != b.head { return a.head < b.head }
                let order = compareBytes(key(a), key(b))
                return order != 0 ? order < 0 : a.recordId < b.recordId
            }
            var cursor: OpaquePointer?
            let database = EnvironmentCore.Handle.slot(index.slot)
            try transaction.must(mdb_cursor_open(transaction.txn, database, &cursor), "open a cursor")
            defer { mdb_cursor_close(cursor) }
            let isUnique = index.isUnique
            var previous: Key?
            for current in keys {
                if isUnique, let previous, previous.head == current.head, compareBytes(key(previous), key(current)) == 0
                {
                    if current.isTruncated {
                        try checkTruncated(key(current), current.recordId)
                    } else {
                        throw duplicate(key(current), current.recordId)
                    }
                } else if isUnique && current.isTruncated && !appending {
                    try checkTruncated(key(current), current.recordId)
                }
                let code = try IndexEntryFormat.withEntry(
                    key(current), current.recordId, isUnique: isUnique, isTruncated: current.isTruncated
                ) { entry, value in
                    var value = value
                    return mdb_cursor_put(cursor, &entry, &value, UInt32(appending ? MDB_APPEND : MDB_NOOVERWRITE))
                }
                if code == MDB_KEYEXIST && isUnique { throw duplicate(key(current), current.recordId) }
                try transaction.must(code, "build an index")
                previous = current
            }
        }
    }

    /// Compares a record's whole keys with those of the records whose keys were cut to the same bytes.
    private func checkTruncated(_ prefix: UnsafeRawBufferPointer, _ recordId: RecordId) throws {
        let mine = try wholeKeys(recordId, prefix)
        let cursor = try IndexCursor(transaction, EnvironmentCore.Handle.slot(index.slot), isUnique: true)
        defer { cursor.close() }
        var found = try cursor.seek(to: prefix)
        while found, cursor.key.elementsEqual(prefix) {
            if cursor.isTruncated {
                let theirs = try wholeKeys(cursor.recordId, prefix)
                if let key = mine.first(where: theirs.contains) {
                    throw key.withUnsafeBytes { duplicate($0, recordId) }
                }
            }
            found = try cursor.next()
        }
    }

    private func wholeKeys(_ recordId: RecordId, _ prefix: UnsafeRawBufferPointer) throws -> [[UInt8]] {
        guard let document = try transaction.record(recordId, in: collection) else { return [] }
        let keys = IndexKeySet(limit: .max)
        keys.reset(fieldCount: index.source.fieldCount)
        try index.source.addKeys(of: document, to: keys)
        keys.normalise()
        return keys.arrays.filter { $0.starts(with: prefix) }
    }

    private func duplicate(_ key: UnsafeRawBufferPointer, _ recordId: RecordId) -> AtelierError {
        let generator = index.source as? IndexKeyGenerator
        let document = try? transaction.record(recordId, in: collection)
        let values = document.flatMap { generator?.values(of: $0, forKey: Array(key)) }
        return AtelierError.duplicateKey(index.definition, in: collection.namespace, values: values)
    }
}
