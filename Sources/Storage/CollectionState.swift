/// Which state a collection is in, as seen by one transaction.
///
/// Two states are the same where `uuid` and `last` are. Where besides them `opening` and `lastReplacement` are the same,
/// there were only insertions between the two, and the documents of the earlier one are the first `count` of the later
/// one in natural order.
public struct CollectionState: Sendable, Equatable {
    /// The collection's.
    public let uuid: [UInt8]
    /// Drawn when this process opened the file: states of different openings may be of a store and of a restored copy.
    public let opening: UInt64
    /// Drawn by the transaction that changed the collection last; 0 where none has.
    public let last: UInt64
    /// Drawn by the transaction that updated or deleted a document of it last; 0 where none has.
    public let lastReplacement: UInt64
    /// How many documents there are.
    public let count: Int
}
