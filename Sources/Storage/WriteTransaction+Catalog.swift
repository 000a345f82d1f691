import BSON
import CLMDB

extension WriteTransaction {
    /// Puts a changed entry into the catalog.
    func replace(_ collection: CollectionEntry) {
        catalog = catalog.setting(collection, slotCount: draft.slotCount)
        draft.changed.insert(collection.number)
        draft.hasChanged = true
    }

    private func current(_ collection: CollectionEntry) throws -> CollectionEntry {
        try requireUsable()
        guard let current = catalog[collection.number] else {
            throw AtelierError(
                .namespaceNotFound, "ns not found: the collection has been dropped", at: "\(collection.namespace)")
        }
        return current
    }

    // MARK: Collections

    /// Makes a collection with its index on `_id`.
    ///
    /// - Throws: `namespaceExists` (48).
    @discardableResult
    public func createCollection(_ namespace: Namespace, options: Document = Document(), uuid: [UInt8]? = nil) throws
        -> CollectionEntry
    {
        try requireUsable()
        if catalog[namespace] != nil {
            throw AtelierError(.namespaceExists, "Collection \(namespace) already exists.")
        }
        let source = try core.makeKeySource(for: .id)
        let slot = try takeSlot(forRecords: true)
        let indexSlot: Slot
        do {
            indexSlot = try takeSlot(forRecords: false)
        } catch {
            try giveBack(slot, isForRecords: true)
            throw error
        }
        let number = takeNumber()
        let idIndex = IndexEntry(
            number: takeNumber(), collection: number, definition: .id, source: source, slot: indexSlot)
        let collection = CollectionEntry(
            number: number, namespace: namespace, uuid: uuid ?? WriteTransaction.randomUUID(), options: options,
            indexes: [idIndex], slot: slot)
        replace(collection)
        return collection
    }

    /// Drops a collection with its indexes. Readers of older snapshots still see it.
    public func dropCollection(_ collection: CollectionEntry) throws {
        let collection = try current(collection)
        closeWriter(collection.number)
        counters[collection.number] = nil
        catalog = catalog.removing(collection.number)
        draft.changed.remove(collection.number)
        draft.removed.insert(collection.number)
        draft.droppedRecordSlots.append(collection.slot)
        draft.droppedIndexSlots += collection.indexes.map(\.slot)
        draft.hasChanged = true
    }

    /// Gives a collection another name, in any database; it keeps number and UUID.
    ///
    /// - Parameter dropTarget: drop a collection that has the name already.
    /// - Throws: `namespaceExists` (48) where there is one and it may not be dropped.
    @discardableResult
    public func renameCollection(
        _ collection: CollectionEntry, to namespace: Namespace, dropTarget: Bool = false
    ) throws -> CollectionEntry {
        let collection = try current(collection)
        if let target = catalog[namespace] {
            if target.number == collection.number {
                throw AtelierError(.illegalOperation, "Can't rename a collection to itself")
            }
            if !dropTarget { throw AtelierError(.namespaceExists, "target namespace exists") }
            try dropCollection(target)
        }
        closeWriter(collection.number)
        let renamed = collection.with(namespace: namespace)
        catalog = catalog.removing(collection.number)
        replace(renamed)
        return renamed
    }

    /// Replaces a collection's options.
    @discardableResult
    public func setOptions(_ options: Document, of collection: CollectionEntry) throws -> CollectionEntry {
        let changed = try current(collection).with(options: options)
        closeWriter(changed.number)
        replace(changed)
        return changed
    }

    private static func randomUUID() -> [UInt8] {
        var bytes = (0..<16).map { _ in UInt8.random(in: 0...255) }
        bytes[6] = bytes[6] & 0x0F | 0x40
        bytes[8] = bytes[8] & 0x3F | 0x80
        return bytes
    }

    // MARK: Indexes

    /// Makes an index and fills it from the collection's records. O(n log n).
    ///
    /// - Throws: `indexOptionsConflict` (85) where an index of this name exists, `cannotCreateIndex` (67) where the
    ///   pattern is none, `duplicateKey` (11000) where a unique index finds a key twice; nothing is changed then.
    @discardableResult
    public func createIndex(_ definition: IndexDefinition, on collection: CollectionEntry) throws -> IndexEntry {
        let collection = try current(collection)
        if collection.index(named: definition.name) != nil {
            throw AtelierError(
                .indexOptionsConflict, "An index named '\(definition.name)' already exists",
                at: "\(collection.namespace)")
        }
        let source = try core.makeKeySource(for: definition)
        closeWriter(collection.number)
        let slot = try takeSlot(forRecords: false)
        let empty = IndexEntry(
            number: takeNumber(), collection: collection.number, definition: definition, source: source, slot: slot)
        let index: IndexEntry
        do {
            index = try IndexBuilder(self, collection, empty).build()
        } catch {
            if failure == nil { try giveBack(slot, isForRecords: false) }
            throw error
        }
        replace(collection.with(indexes: collection.indexes + [index]))
        return index
    }

    /// Drops an index.
    ///
    /// - Throws: `indexNotFound` (27), `invalidOptions` (72) for the index on `_id`.
    public func dropIndex(named name: String, of collection: CollectionEntry) throws {
        let collection = try current(collection)
        guard let index = collection.index(named: name) else {
            throw AtelierError(.indexNotFound, "index not found with name [\(name)]", at: "\(collection.namespace)")
        }
        if index.number == collection.idIndex.number { throw AtelierError(.invalidOptions, "cannot drop _id index") }
        closeWriter(collection.number)
        draft.droppedIndexSlots.append(index.slot)
        replace(collection.with(indexes: collection.indexes.filter { $0.number != index.number }))
    }

    /// Replaces an index's options, which must leave its keys as they are: `hidden`, `expireAfterSeconds`.
    ///
    /// - Throws: `indexNotFound` (27), `invalidOptions` (72) where `unique` or `sparse` would change.
    @discardableResult
    public func setOptions(_ options: Document, ofIndexNamed name: String, of collection: CollectionEntry) throws
        -> IndexEntry
    {
        let collection = try current(collection)
        guard let index = collection.index(named: name) else {
            throw AtelierError(.indexNotFound, "index not found with name [\(name)]", at: "\(collection.namespace)")
        }
        let definition = IndexDefinition(name: name, keyPattern: index.keyPattern, options: options)
        if definition.isUnique != index.isUnique || definition.isSparse != index.isSparse {
            throw AtelierError(.invalidOptions, "an index cannot change whether it is unique or sparse", at: name)
        }
        closeWriter(collection.number)
        let changed = index.with(definition: definition, source: try core.makeKeySource(for: definition))
        replace(collection.with(indexes: collection.indexes.map { $0.number == index.number ? changed : $0 }))
        return changed
    }
}
