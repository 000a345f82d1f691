import BSON

/// What a refresh did about one gold collection.
public struct RefreshReport: Sendable {
    public enum Outcome: String, Sendable, CaseIterable {
        /// Every row was computed anew.
        case full
        /// The rows of some periods were.
        case incremental
        /// Nothing it depends on has changed: the rows stay.
        case unchanged
        /// It could not be computed; the rows that were there stay.
        case failed
        /// It is not kept, or has parameters without a value.
        case skipped
    }

    public let gold: String
    public let aggregation: String
    public let outcome: Outcome
    /// Why it went this way, in a few words.
    public let reason: String
    /// How many rows the gold collection has now.
    public let rows: Int?
    /// How many of them were computed.
    public let computed: Int
    /// When the rows are from: milliseconds since 1970-01-01.
    public let refreshedAt: Int64?
    public let seconds: Double
    /// Where `outcome` is `failed`.
    public let error: AtelierError?

    /// As a row of a table, or the worker's result.
    public var document: Document {
        Document { writer in
            writer.append("gold", BSONValue.string(gold))
            writer.append("aggregation", BSONValue.string(aggregation))
            writer.append("how", BSONValue.string(outcome.rawValue))
            writer.append("reason", BSONValue.string(reason))
            writer.append("rows", rows.map { BSONValue.integer($0) } ?? .null)
            writer.append("computed", BSONValue.integer(computed))
            writer.append("refreshedAt", refreshedAt.map { BSONValue.date($0) } ?? .null)
            writer.append("seconds", BSONValue.double(seconds))
        }
    }
}
