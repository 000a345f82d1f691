import BSON
import CLMDB
import Glibc

/// How the catalog lies in the store.
///
/// | database | key | value |
/// |---|---|---|
/// | meta | `format` | `{format, createdAt}` |
/// | meta | `version` | catalog version and number of slots, 8 bytes each, little-endian |
/// | meta | `allocation` | `{nextNumber, freeRecordSlots, freeIndexSlots}` |
/// | catalog | collection number | the collection with its indexes |
/// | counters | collection number | next record id, size of all documents, and the stamps of the last change and of the last update or delete, 8 bytes each, little-endian |
///
/// Format 1 had no stamps: its counters have 16 bytes. The first write of a program that knows format 2 makes it that.
enum CatalogRecord {
    /// The format this program writes, and the newest it reads.
    static let formatVersion: Int64 = 2

    // MARK: Reading

    static func readVersion(_ txn: OpaquePointer, _ core: EnvironmentCore) throws -> (version: UInt64, slotCount: Int) {
        let bytes = try readMeta("version", txn, core)
        guard bytes.count == 16 else { throw damaged(core) }
        return (
            UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self)),
            Int(UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)))
        )
    }

    static func readFormat(_ txn: OpaquePointer, _ core: EnvironmentCore) throws -> Int64 {
        let document = try document(readMeta("format", txn, core), core)
        guard let format = document["format"]?.integerValue else { throw damaged(core) }
        return format
    }

    static func readAllocation(_ txn: OpaquePointer, _ core: EnvironmentCore) throws -> SlotAllocation {
        let document = try document(readMeta("allocation", txn, core), core)
        guard let next = document["nextNumber"]?.integerValue,
            let records = document["freeRecordSlots"]?.arrayValue, let indexes = document["freeIndexSlots"]?.arrayValue
        else { throw damaged(core) }
        return SlotAllocation(
            nextNumber: UInt64(next), freeRecordSlots: try slots(records, core),
            freeIndexSlots: try slots(indexes, core))
    }

    static func readAll(_ txn: OpaquePointer, _ core: EnvironmentCore, version: UInt64, slotCount: Int) throws
        -> Catalog
    {
        var cursor: OpaquePointer?
        try core.check(mdb_cursor_open(txn, EnvironmentCore.Handle.catalog, &cursor), "read the catalog")
        defer { mdb_cursor_close(cursor) }
        var collections: [CollectionEntry] = []
        var (key, value) = (MDB_val(), MDB_val())
        while true {
            let code = mdb_cursor_get(cursor, &key, &value, MDB_NEXT)
            if code == MDB_NOTFOUND { break }
            try core.check(code, "read the catalog")
            guard key.mv_size == 8 else { throw damaged(core) }
            let number = ObjectNumber(key.mv_data.loadUnaligned(as: UInt64.self))
            let bytes = UnsafeRawBufferPointer(start: value.mv_data, count: value.mv_size)
            collections.append(try decode(document(bytes, core), number, core, slotCount))
        }
        return Catalog(version: version, slotCount: slotCount, collections: collections)
    }

    private static func decode(
        _ document: Document, _ number: ObjectNumber, _ core: EnvironmentCore, _ slotCount: Int
    ) throws -> CollectionEntry {
        guard let database = document["database"]?.stringValue, let name = document["name"]?.stringValue,
            case .binary(_, let uuid)? = document["uuid"], let options = document["options"]?.documentValue,
            let slot = document["slot"]?.integerValue, (0..<Int64(slotCount)).contains(slot),
            let indexes = document["indexes"]?.arrayValue, !indexes.isEmpty
        else { throw damaged(core) }
        let entries = try indexes.map { value -> IndexEntry in
            guard let index = value.documentValue, let indexNumber = index["number"]?.integerValue,
                let name = index["name"]?.stringValue, let pattern = index["key"]?.documentValue,
                let options = index["options"]?.documentValue, let slot = index["slot"]?.integerValue,
                (0..<Int64(slotCount)).contains(slot), let multikey = index["multikeyPaths"]?.arrayValue,
                let truncated = index["truncatedKeys"]?.boolValue
            else { throw damaged(core) }
            let definition = IndexDefinition(name: name, keyPattern: pattern, options: options)
            return IndexEntry(
                number: ObjectNumber(UInt64(indexNumber)), collection: number, definition: definition,
                multikeyPaths: multikey.map { UInt64(bitPattern: $0.integerValue ?? -1) }, hasTruncatedKeys: truncated,
                source: core.keySource(for: definition), slot: Slot(Int(slot)))
        }
        return CollectionEntry(
            number: number, namespace: Namespace(database, name), uuid: uuid, options: options, indexes: entries,
            slot: Slot(Int(slot)))
    }

    private static func readMeta(_ name: StaticString, _ txn: OpaquePointer, _ core: EnvironmentCore) throws
        -> UnsafeRawBufferPointer
    {
        var key = MDB_val(mv_size: name.utf8CodeUnitCount, mv_data: UnsafeMutableRawPointer(mutating: name.utf8Start))
        var value = MDB_val()
        let code = mdb_get(txn, EnvironmentCore.Handle.meta, &key, &value)
        if code == MDB_NOTFOUND { throw damaged(core) }
        try core.check(code, "read the catalog")
        return UnsafeRawBufferPointer(start: value.mv_data, count: value.mv_size)
    }

    private static func document(_ bytes: UnsafeRawBufferPointer, _ core: EnvironmentCore) throws -> Document {
        guard bytes.count >= 5, Int(Int32(littleEndian: bytes.loadUnaligned(as: Int32.self))) == bytes.count else {
            throw damaged(core)
        }
        return Document(unchecked: Array(bytes))
    }

    private static func slots(_ values: [BSONValue], _ core: EnvironmentCore) throws -> [Slot] {
        try values.map { value in
            guard let number = value.integerValue else { throw damaged(core) }
            return Slot(Int(number))
        }
    }

    private static func damaged(_ core: EnvironmentCore) -> AtelierError {
        AtelierError(.internalError, "the catalog of the store is damaged", at: core.path, advice: "Restore a backup.")
    }

    // MARK: Writing

    static func initialise(_ txn: OpaquePointer, _ core: EnvironmentCore) throws {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        let milliseconds = Int64(now.tv_sec) * 1000 + Int64(now.tv_nsec) / 1_000_000
        let format: Document = ["format": .int64(formatVersion), "createdAt": .date(milliseconds)]
        try writeMeta("format", format.bytes, txn, core)
        try writeVersion(1, slotCount: 0, txn, core)
        try writeAllocation(SlotAllocation(), txn, core)
    }

    /// Makes the store one of this format.
    static func upgrade(_ txn: OpaquePointer, _ core: EnvironmentCore) throws {
        let document = try document(readMeta("format", txn, core), core)
        guard document["format"]?.integerValue != formatVersion else { return }
        try writeMeta("format", document.setting("format", .int64(formatVersion)).bytes, txn, core)
    }

    static func writeVersion(_ version: UInt64, slotCount: Int, _ txn: OpaquePointer, _ core: EnvironmentCore) throws {
        var bytes: [UInt8] = []
        withUnsafeBytes(of: version.littleEndian) { bytes.append(contentsOf: $0) }
        withUnsafeBytes(of: UInt64(slotCount).littleEndian) { bytes.append(contentsOf: $0) }
        try writeMeta("version", bytes, txn, core)
    }

    static func writeAllocation(_ allocation: SlotAllocation, _ txn: OpaquePointer, _ core: EnvironmentCore) throws {
        func array(_ slots: [Slot]) -> BSONValue { .array(BSONArray(slots.map { .integer($0.number) })) }
        let document: Document = [
            "nextNumber": .int64(Int64(allocation.nextNumber)), "freeRecordSlots": array(allocation.freeRecordSlots),
            "freeIndexSlots": array(allocation.freeIndexSlots),
        ]
        try writeMeta("allocation", document.bytes, txn, core)
    }

    static func write(_ collection: CollectionEntry, _ txn: OpaquePointer, _ core: EnvironmentCore) throws {
        let indexes = collection.indexes.map { index -> Document in
            [
                "number": .int64(Int64(index.number.rawValue)), "name": .string(index.name),
                "key": .document(index.keyPattern),
                "options": .document(index.definition.options), "slot": .integer(index.slot.number),
                "multikeyPaths": .array(BSONArray(index.multikeyPaths.map { .int64(Int64(bitPattern: $0)) })),
                "truncatedKeys": .bool(index.hasTruncatedKeys),
            ]
        }
        let document: Document = [
            "database": .string(collection.namespace.database), "name": .string(collection.namespace.collection),
            "uuid": .binary(subtype: 4, data: collection.uuid), "options": .document(collection.options),
            "slot": .integer(collection.slot.number), "indexes": .array(BSONArray(documents: indexes)),
        ]
        var number = collection.number.rawValue
        try put(EnvironmentCore.Handle.catalog, &number, 8, document.bytes, txn, core)
    }

    static func remove(_ number: ObjectNumber, _ txn: OpaquePointer, _ core: EnvironmentCore) throws {
        for database in [EnvironmentCore.Handle.catalog, EnvironmentCore.Handle.counters] {
            var number = number.rawValue
            let code = withUnsafeMutableBytes(of: &number) { bytes -> Int32 in
                var key = MDB_val(mv_size: 8, mv_data: bytes.baseAddress)
                return mdb_del(txn, database, &key, nil)
            }
            if code != MDB_NOTFOUND { try core.check(code, "write the catalog") }
        }
    }

    // MARK: Counters

    static func readCounters(_ number: ObjectNumber, _ txn: OpaquePointer, _ core: EnvironmentCore) throws
        -> CollectionCounters
    {
        var raw = number.rawValue
        return try withUnsafeMutableBytes(of: &raw) { bytes in
            var key = MDB_val(mv_size: 8, mv_data: bytes.baseAddress)
            var value = MDB_val()
            let code = mdb_get(txn, EnvironmentCore.Handle.counters, &key, &value)
            if code == MDB_NOTFOUND { return CollectionCounters() }
            try core.check(code, "read the counters")
            guard value.mv_size == 16 || value.mv_size == 32 else { throw damaged(core) }
            func word(_ offset: Int) -> UInt64 {
                UInt64(littleEndian: value.mv_data.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
            }
            return CollectionCounters(
                nextRecordId: word(0), dataSize: Int64(bitPattern: word(8)),
                stamps: value.mv_size == 32 ? ChangeStamps(last: word(16), lastReplacement: word(24)) : nil)
        }
    }

    /// Returns LMDB's code.
    static func writeCounters(_ counters: CollectionCounters, of number: ObjectNumber, _ txn: OpaquePointer) -> Int32 {
        var number = number.rawValue
        let stamps = counters.stamps ?? ChangeStamps()
        var words = (
            counters.nextRecordId.littleEndian, counters.dataSize.littleEndian, stamps.last.littleEndian,
            stamps.lastReplacement.littleEndian
        )
        return withUnsafeMutableBytes(of: &number) { number in
            withUnsafeMutableBytes(of: &words) { words in
                var key = MDB_val(mv_size: 8, mv_data: number.baseAddress)
                var value = MDB_val(mv_size: 32, mv_data: words.baseAddress)
                return mdb_put(txn, EnvironmentCore.Handle.counters, &key, &value, 0)
            }
        }
    }

    private static func writeMeta(_ name: String, _ bytes: [UInt8], _ txn: OpaquePointer, _ core: EnvironmentCore)
        throws
    {
        var name = Array(name.utf8)
        try put(EnvironmentCore.Handle.meta, &name, name.count, bytes, txn, core)
    }

    private static func put(
        _ database: MDB_dbi, _ key: UnsafeMutableRawPointer, _ keySize: Int, _ bytes: [UInt8], _ txn: OpaquePointer,
        _ core: EnvironmentCore
    ) throws {
        var key = MDB_val(mv_size: keySize, mv_data: key)
        try bytes.withUnsafeBytes { bytes in
            var value = MDB_val(mv_size: bytes.count, mv_data: UnsafeMutableRawPointer(mutating: bytes.baseAddress))
            try core.check(mdb_put(txn, database, &key, &value, 0), "write the catalog")
        }
    }
}

