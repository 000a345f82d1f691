import BSON

/// The number of a record within its collection. Ids grow with every insert and are never used twice.
public typealias RecordId = UInt64

/// A collection's full name: `database.collection`.
public struct Namespace: Hashable, Sendable, CustomStringConvertible {
    public let database: String
    public let collection: String

    public init(_ database: String, _ collection: String) {
        self.database = database
        self.collection = collection
    }

    public var description: String { "\(database).\(collection)" }
}

/// A collection's or index's number within its store; never used twice.
public struct ObjectNumber: Hashable, Sendable, Comparable {
    public let rawValue: UInt64
    init(_ rawValue: UInt64) { self.rawValue = rawValue }
    public static func < (a: ObjectNumber, b: ObjectNumber) -> Bool { a.rawValue < b.rawValue }
}

/// One of the LMDB databases a store keeps for records and indexes.
///
/// A dropped collection's databases are emptied and given to later collections, so that a process that creates and
/// drops collections all day never runs out of handles. That is safe for readers of older snapshots, because a
/// snapshot has the databases' contents of its own time.
struct Slot: Hashable, Sendable {
    let number: Int
    init(_ number: Int) { self.number = number }
}

/// What collections and indexes there are, as one transaction sees them. Immutable.
public final class Catalog: Sendable {
    /// Grows with every committed change to the catalog.
    public let version: UInt64
    /// How many slots had been made when this version was written.
    let slotCount: Int
    private let byNamespace: [Namespace: CollectionEntry]
    private let byNumber: [ObjectNumber: CollectionEntry]

    init(version: UInt64, slotCount: Int, collections: some Sequence<CollectionEntry>) {
        self.version = version
        self.slotCount = slotCount
        var byNamespace: [Namespace: CollectionEntry] = [:]
        var byNumber: [ObjectNumber: CollectionEntry] = [:]
        for collection in collections {
            byNamespace[collection.namespace] = collection
            byNumber[collection.number] = collection
        }
        self.byNamespace = byNamespace
        self.byNumber = byNumber
    }

    /// The collection of this name, if there is one.
    public subscript(namespace: Namespace) -> CollectionEntry? { byNamespace[namespace] }

    /// The collection of this number, if there still is one.
    public subscript(number: ObjectNumber) -> CollectionEntry? { byNumber[number] }

    /// All collections, in no particular order.
    public var collections: some Collection<CollectionEntry> { byNumber.values }

    /// The collections of one database, by name. O(collections).
    public func collections(in database: String) -> [CollectionEntry] {
        byNamespace.values.filter { $0.namespace.database == database }
            .sorted { $0.namespace.collection < $1.namespace.collection }
    }

    /// The names of the databases that have collections, sorted. O(collections).
    public var databases: [String] { Set(byNamespace.keys.map(\.database)).sorted() }

    /// This catalog with one collection added or replaced.
    func setting(_ collection: CollectionEntry, slotCount: Int) -> Catalog {
        var all = byNumber
        all[collection.number] = collection
        return Catalog(version: version, slotCount: slotCount, collections: all.values)
    }

    /// This catalog without one collection.
    func removing(_ number: ObjectNumber) -> Catalog {
        var all = byNumber
        all[number] = nil
        return Catalog(version: version, slotCount: slotCount, collections: all.values)
    }

    /// This catalog under another version.
    func numbered(_ version: UInt64, slotCount: Int) -> Catalog {
        Catalog(version: version, slotCount: slotCount, collections: byNumber.values)
    }
}

/// A collection as one transaction sees it. Immutable.
public final class CollectionEntry: Sendable {
    public let number: ObjectNumber
    public let namespace: Namespace
    /// 16 bytes, random, kept when the collection is renamed.
    public let uuid: [UInt8]
    /// What `create` was given: `validator`, `capped`, …. Storage keeps it and gives it no meaning.
    public let options: Document
    /// All indexes, `_id_` first, the others in the order they were made.
    public let indexes: [IndexEntry]
    let slot: Slot

    init(
        number: ObjectNumber, namespace: Namespace, uuid: [UInt8], options: Document, indexes: [IndexEntry], slot: Slot
    ) {
        self.number = number
        self.namespace = namespace
        self.uuid = uuid
        self.options = options
        self.indexes = indexes
        self.slot = slot
    }

    public func index(named name: String) -> IndexEntry? { indexes.first { $0.name == name } }

    /// The unique index on `_id` that every collection has.
    public var idIndex: IndexEntry { indexes[0] }

    func with(namespace: Namespace? = nil, options: Document? = nil, indexes: [IndexEntry]? = nil) -> CollectionEntry {
        CollectionEntry(
            number: number, namespace: namespace ?? self.namespace, uuid: uuid, options: options ?? self.options,
            indexes: indexes ?? self.indexes, slot: slot)
    }
}
