import BSON
import QueryLanguage
import Storage

/// A source that knows which record it stands at.
class RecordSource: Stage {
    var recordId: RecordId { preconditionFailure("every record source stands at a record") }
}

/// Every document of a collection, straight from the store's pages.
final class CollectionScan: RecordSource {
    private let cursor: RecordCursor
    private let slot: Slot
    private let forward: Bool
    private let examined: Examined
    /// Which records to read; all where it is nil.
    private let part: Range<RecordId>?
    private var started = false
    private var steps = 0

    init(
        _ cursor: RecordCursor, _ compiler: Compiler, _ examined: Examined, forward: Bool, part: Range<RecordId>? = nil
    ) {
        self.cursor = cursor
        self.part = part
        self.examined = examined
        self.forward = forward
        slot = compiler.shape.base!
    }

    override func next(_ scope: Scope) throws -> Bool {
        steps &+= 1
        if steps & 1023 == 0 { try scope.interrupt.check() }
        let found: Bool
        if started {
            found = forward ? try cursor.next() : try cursor.previous()
        } else {
            started = true
            if let part {
                found = try cursor.seek(to: part.lowerBound)
            } else {
                found = forward ? try cursor.first() : try cursor.last()
            }
        }
        guard found else { return false }
        if let part, cursor.recordId >= part.upperBound { return false }
        examined.documents &+= 1
        scope.arena.reset()
        scope.assign(slot, .document(cursor.document))
        return true
    }

    override var recordId: RecordId { cursor.recordId }

    override func restart() { started = false }
}

/// The documents behind ranges of an index's keys, each once.
final class IndexScan: RecordSource {
    private let reader: StorageReader
    private let collection: CollectionEntry
    private let cursor: IndexCursor
    private let ranges: [KeyRanges.Range]
    private let slot: Slot
    private let forward: Bool
    private let examined: Examined
    /// Records already seen, where a document can have several keys.
    private var seen: Set<RecordId>?
    private var range = 0
    private var inRange = false
    private var steps = 0

    init(
        _ reader: StorageReader, _ collection: CollectionEntry, _ index: IndexEntry, _ ranges: KeyRanges,
        _ compiler: Compiler, _ examined: Examined, forward: Bool
    ) throws {
        self.examined = examined
        self.reader = reader
        self.collection = collection
        cursor = try reader.keys(of: index)
        self.ranges = forward ? ranges.ranges : ranges.ranges.reversed()
        self.forward = forward
        seen = index.isMultikey ? [] : nil
        slot = compiler.shape.base!
    }

    override func next(_ scope: Scope) throws -> Bool {
        while try advance() {
            steps &+= 1
            if steps & 1023 == 0 { try scope.interrupt.check() }
            if seen != nil, !seen!.insert(cursor.recordId).inserted { continue }
            guard let document = try reader.record(cursor.recordId, in: collection) else { continue }
            examined.documents &+= 1
            scope.arena.reset()
            scope.assign(slot, .document(document))
            return true
        }
        return false
    }

    /// Moves to the next key in the ranges.
    private func advance() throws -> Bool {
        while range < ranges.count {
            let bounds = ranges[range]
            let found: Bool
            if inRange {
                found = forward ? try cursor.next() : try cursor.previous()
            } else {
                inRange = true
                found =
                    forward
                    ? try bounds.lower.withUnsafeBytes { try cursor.seek(to: $0) }
                    : try bounds.upper.withUnsafeBytes { try cursor.seek(before: $0) }
            }
            if found && contains(bounds) {
                examined.keys &+= 1
                return true
            }
            inRange = false
            range += 1
        }
        return false
    }

    private func contains(_ bounds: KeyRanges.Range) -> Bool {
        if forward { return bounds.upper.withUnsafeBytes { cursor.isBefore($0) } }
        return bounds.lower.isEmpty
            || bounds.lower.withUnsafeBytes { compareBytes(cursor.key, $0) >= 0 || cursor.isTruncated }
    }

    override var recordId: RecordId { cursor.recordId }

    override func restart() {
        range = 0
        inRange = false
        if seen != nil { seen = [] }
    }
}
