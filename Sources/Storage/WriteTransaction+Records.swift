import BSON
import CLMDB
import Glibc

extension WriteTransaction {
    /// Adds a document with its keys in all indexes.
    ///
    /// - Parameter document: complete, with its `_id`. Its bytes must not lie in pages of this transaction.
    /// - Returns: its record id, greater than all before.
    /// - Throws: `duplicateKey` (11000) where a unique index has one of its keys, or what a key source throws; nothing
    ///   is changed then.
    @discardableResult
    public func insert(_ document: DocumentView, into collection: CollectionEntry) throws -> RecordId {
        let writer = try writer(for: collection)
        let id = writer.counters.nextRecordId
        for index in writer.indexes { try index.makeKeys(of: document, in: index.keys) }
        let mark = undo.mark
        for position in writer.indexes.indices {
            let index = writer.indexes[position]
            for key in 0..<index.keys.count {
                guard let conflict = try put(index, index.keys, key, id, document, writer) else { continue }
                try takeBack(writer, id, through: position, keys: key) { _, _ in true }
                undo.forget(to: mark)
                throw duplicateKey(writer, index, document, conflict)
            }
        }
        var number = id
        let code = withUnsafeMutableBytes(of: &number) { bytes in
            var key = MDB_val(mv_size: 8, mv_data: bytes.baseAddress)
            var value = MDB_val(mv_size: document.length, mv_data: UnsafeMutableRawPointer(mutating: document.base))
            if undo.isRecording { undo.record(writer.database, key: key, old: nil) }
            return mdb_cursor_put(writer.records, &key, &value, UInt32(MDB_APPEND))
        }
        try must(code, "insert a document")
        writer.counters.nextRecordId = id + 1
        writer.counters.dataSize += Int64(document.length)
        writer.countersChanged = true
        noteIndexFlags(writer)
        return id
    }

    /// Replaces a document, adjusting its keys in all indexes.
    ///
    /// - Returns: false where there is no such record.
    /// - Throws: as `insert`; nothing is changed then.
    @discardableResult
    public func update(_ id: RecordId, in collection: CollectionEntry, to document: DocumentView) throws -> Bool {
        let writer = try writer(for: collection)
        guard let old = try locate(id, writer) else { return false }
        let oldLength = old.mv_size
        let oldView = DocumentView(base: UnsafeRawPointer(old.mv_data), length: oldLength)
        for index in writer.indexes {
            try index.makeKeys(of: oldView, in: index.oldKeys)
            try index.makeKeys(of: document, in: index.keys)
        }
        let mark = undo.mark
        if undo.isRecording { recordOld(id, old, writer) }
        for position in writer.indexes.indices {
            let index = writer.indexes[position]
            for key in 0..<index.keys.count where !index.oldKeys.contains(index.keys, key) {
                guard let conflict = try put(index, index.keys, key, id, document, writer) else { continue }
                try takeBack(writer, id, through: position, keys: key) { !$0.oldKeys.contains($0.keys, $1) }
                undo.forget(to: mark)
                throw duplicateKey(writer, index, document, conflict)
            }
        }
        for index in writer.indexes {
            for key in 0..<index.oldKeys.count where !index.keys.contains(index.oldKeys, key) {
                try remove(index, index.oldKeys, key, id)
            }
        }
        var number = id
        let code = withUnsafeMutableBytes(of: &number) { bytes in
            var key = MDB_val(mv_size: 8, mv_data: bytes.baseAddress)
            var value = MDB_val(mv_size: document.length, mv_data: UnsafeMutableRawPointer(mutating: document.base))
            return mdb_cursor_put(writer.records, &key, &value, 0)
        }
        try must(code, "update a document")
        writer.counters.dataSize += Int64(document.length - oldLength)
        writer.counters.hasReplaced = true
        writer.countersChanged = true
        noteIndexFlags(writer)
        return true
    }

