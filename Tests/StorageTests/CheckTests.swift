import BSON
import CLMDB
import Glibc
import StorageWorkload
import Testing

@testable import Storage

@Suite struct CheckTests {
    private let name = "n_1"

    private func filled(_ store: TemporaryStore, _ count: Int = 200) throws -> StorageEnvironment {
        let environment = try store.open()
        try environment.write { transaction in
            let collection = try transaction.createCollection(orders)
            try transaction.createIndex(IndexDefinition(name: name, keyPattern: ["n": 1]), on: collection)
            let entry = try transaction.entry(orders)
            for number in 0..<count {
                try transaction.insert(["_id": .integer(number), "n": .integer(number % 10)], into: entry)
            }
        }
        return environment
    }

    /// Changes a store behind the back of everything that keeps it consistent.
    private func damage(_ environment: StorageEnvironment, _ body: (OpaquePointer, CollectionEntry) throws -> Void)
        throws
    {
        let entry = try environment.read { try $0.entry(orders) }
        var txn: OpaquePointer?
        #expect(mdb_txn_begin(environment.core.env, nil, 0, &txn) == MDB_SUCCESS)
        try body(txn!, entry)
        #expect(mdb_txn_commit(txn) == MDB_SUCCESS)
    }

    private func put(_ txn: OpaquePointer, _ slot: Slot, _ key: [UInt8], _ value: [UInt8]) {
        var (key, value) = (key, value)
        key.withUnsafeMutableBytes { key in
            value.withUnsafeMutableBytes { value in
                var (k, v) = (
                    MDB_val(mv_size: key.count, mv_data: key.baseAddress),
                    MDB_val(mv_size: value.count, mv_data: value.baseAddress)
                )
                #expect(mdb_put(txn, EnvironmentCore.Handle.slot(slot), &k, &v, 0) == MDB_SUCCESS)
            }
        }
    }

    private func deleteFirst(_ txn: OpaquePointer, _ slot: Slot) {
        var cursor: OpaquePointer?
        var (key, value) = (MDB_val(), MDB_val())
        #expect(mdb_cursor_open(txn, EnvironmentCore.Handle.slot(slot), &cursor) == MDB_SUCCESS)
        #expect(mdb_cursor_get(cursor, &key, &value, MDB_FIRST) == MDB_SUCCESS)
        #expect(mdb_cursor_del(cursor, 0) == MDB_SUCCESS)
        mdb_cursor_close(cursor)
    }

    @Test func aSoundStoreHasNoProblems() throws {
        let store = TemporaryStore()
        let environment = try filled(store)
        defer { environment.close() }
        let report = try environment.check()
        #expect(report.isSound && report.collections == 1 && report.records == 200 && report.keys == 400)
        let statistics = try environment.statistics()
        // Every page is a meta page, in a tree, or free.
        #expect(report.pages + 2 == statistics.usedPages)
    }

    @Test func aMissingKeyIsFound() throws {
        let store = TemporaryStore()
        let environment = try filled(store)
        defer { environment.close() }
        try damage(environment) { txn, entry in deleteFirst(txn, entry.index(named: name)!.slot) }
        #expect(
            try environment.check().problems == [
                "shop.orders: index 'n_1' lacks a key of record 1",
                "shop.orders: index 'n_1' has 199 keys, its records have 200",
            ])
        // A write that needs the key fails rather than widening the gap.
        #expect(throws: AtelierError.self) { try environment.write { try $0.delete(1, from: $0.entry(orders)) } }
        try environment.write { transaction in
            let definition = try transaction.entry(orders).index(named: name)!.definition
            try transaction.dropIndex(named: name, of: transaction.entry(orders))
            try transaction.createIndex(definition, on: transaction.entry(orders))
        }
        #expect(try environment.check().isSound)
    }

    @Test func aKeyOfNoRecordIsFound() throws {
        let store = TemporaryStore()
        let environment = try filled(store)
        defer { environment.close() }
        try damage(environment) { txn, entry in
            put(txn, entry.index(named: name)!.slot, [12, 0, 0, 0, 0, 0, 0, 0, 0, 0] + [0, 0, 0, 0, 0, 0, 9, 9], [])
        }
        #expect(try environment.check().problems == ["shop.orders: index 'n_1' has 201 keys, its records have 200"])
    }

    @Test func aRecordThatIsNoDocumentIsFound() throws {
        let store = TemporaryStore()
        let environment = try filled(store)
        defer { environment.close() }
        try damage(environment) { txn, entry in
            put(txn, entry.slot, [7, 0, 0, 0, 0, 0, 0, 0], [9, 0, 0, 0, 16, 0, 1, 2, 3])
        }
        let problems = try environment.check().problems
        #expect(problems.contains("shop.orders: record 7 is not valid BSON"))
        #expect(problems.contains { $0.contains("bytes of documents, but") })
    }

    /// A page lost to the disk is reported, wherever it was, and never ends the process.
    @Test func everyLostPageIsNoticed() throws {
        let store = TemporaryStore()
        let environment = try filled(store, 1000)
        let pages = try environment.check().pages
        environment.close()
        let whole = read(store.path)
        var noticed = 0
        for page in 2..<whole.count / 4096 {
            var bytes = whole
            for i in page * 4096..<(page + 1) * 4096 { bytes[i] = 0 }
            write(bytes, to: store.path)
            let child = ChildProcess(["check", store.path, "\(geteuid())"])
            let lines = child.lines()
            let status = child.wait()
            #expect(status == 0 || status == 1, "page \(page): status \(status), \(lines)")
            if lines.last != "sound true" { noticed += 1 }
        }
        #expect(noticed == pages)
    }
}
