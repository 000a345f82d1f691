import BSON
import CLMDB

/// What `StorageEnvironment.check` has found.
public struct StoreReport: Sendable {
    /// What is wrong, in sentences without customer data. Empty: the store is sound.
    public internal(set) var problems: [String] = []
    public internal(set) var collections = 0
    public internal(set) var records = 0
    public internal(set) var keys = 0
    public internal(set) var pages = 0
    public var isSound: Bool { problems.isEmpty }

    /// A damaged collection may have one problem per record: the first ones tell the story.
    static let limit = 100

    mutating func add(_ problem: String) {
        if problems.count < StoreReport.limit { problems.append(problem) }
    }
}

extension StorageEnvironment {
    /// Reads everything and sees whether it agrees: pages with trees, records with counters, every index with its
    /// records' keys, both ways. O(size of the store); others may read and write meanwhile.
    public func check() throws -> StoreReport {
        var report = StoreReport()
        // Two commits between a snapshot's beginning and the reading of the meta pages hide its roots: try again.
        for _ in 0..<100 {
            let isDone = try read { snapshot in
                guard let pages = try PageCheck.run(core, snapshot.txn) else { return false }
                report.pages = pages.pageCount
                for problem in pages.problems { report.add(problem) }
                // Damaged trees are not safe to walk with LMDB.
                if pages.problems.isEmpty { try check(snapshot, &report) }
                return true
            }
            if isDone { return report }
        }
        throw AtelierError(
            .internalError, "the store changes too fast to be checked", at: path,
            advice: "Try again when it is quieter.")
    }

    private func check(_ snapshot: Snapshot, _ report: inout StoreReport) throws {
        for collection in snapshot.catalog.collections.sorted(by: { $0.number < $1.number }) {
            report.collections += 1
            try check(collection, snapshot, &report)
        }
    }

    private func check(_ collection: CollectionEntry, _ snapshot: Snapshot, _ report: inout StoreReport) throws {
        let name = "\(collection.namespace)"
        let records = try snapshot.records(in: collection)
        defer { records.close() }
        let checks = try collection.indexes.map { try IndexCheck($0, snapshot) }
        var (dataSize, lastId) = (Int64(0), RecordId(0))
        while try records.next() {
            let (id, document) = (records.recordId, records.document)
            report.records += 1
            lastId = id
            dataSize += Int64(document.length)
            do {
                _ = try DocumentView.validate(untrusted: document.bytes)
            } catch {
                report.add("\(name): record \(id) is not valid BSON")
                continue
            }
            for check in checks { try check.expect(document, id, name, &report) }
        }
        let counters = try CatalogRecord.readCounters(collection.number, snapshot.txn, core)
        if counters.dataSize != dataSize {
            report.add("\(name): \(dataSize) bytes of documents, but \(counters.dataSize) are counted")
        }
        if counters.nextRecordId <= lastId { report.add("\(name): the next record id is in use") }
        for check in checks { try check.finish(name, &report) }
    }
}

/// One index against the records of its collection.
private final class IndexCheck {
    let index: IndexEntry
    let snapshot: Snapshot
    let set = IndexKeySet()
    var expected = 0
    var isUnusable = false

    init(_ index: IndexEntry, _ snapshot: Snapshot) throws {
        self.index = index
        self.snapshot = snapshot
    }

    /// The record must have all its keys in the index, under its own id.
    func expect(_ document: DocumentView, _ id: RecordId, _ collection: String, _ report: inout StoreReport) throws {
        if isUnusable { return }
        set.reset(fieldCount: index.source.fieldCount)
        do {
            try index.source.addKeys(of: document, to: set)
        } catch {
            report.add("\(collection): index '\(index.name)' cannot index record \(id): \(error)")
            isUnusable = true
            return
        }
        set.normalise()
        for position in 0..<set.count {
            expected += 1
            let isTruncated = set.isTruncated(at: position)
            if try !snapshot.hasEntry(set[position], id, isTruncated: isTruncated, in: index) {
                report.add("\(collection): index '\(index.name)' lacks a key of record \(id)")
            }
            if isTruncated && !index.hasTruncatedKeys {
                report.add("\(collection): index '\(index.name)' does not know that it has truncated keys")
            }
        }
        if set.isMultikey, zip(set.multikeyPaths, index.multikeyPaths).contains(where: { $0 & ~$1 != 0 }) {
            report.add("\(collection): index '\(index.name)' does not know that it is multikey in record \(id)")
        }
    }

    /// There must be no other keys.
    func finish(_ collection: String, _ report: inout StoreReport) throws {
        let count = try snapshot.count(index)
        report.keys += count
        if !isUnusable && count != expected {
            report.add("\(collection): index '\(index.name)' has \(count) keys, its records have \(expected)")
        }
        try checkOrder(collection, &report)
    }

    private func checkOrder(_ collection: String, _ report: inout StoreReport) throws {
        let cursor = try snapshot.keys(of: index)
        defer { cursor.close() }
        var previous: [UInt8] = []
        var seen = 0
        while try cursor.next() {
            seen += 1
            let isAfter = previous.withUnsafeBytes { compareBytes($0, cursor.key) <= 0 }
            if !isAfter {
                report.add("\(collection): the keys of index '\(index.name)' are out of order")
                return
            }
            previous.replaceSubrange(0..., with: cursor.key)
        }
        if seen != (try snapshot.count(index)) {
            report.add("\(collection): index '\(index.name)' loses keys on the way")
        }
    }
}

extension StorageReader {
    /// Whether an index has just this entry.
    func hasEntry(_ key: UnsafeRawBufferPointer, _ id: RecordId, isTruncated: Bool, in index: IndexEntry) throws -> Bool
    {
        try IndexEntryFormat.withEntry(key, id, isUnique: index.isUnique, isTruncated: isTruncated) { entry, expected in
            var value = MDB_val()
            let code = try mdb_get(txn, handle(of: index), &entry, &value)
            if code == MDB_NOTFOUND { return false }
            try core.check(code, "read an index")
            return compareBytes(
                UnsafeRawBufferPointer(start: value.mv_data, count: value.mv_size),
                UnsafeRawBufferPointer(start: expected.mv_data, count: expected.mv_size)) == 0
        }
    }
}
