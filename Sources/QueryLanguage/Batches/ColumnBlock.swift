import BSON
import Synchronization

/// A run of a collection's documents, with the columns of what has been read from them.
///
/// The documents' bytes stay where they are for as long as the block is used.
public final class ColumnBlock: @unchecked Sendable {  // Invariant: columns are made, and looked for, under the lock.
    /// The documents themselves: replaying them as rows takes back the memory that their column may lie in.
    public let documents: [DocumentView]
    private let column: FieldColumn
    private let lock = Mutex(())

    init(_ documents: [DocumentView], _ memory: ColumnMemory) {
        let values = memory.vector(of: ValueView.self, documents.count)
        for i in documents.indices { values[i] = .document(documents[i]) }
        self.documents = documents
        column = FieldColumn(values, count: documents.count, memory.allRows(documents.count), memory)
    }

    /// A block whose columns go with the scope's batch.
    public convenience init(_ documents: [DocumentView], _ scope: Scope) {
        self.init(documents, ColumnMemory(scope.arena))
    }

    /// Lends the documents' column to one thread at a time.
    func withDocuments<R>(_ body: (FieldColumn) throws -> R) rethrows -> R {
        try lock.withLock { _ in try body(column) }
    }
}

/// The columns of a collection in one state of the store: what one query has read of the documents is there for the next.
///
/// A block spans a number of record ids, and begins at a multiple of it. When the columns take all the memory that they may
/// take, no more are kept.
public final class ColumnCache: Sendable {
    public static let blockLength: UInt64 = 512
    /// Where so few documents are left of a block it is not worth keeping.
    public static let fewestDocuments = 64
    /// A block stays as long as the cache: rows that a `$sort` holds may point to its texts and decimals.
    private let blocks = Mutex<[UInt64: (block: ColumnBlock, next: UInt64?)]>([:])
    private let budget: ColumnBudget

    public init(_ budget: ColumnBudget) { self.budget = budget }

    /// The block that begins at a record id, if it is kept, and the id of the first record behind it.
    public func block(at start: UInt64) -> (block: ColumnBlock, next: UInt64?)? { blocks.withLock { $0[start] } }

    /// Keeps documents as a block; nil where there is no more room.
    ///
    /// - Parameter next: the id of the first record behind them.
    public func keep(_ documents: [DocumentView], at start: UInt64, next: UInt64?) -> ColumnBlock? {
        if budget.isExhausted { return nil }
        let block = ColumnBlock(documents, ColumnMemory(Arena(chunkSize: 4096), keptWithin: budget))
        return blocks.withLock { blocks in
            if let known = blocks[start] { return known.block }
            blocks[start] = (block, next)
            return block
        }
    }
}