    /// Removes a document and its keys from all indexes.
    ///
    /// - Returns: false where there is no such record.
    @discardableResult
    public func delete(_ id: RecordId, from collection: CollectionEntry) throws -> Bool {
        let writer = try writer(for: collection)
        guard let old = try locate(id, writer) else { return false }
        let oldLength = old.mv_size
        let oldView = DocumentView(base: UnsafeRawPointer(old.mv_data), length: oldLength)
        for index in writer.indexes { try index.makeKeys(of: oldView, in: index.oldKeys) }
        if undo.isRecording { recordOld(id, old, writer) }
        for index in writer.indexes {
            for key in 0..<index.oldKeys.count { try remove(index, index.oldKeys, key, id) }
        }
        try must(mdb_cursor_del(writer.records, 0), "delete a document")
        writer.counters.dataSize -= Int64(oldLength)
        writer.counters.hasReplaced = true
        writer.countersChanged = true
        return true
    }

    // MARK: Records

    /// Moves the writer's cursor to a record. The value is valid until something is written.
    private func locate(_ id: RecordId, _ writer: CollectionWriter) throws -> MDB_val? {
        var id = id
        var value = MDB_val()
        let code = withUnsafeMutableBytes(of: &id) { bytes in
            var key = MDB_val(mv_size: 8, mv_data: bytes.baseAddress)
            return mdb_cursor_get(writer.records, &key, &value, MDB_SET)
        }
        if code == MDB_NOTFOUND { return nil }
        try must(code, "read a record")
        return value
    }

    private func recordOld(_ id: RecordId, _ old: MDB_val, _ writer: CollectionWriter) {
        var id = id
        withUnsafeMutableBytes(of: &id) {
            undo.record(writer.database, key: MDB_val(mv_size: 8, mv_data: $0.baseAddress), old: old)
        }
    }

    // MARK: Keys

    /// Puts one key. Returns the record that has it already where the index is unique.
    private func put(
        _ index: IndexWriter, _ keys: IndexKeySet, _ position: Int, _ id: RecordId, _ document: DocumentView,
        _ writer: CollectionWriter
    ) throws -> KeyConflict? {
        let isTruncated = keys.isTruncated(at: position)
        let isUnique = index.entry.isUnique
        if isTruncated && isUnique, let conflict = try conflictOfTruncated(index, keys, position, id, document, writer)
        {
            return conflict
        }
        return try IndexEntryFormat.withEntry(keys[position], id, isUnique: isUnique, isTruncated: isTruncated) {
            key, value in
            let appends = try isPastEnd(index, key)
            if undo.isRecording { undo.record(index.database, key: key, old: nil) }
            var stored = value
            let code = mdb_cursor_put(index.cursor, &key, &stored, UInt32(appends ? MDB_APPEND : MDB_NOOVERWRITE))
            if code == MDB_KEYEXIST && isUnique && !appends {
                return KeyConflict(key: Array(keys[position]))
            }
            try must(code, "write an index")
            return nil
        }
    }

    private func remove(_ index: IndexWriter, _ keys: IndexKeySet, _ position: Int, _ id: RecordId) throws {
        let isTruncated = keys.isTruncated(at: position)
        try IndexEntryFormat.withEntry(keys[position], id, isUnique: index.entry.isUnique, isTruncated: isTruncated) {
            key, value in
            if undo.isRecording { undo.record(index.database, key: key, old: value) }
            let code = mdb_del(txn, index.database, &key, nil)
            if code == MDB_NOTFOUND { throw missingKey(index.entry) }
            try must(code, "write an index")
        }
    }

    /// Takes back the keys that a failing insert or update has put, up to one of an index.
    private func takeBack(
        _ writer: CollectionWriter, _ id: RecordId, through last: Int, keys lastCount: Int,
        isNew: (IndexWriter, Int) -> Bool
    ) throws {
        for position in 0...last {
            let index = writer.indexes[position]
            let end = position == last ? lastCount : index.keys.count
            for key in 0..<end where isNew(index, key) {
                let isTruncated = index.keys.isTruncated(at: key)
                try IndexEntryFormat.withEntry(
                    index.keys[key], id, isUnique: index.entry.isUnique, isTruncated: isTruncated
                ) { key, _ in
                    try must(mdb_del(txn, index.database, &key, nil), "write an index")
                }
            }
        }
    }