/// What a store hands out next.
struct SlotAllocation: Equatable {
    /// The next collection or index number.
    var nextNumber: UInt64 = 1
    /// Emptied databases ready for new collections and new indexes; the two differ in their LMDB flags.
    var freeRecordSlots: [Slot] = []
    var freeIndexSlots: [Slot] = []
}

/// What is counted per collection.
struct CollectionCounters: Equatable {
    var nextRecordId: RecordId = 1
    /// Bytes of all documents.
    var dataSize: Int64 = 0
    /// Nil of a collection that was written to last when stores had no stamps.
    var stamps: ChangeStamps? = ChangeStamps()
    /// Whether this transaction has updated or deleted a document. Not kept.
    var hasReplaced = false

    /// The counters as a transaction leaves them that changed the collection.
    func stamped(_ stamp: UInt64) -> CollectionCounters {
        var stamped = self
        // What happened before there were stamps, nobody can know.
        stamped.stamps = ChangeStamps(
            last: stamp, lastReplacement: hasReplaced || stamps == nil ? stamp : stamps!.lastReplacement)
        return stamped
    }
}

/// By which a collection's states are told apart: random numbers, drawn anew by each transaction that changes it, so that
/// they differ too between a store and what becomes of a copy of it. 0 where nothing has happened yet.
struct ChangeStamps: Equatable {
    /// Of the last transaction that changed anything.
    var last: UInt64 = 0
    /// Of the last one that updated or deleted a document.
    var lastReplacement: UInt64 = 0
}
