/// A source of rows that come one by one or in batches.
public protocol BatchSource: Stage {
    /// Reads the next batch, which takes back the memory of the one before; false at the end.
    func loadBatch(_ scope: Scope) throws -> Bool

    /// Makes the batch at hand smaller, and those to come: its other rows are the next batch's. False where it cannot be
    /// smaller.
    func shrinkBatch(_ scope: Scope) -> Bool

    /// Makes `next` yield the rows of the batch at hand, and no more. Without it `next` yields none.
    func replayBatch()
}

extension BatchSource {
    /// Works out batch after batch.
    ///
    /// - Parameters:
    ///   - prepare: works a batch out, and changes nothing but its memory.
    ///   - take: uses the result.
    ///   - takeRows: takes the rows of a batch one by one, from `next`: where it could not be worked out. That says what
    ///     is wrong, if anything is.
    func forEachBatch<Result>(
        _ scope: Scope, prepare: () throws -> Result, take: (Result) throws -> Void, takeRows: () throws -> Void
    ) throws {
        /// Nil where the rows have to say what the batch cannot.
        func prepared() -> Result? {
            while true {
                do {
                    return try prepare()
                } catch is TooLarge where shrinkBatch(scope) {
                    continue
                } catch {
                    return nil
                }
            }
        }
        while try loadBatch(scope) {
            if let result = prepared() {
                try take(result)
            } else {
                replayBatch()
                try takeRows()
            }
        }
    }
}
