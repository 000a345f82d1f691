import BSON

/// What makes an index: its name, the fields it orders by, and how it treats them.
public struct IndexDefinition: Sendable {
    public let name: String
    /// For example `{status: 1, orderedAt: -1}`.
    public let keyPattern: Document
    /// Every other option as given: `unique`, `sparse`, `partialFilterExpression`, `expireAfterSeconds`, `hidden`, ….
    /// Storage itself honours `unique` and `sparse`; an `IndexKeySource` can honour the rest.
    public let options: Document
    public let isUnique: Bool
    public let isSparse: Bool

    public init(name: String, keyPattern: Document, options: Document = Document()) {
        self.name = name
        self.keyPattern = keyPattern
        self.options = options
        isUnique = options["unique"]?.isTruthy ?? false
        isSparse = options["sparse"]?.isTruthy ?? false
    }

    /// The index that every collection has.
    public static let id = IndexDefinition(name: "_id_", keyPattern: ["_id": 1], options: ["unique": true])
}

/// An index as one transaction sees it. Immutable.
public final class IndexEntry: Sendable {
    public let number: ObjectNumber
    /// The collection it belongs to.
    let collection: ObjectNumber
    public let definition: IndexDefinition
    /// For each field of the key pattern, which components of its path have met an array (bit 0 is the first
    /// component; positions past 63 share bit 63). All zero: one key per document, at most.
    public let multikeyPaths: [UInt64]
    /// Whether a key has ever been cut at `IndexKeyBuffer.maximumLength`: such keys must be rechecked against their
    /// documents, and their order is that of their first bytes only.
    public let hasTruncatedKeys: Bool
    /// What turns documents into keys.
    public let source: any IndexKeySource
    let slot: Slot

    init(
        number: ObjectNumber, collection: ObjectNumber, definition: IndexDefinition, multikeyPaths: [UInt64] = [],
        hasTruncatedKeys: Bool = false, source: any IndexKeySource, slot: Slot
    ) {
        self.number = number
        self.collection = collection
        self.definition = definition
        // A source may report on more fields than the one that served the index before, and none may be forgotten.
        self.multikeyPaths = multikeyPaths + Array(repeating: 0, count: max(0, source.fieldCount - multikeyPaths.count))
        self.hasTruncatedKeys = hasTruncatedKeys
        self.source = source
        self.slot = slot
    }

    public var name: String { definition.name }
    public var keyPattern: Document { definition.keyPattern }
    public var isUnique: Bool { definition.isUnique }
    public var isSparse: Bool { definition.isSparse }
    /// Whether a document may have more than one key here.
    public var isMultikey: Bool { multikeyPaths.contains { $0 != 0 } }

    func with(
        definition: IndexDefinition? = nil, source: (any IndexKeySource)? = nil, multikeyPaths: [UInt64]? = nil,
        hasTruncatedKeys: Bool? = nil
    ) -> IndexEntry {
        IndexEntry(
            number: number, collection: collection, definition: definition ?? self.definition,
            multikeyPaths: multikeyPaths ?? self.multikeyPaths,
            hasTruncatedKeys: hasTruncatedKeys ?? self.hasTruncatedKeys, source: source ?? self.source, slot: slot)
    }
}

/// Turns a document into the keys it has in an index.
///
/// Storage has one for key patterns of ascending and descending fields (`IndexKeyGenerator`). Whoever opens the store
/// may bring others, for index types and options that need more than BSON: hashed, text, geospatial, partial,
/// wildcard.
public protocol IndexKeySource: Sendable {
    /// How many fields' multikey paths the source reports.
    var fieldCount: Int { get }

    /// Adds the document's keys to a set that has been reset.
    ///
    /// Deterministic: the same document gives the same keys in every process, as removing it depends on that.
    /// - Throws: `AtelierError` where the document cannot be indexed; the write then fails and changes nothing.
    func addKeys(of document: DocumentView, to keys: IndexKeySet) throws
}

/// Makes the key source for an index; nil means storage's own.
public typealias IndexKeySourceProvider = @Sendable (IndexDefinition) throws -> (any IndexKeySource)?