    /// Whether a key is greater than all in the index, which makes putting it cheap.
    @inline(__always)
    private func isPastEnd(_ index: IndexWriter, _ key: MDB_val) throws -> Bool {
        if index.lastKey == nil {
            var (last, value) = (MDB_val(), MDB_val())
            let code = mdb_cursor_get(index.cursor, &last, &value, MDB_LAST)
            if code == MDB_NOTFOUND {
                index.lastKey = []
            } else {
                try must(code, "read an index")
                index.lastKey = Array(UnsafeRawBufferPointer(start: last.mv_data, count: last.mv_size))
            }
        }
        let bytes = UnsafeRawBufferPointer(start: key.mv_data, count: key.mv_size)
        let isGreater = index.lastKey!.withUnsafeBytes { compareBytes(bytes, $0) > 0 }
        if isGreater { index.lastKey!.replaceSubrange(0..., with: bytes) }
        return isGreater
    }

    // MARK: Conflicts

    /// Compares whole keys with those of the documents whose keys were cut to the same bytes.
    private func conflictOfTruncated(
        _ index: IndexWriter, _ keys: IndexKeySet, _ position: Int, _ id: RecordId, _ document: DocumentView,
        _ writer: CollectionWriter
    ) throws -> KeyConflict? {
        let prefix = keys[position]
        let mine = try wholeKeys(of: document, index, beginningWith: prefix)
        let cursor = try self.keys(of: index.entry)
        defer { cursor.close() }
        var found = try cursor.seek(to: prefix)
        while found, cursor.key.elementsEqual(prefix) {
            if cursor.isTruncated, cursor.recordId != id, let other = try record(cursor.recordId, in: writer.entry) {
                let theirs = try wholeKeys(of: other, index, beginningWith: prefix)
                if let key = mine.first(where: theirs.contains) { return KeyConflict(key: key) }
            }
            found = try cursor.next()
        }
        return nil
    }

    private func wholeKeys(
        of document: DocumentView, _ index: IndexWriter, beginningWith prefix: UnsafeRawBufferPointer
    ) throws -> [[UInt8]] {
        let keys = IndexKeySet(limit: .max)
        try index.makeKeys(of: document, in: keys)
        return keys.arrays.filter { $0.starts(with: prefix) }
    }

    private func duplicateKey(
        _ writer: CollectionWriter, _ index: IndexWriter, _ document: DocumentView, _ conflict: KeyConflict
    ) -> AtelierError {
        let values = index.generator?.values(of: document, forKey: conflict.key)
        return AtelierError.duplicateKey(index.entry.definition, in: writer.entry.namespace, values: values)
    }

    private func missingKey(_ index: IndexEntry) -> AtelierError {
        failure =
            failure
            ?? AtelierError(
                .internalError, "the index '\(index.name)' lacks a key of a document it should have", at: core.path,
                advice: "Run `atelier check`, then drop the index and create it again.")
        return failure!
    }

    // MARK: Flags

    /// Keeps in the catalog that an index has become multikey, or has cut a key.
    @inline(__always)
    private func noteIndexFlags(_ writer: CollectionWriter) {
        for index in writer.indexes where index.keys.hasNews(for: index.entry) { updateFlags(writer, index) }
    }

    private func updateFlags(_ writer: CollectionWriter, _ index: IndexWriter) {
        var multikey = index.entry.multikeyPaths
        for (field, components) in index.keys.multikeyPaths.enumerated() { multikey[field] |= components }
        let updated = index.entry.with(
            multikeyPaths: multikey, hasTruncatedKeys: index.entry.hasTruncatedKeys || index.keys.hasTruncatedKeys)
        index.entry = updated
        writer.entry = writer.entry.with(
            indexes: writer.entry.indexes.map { $0.number == updated.number ? updated : $0 })
        replace(writer.entry)
    }
}

/// The whole key that a unique index has already.
struct KeyConflict {
    let key: [UInt8]
}
