import BSON
import QueryLanguage
import Storage

/// A source that knows which record it stands at.
class RecordSource: Stage {
    var recordId: RecordId { preconditionFailure("every record source stands at a record") }
}

/// Every document of a collection, straight from the store's pages.
final class CollectionScan: RecordSource, BatchSource {
    private let cursor: RecordCursor
    private let slot: Slot
    private let forward: Bool
    private let examined: Examined
    /// Which records to read; all where it is nil.
    private let part: Range<RecordId>?
    private var started = false
    private var steps = 0
    /// Records that the cursor has passed already: while one is looked at, the next ones are on their way from memory.
    private let ahead: UnsafeMutablePointer<Record>
    private var position = 0
    private var count = 0
    /// How many records to read ahead; more as the scan goes on, as somebody may want a single one.
    private var reach = 1
    private let furthest: Int
    /// Documents read together, their columns where they are kept, and those of the documents that are the batch at hand.
    private var documents: [DocumentView] = []
    private var kept: ColumnBlock?
    private var batch = 0..<0
    private var batchLength = CollectionScan.batchRows
    /// The next document of the batch to be yielded as a row.
    private var replayed: Int?
    /// What columns are kept in, where they are kept. Rows that are held behind the scan may point into it.
    private let cache: ColumnCache?
    /// Of a collection whose columns are kept, the first record not read yet and the last one that was.
    private var upcoming: RecordId?
    private var lastRead: RecordId?
    private static let batchRows = Int(ColumnCache.blockLength)
    private static let batchBytes = 4 << 20

    private struct Record {
        let id: RecordId
        let document: DocumentView
    }

    /// - Parameter readsAhead: whether documents stay where they are while the scan goes on, as in a snapshot.
    init(
        _ cursor: RecordCursor, _ compiler: Compiler, _ examined: Examined, forward: Bool, readsAhead: Bool,
        part: Range<RecordId>? = nil, cache: ColumnCache? = nil
    ) {
        self.cursor = cursor
        self.cache = cache
        self.part = part
        self.examined = examined
        self.forward = forward
        furthest = readsAhead ? 12 : 1
        ahead = .allocate(capacity: furthest)
        slot = compiler.shape.base!
    }

    deinit { ahead.deallocate() }

    override func next(_ scope: Scope) throws -> Bool {
        steps &+= 1
        if steps & 1023 == 0 { try scope.interrupt.check() }
        if let replayed {
            guard replayed < batch.upperBound else { return false }
            self.replayed = replayed + 1
            scope.arena.reset()
            scope.assign(slot, .document(documents[replayed]))
            return true
        }
        position += 1
        if position >= count, try !read() { return false }
        examined.documents &+= 1
        scope.arena.reset()
        scope.assign(slot, .document(ahead[position].document))
        return true
    }

    /// Reads the next records; false where there are none.
    private func read() throws -> Bool {
        (position, count) = (0, 0)
        while count < reach, try step() {
            if let part, cursor.recordId >= part.upperBound { break }
            (ahead + count).initialize(to: Record(id: cursor.recordId, document: cursor.document))
            count += 1
        }
        reach = min(2 * reach, furthest)
        return count > 0
    }

    private func step() throws -> Bool {
        if started { return forward ? try cursor.next() : try cursor.previous() }
        started = true
        if let part { return try cursor.seek(to: part.lowerBound) }
        return forward ? try cursor.first() : try cursor.last()
    }

    // MARK: Batches

    override var batchSource: (any BatchSource)? { furthest > 1 ? self : nil }

    func loadBatch(_ scope: Scope) throws -> Bool {
        try scope.interrupt.check()
        scope.beginBatch()
        if batch.upperBound == documents.count {
            documents.removeAll(keepingCapacity: true)
            kept = nil
            if let cache { try readBlock(cache) } else { try readDocuments() }
            batch = 0..<0
            examined.documents &+= Int64(documents.count)
        }
        batch = batch.upperBound..<min(documents.count, batch.upperBound + batchLength)
        replayed = batch.upperBound
        // What had to be small may grow again, by and by.
        batchLength = min(batchLength + batchLength / 4 + 1, CollectionScan.batchRows)
        return !batch.isEmpty
    }

    override func batch(_ scope: Scope) throws -> Batch {
        if let kept { return Batch(kept, batch, in: slot, scope) }
        return Batch(ColumnBlock(Array(documents[batch]), scope), 0..<batch.count, in: slot, scope)
    }

    func shrinkBatch(_ scope: Scope) -> Bool {
        guard batch.count > 1 else { return false }
        scope.beginBatch()
        batchLength = batch.count / 2
        batch = batch.lowerBound..<batch.lowerBound + batchLength
        replayed = batch.upperBound
        return true
    }

    func replayBatch() { replayed = batch.lowerBound }

    /// Reads the next block of a collection whose columns are kept.
    private func readBlock(_ cache: ColumnCache) throws {
        if !started { upcoming = try step() ? cursor.recordId : nil }
        guard let first = upcoming, first < part?.upperBound ?? .max else { return }
        let start = first - first % ColumnCache.blockLength
        let end = start + ColumnCache.blockLength
        let isAtStart = lastRead.map { $0 < start } ?? true
        if isAtStart, let (block, next) = cache.block(at: start) {
            (kept, documents, upcoming, lastRead) = (block, block.documents, next, end - 1)
            return
        }
        var found = try cursor.seek(to: first)
        var bytes = 0
        func read(below bound: RecordId) throws {
            while found, cursor.recordId < bound, documents.count < CollectionScan.batchRows,
                bytes < CollectionScan.batchBytes
            {
                documents.append(cursor.document)
                bytes += cursor.document.length
                lastRead = cursor.recordId
                found = try cursor.next()
            }
        }
        try read(below: end)
        // Of a block of large documents only parts are looked at together, and none is kept; nor is what few documents are
        // left of one, which are read along with those that follow.
        let isWhole = isAtStart && (!found || cursor.recordId >= end)
        if isWhole && documents.count >= ColumnCache.fewestDocuments {
            upcoming = found ? cursor.recordId : nil
            kept = cache.keep(documents, at: start, next: upcoming)
        } else {
            try read(below: part?.upperBound ?? .max)
            upcoming = found ? cursor.recordId : nil
        }
    }

    /// Reads the next documents.
    private func readDocuments() throws {
        var bytes = 0
        while documents.count < CollectionScan.batchRows, bytes < CollectionScan.batchBytes, try step() {
            if let part, cursor.recordId >= part.upperBound { break }
            documents.append(cursor.document)
            bytes += cursor.document.length
        }
    }

    override var recordId: RecordId { ahead[position].id }

    override func restart() {
        (documents, kept, batch, replayed, upcoming, lastRead) = ([], nil, 0..<0, nil, nil, nil)
        started = false
        (position, count, reach) = (0, 0, 1)
    }
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
