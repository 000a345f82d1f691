import BSON
import QueryLanguage
import Storage

/// Finds documents by the value of one field, through an index that begins with it.
final class EqualityLookup: EqualityIndex {
    private let reader: StorageReader
    private let collection: CollectionEntry
    private let cursor: IndexCursor
    private let descending: Bool
    private let key = IndexKeyBuffer()
    private let upper = IndexKeyBuffer()

    /// Nil where no index begins with the field.
    init?(_ reader: StorageReader, _ collection: CollectionEntry, _ field: String) throws {
        let usable = collection.indexes.first { index in
            guard let first = index.keyPattern.elements.first else { return false }
            return first.key == field && !index.isSparse && first.value.integerValue != nil
        }
        guard let usable else { return nil }
        self.reader = reader
        self.collection = collection
        descending = (usable.keyPattern.elements[0].value.integerValue ?? 1) < 0
        cursor = try reader.keys(of: usable)
    }

    func documents(equalTo value: ValueView, into result: inout [ValueView]) throws {
        key.reset()
        key.append(value, descending: descending)
        upper.reset()
        upper.append(value, descending: descending)
        let bounded = upper.makeSuccessor()
        let unbounded = UnsafeRawBufferPointer(start: nil, count: 0)
        var found = try cursor.seek(to: key.bytes)
        while found, cursor.isBefore(bounded ? upper.bytes : unbounded) {
            if let document = try reader.record(cursor.recordId, in: collection) { result.append(.document(document)) }
            found = try cursor.next()
        }
    }
}
