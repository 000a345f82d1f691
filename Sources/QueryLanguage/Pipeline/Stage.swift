import BSON

/// A running stage of a pipeline: pulls rows from the one before and leaves its own row in the scope's slots.
open class Stage {
    public init() {}

    /// Moves to the next row; false at the end.
    open func next(_ scope: Scope) throws -> Bool {
        preconditionFailure("every stage says how it moves on")
    }

    /// The source of the pipeline up to here, where it can be worked out in batches.
    open var batchSource: (any BatchSource)? { nil }

    /// What the stage makes of the batch that the source holds. What it throws leaves the batch to `next`, row by row.
    open func batch(_ scope: Scope) throws -> Batch { throw Irregular() }

    /// Starts over: the next `next` yields the first row again, with the variables as they then are.
    open func restart() {}
}

/// One row, empty: what a pipeline without a collection starts from.
public final class SingleRow: Stage {
    private let slot: Slot
    private var done = false
    private static let empty: [UInt8] = Document().bytes
    private let document: ValueView

    public init(_ compiler: Compiler) {
        slot = compiler.shape.base!
        document = compiler.arena.document { _ in }
    }

    public override func next(_ scope: Scope) -> Bool {
        if done { return false }
        done = true
        scope.arena.reset()
        scope.assign(slot, document)
        return true
    }

    public override func restart() { done = false }
}

/// Documents that are held elsewhere for as long as the pipeline runs.
public final class BufferedDocuments: Stage {
    private let slot: Slot
    public var documents: [ValueView] = []
    private var position = 0

    public init(_ compiler: Compiler) { slot = compiler.shape.base! }

    public override func next(_ scope: Scope) throws -> Bool {
        guard position < documents.count else { return false }
        if position & 1023 == 0 { try scope.interrupt.check() }
        scope.arena.reset()
        scope.assign(slot, documents[position])
        position += 1
        return true
    }

    public override func restart() { position = 0 }
}
