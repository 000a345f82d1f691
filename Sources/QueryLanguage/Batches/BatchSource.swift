/// A source of a pipeline whose rows come one by one or in batches.
public protocol BatchSource: Stage {
    /// Reads the next batch, which takes back the memory of the one before; false at the end.
    func loadBatch(_ scope: Scope) throws -> Bool

    /// Makes `next` yield the rows of the batch at hand, and no more. Without it `next` yields none.
    func replay()
}
