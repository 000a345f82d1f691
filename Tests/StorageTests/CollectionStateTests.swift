import BSON
import CLMDB
import Glibc
import Storage
import Testing

@Suite struct CollectionStateTests {
    private func state(_ environment: StorageEnvironment, _ namespace: Namespace = orders) throws -> CollectionState {
        try environment.read { try $0.state($0.entry(namespace)) }
    }

    @Test func insertionsAreToldFromOtherChanges() throws {
        let store = TemporaryStore()
        let environment = try store.open()
        let others = Namespace("shop", "others")
        try environment.write { transaction in
            try transaction.createCollection(orders)
            try transaction.createCollection(others)
        }
        let empty = try state(environment)
        #expect(empty.count == 0)
        try environment.write { try $0.insert(["_id": 1], into: $0.entry(orders)) }
        let one = try state(environment)
        #expect(one.last != empty.last && one.lastReplacement == empty.lastReplacement && one.count == 1)
        try environment.write { try $0.insert(["_id": 2], into: $0.entry(others)) }
        #expect(try state(environment) == one, "another collection changed")
        try environment.write { try $0.update(1, in: $0.entry(orders), to: ["_id": 1, "a": 1]) }
        let updated = try state(environment)
        #expect(updated.last != one.last && updated.lastReplacement != one.lastReplacement && updated.count == 1)
        try environment.write { try $0.insert(["_id": 3], into: $0.entry(orders)) }
        #expect(try state(environment).lastReplacement == updated.lastReplacement)
        try environment.write { try $0.delete(1, from: $0.entry(orders)) }
        #expect(try state(environment).lastReplacement != updated.lastReplacement)
        // What an index is made of is no change of documents.
        let last = try state(environment)
        try environment.write {
            try $0.createIndex(IndexDefinition(name: "a_1", keyPattern: ["a": 1]), on: $0.entry(orders))
        }
        #expect(try state(environment) == last)
        environment.close()
        let again = try store.open()
        defer { again.close() }
        let reopened = try state(again)
        #expect(reopened.last == last.last && reopened.lastReplacement == last.lastReplacement)
        #expect(reopened.opening != last.opening, "the file may have been another in between")
        try again.write { try $0.dropCollection($0.entry(orders)) }
        try again.write { _ = try $0.createCollection(orders) }
        #expect(try state(again).uuid != last.uuid)
    }

    @Test func whatIsTakenBackIsNoReplacement() throws {
        let store = TemporaryStore()
        let environment = try store.open()
        defer { environment.close() }
        try environment.write { transaction in
            try transaction.insert(["_id": 1], into: transaction.createCollection(orders))
        }
        let before = try state(environment)
        try environment.write { transaction in
            let entry = try transaction.entry(orders)
            try transaction.insert(["_id": 2], into: entry)
            try? transaction.savepoint {
                try transaction.update(1, in: transaction.entry(orders), to: ["_id": 1, "a": 1])
                throw AtelierError(.badValue, "taken back")
            }
            try transaction.insert(["_id": 3], into: transaction.entry(orders))
        }
        let after = try state(environment)
        #expect(after.last != before.last && after.lastReplacement == before.lastReplacement && after.count == 3)
        #expect(throws: AtelierError.self) {
            try environment.write { transaction in
                try transaction.delete(1, from: transaction.entry(orders))
                throw AtelierError(.badValue, "taken back")
            }
        }
        #expect(try state(environment) == after)
    }

    @Test func aStoreOfTheFirstFormatIsReadAndBecomesOneOfThisWithTheFirstWrite() throws {
        let store = TemporaryStore()
        let others = Namespace("shop", "others")
        var environment = try store.open()
        try environment.write { transaction in
            try transaction.insert(["_id": 1], into: transaction.createCollection(orders))
            try transaction.insert(["_id": 1], into: transaction.createCollection(others))
        }
        environment.close()
        try makeFirstFormat(store.path)
        environment = try store.open()
        let old = try state(environment)
        #expect(old.count == 1 && old.last == old.lastReplacement)
        #expect(try state(environment) == old)
        try environment.write { try $0.insert(["_id": 2], into: $0.entry(orders)) }
        let new = try state(environment)
        #expect(new.last != old.last && new.lastReplacement != old.lastReplacement, "it may have been anything")
        // Of a collection that nobody has written to since, every write of the store may be a change.
        let untouched = try state(environment, others)
        try environment.write { try $0.insert(["_id": 3], into: $0.entry(orders)) }
        #expect(try state(environment, others) != untouched)
        #expect(try state(environment).lastReplacement == new.lastReplacement)
        #expect(try environment.read { try $0.documents($0.entry(orders)).count } == 3)
        environment.close()
        let format = [0x12] + Array("format".utf8) + [0, 2, 0, 0, 0, 0, 0, 0, 0]
        #expect(read(store.path).firstRange(of: format) != nil, "older programs have to refuse it")
    }

    /// Takes the stamps out of the counters, and writes 1 as the format, as stores were once.
    private func makeFirstFormat(_ path: String) throws {
        var env: OpaquePointer?
        #expect(mdb_env_create(&env) == 0 && mdb_env_set_maxdbs(env, 100) == 0)
        #expect(mdb_env_open(env, path, UInt32(MDB_NOSUBDIR), 0o600) == 0)
        defer { mdb_env_close(env) }
        var txn: OpaquePointer?
        #expect(mdb_txn_begin(env, nil, 0, &txn) == 0)
        var (meta, counters) = (MDB_dbi(), MDB_dbi())
        #expect(mdb_dbi_open(txn, "meta", 0, &meta) == 0 && mdb_dbi_open(txn, "counters", 0, &counters) == 0)
        var cursor: OpaquePointer?
        #expect(mdb_cursor_open(txn, counters, &cursor) == 0)
        var (key, value) = (MDB_val(), MDB_val())
        var cut = 0
        while mdb_cursor_get(cursor, &key, &value, MDB_NEXT) == 0 {
            #expect(value.mv_size == 32)
            var bytes = Array(UnsafeRawBufferPointer(start: value.mv_data, count: 16))
            var number = Array(UnsafeRawBufferPointer(start: key.mv_data, count: key.mv_size))
            number.withUnsafeMutableBytes { number in
                bytes.withUnsafeMutableBytes { bytes in
                    var key = MDB_val(mv_size: number.count, mv_data: number.baseAddress)
                    var value = MDB_val(mv_size: 16, mv_data: bytes.baseAddress)
                    #expect(mdb_cursor_put(cursor, &key, &value, UInt32(MDB_CURRENT)) == 0)
                }
            }
            cut += 1
        }
        mdb_cursor_close(cursor)
        #expect(cut == 2)
        var name = Array("format".utf8)
        var document = (["format": .int64(1), "createdAt": .date(0)] as Document).bytes
        name.withUnsafeMutableBytes { name in
            document.withUnsafeMutableBytes { document in
                var key = MDB_val(mv_size: name.count, mv_data: name.baseAddress)
                var value = MDB_val(mv_size: document.count, mv_data: document.baseAddress)
                #expect(mdb_put(txn, meta, &key, &value, 0) == 0)
            }
        }
        #expect(mdb_txn_commit(txn) == 0)
    }
}
