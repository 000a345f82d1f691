import BSON

/// What one check found in one collection.
public struct QualityFinding: Sendable {
    /// How bad it is.
    public enum Severity: String, Sendable, CaseIterable, Comparable {
        /// Worth knowing: optional fields that are not there.
        case info
        /// May be right, and should be looked at.
        case warning
        /// Cannot be right: answers are wrong because of it.
        case error

        public static func < (a: Severity, b: Severity) -> Bool { a.rank < b.rank }
        private var rank: Int { self == .info ? 0 : self == .warning ? 1 : 2 }
    }

    public let severity: Severity
    public let collection: String
    /// What was checked: `missing`, `null`, `invalid`, `type`, `value`, `minimum`, `maximum`, `future`, `duplicate`, `orphan`,
    /// `rejected`, or a rule's name.
    public let check: String
    /// The field, or the fields; `[]` stands for the elements of an array. The reason of rejected rows.
    public let field: String?
    /// How many documents, elements or rows have the fault.
    public let count: Int
    /// Of how many that were looked at.
    public let of: Int
    /// The `_id` of two documents that have it, the least and the greatest; empty where there are none.
    public let examples: [BSONValue]
    /// What it means, for people. Holds no values of documents.
    public let says: String

    /// The part that has the fault; 0 where nothing was looked at.
    public var share: Double { of == 0 ? 0 : Double(count) / Double(of) }

    public var document: Document {
        [
            "severity": .string(severity.rawValue), "collection": .string(collection), "check": .string(check),
            "field": field.map { .string($0) } ?? .null, "count": .integer(count), "of": .integer(of),
            "share": .double(share), "examples": .array(BSONArray(examples)), "says": .string(says),
        ]
    }
}
