import BSON
import Definitions

/// What a collection definition says about the quality of its documents, beyond validator and foreign keys.
/// The format is documented in `collections/README.md`.
public struct QualityRules: Sendable {
    /// Conditions that documents, or the elements of an array in them, may fail.
    public let rules: [Rule]
    /// Fields that together should not have the same values twice.
    public let keys: [NaturalKey]
    /// Dates that may lie in the future.
    public let mayBeFuture: Set<String>

    public struct Rule: Sendable {
        /// A short stable name: `negativePrice`.
        public let check: String
        public let field: String
        public let severity: QualityFinding.Severity
        /// The array whose elements are looked at, as `$$each`; nil where the document is.
        public let each: String?
        /// An expression of MongoDB 4.2 that is true where something is wrong.
        public let fails: BSONValue
        /// What is wrong then, for people.
        public let says: String
    }

    public struct NaturalKey: Sendable {
        public let fields: [String]
        /// Whether texts that differ in case and in blanks at their ends are the same.
        public let ignoresCase: Bool
        public let severity: QualityFinding.Severity
        public let says: String
    }

    static let none = QualityRules(rules: [], keys: [], mayBeFuture: [])

    private init(rules: [Rule], keys: [NaturalKey], mayBeFuture: Set<String>) {
        self.rules = rules
        self.keys = keys
        self.mayBeFuture = mayBeFuture
    }

    init(_ reader: DefinitionReader) throws {
        try reader.allow(["rules", "keys", "mayBeFuture"])
        rules = try reader.documents("rules", optional: true).map { rule in
            try rule.allow(["check", "field", "severity", "each", "fails", "says"])
            let each = try rule.optionalString("each")
            let field = try rule.string("field")
            if let each, !field.hasPrefix(each + "[]") {
                throw rule.wrong("field", "is \(field); with each \(each) it begins with \(each)[]")
            }
            return Rule(
                check: try rule.string("check"), field: field,
                severity: try rule.choice("severity", QualityFinding.Severity.self), each: each,
                fails: .document(try rule.document("fails").document), says: try rule.string("says"))
        }
        if let twice = firstRepeated(rules.map(\.check)) { throw reader.wrong("rules", "name \(twice) twice") }
        keys = try reader.documents("keys", optional: true).map { key in
            try key.allow(["fields", "ignoresCase", "severity", "says"])
            return NaturalKey(
                fields: try key.strings("fields"), ignoresCase: try key.optionalBool("ignoresCase") ?? false,
                severity: try key.choice("severity", QualityFinding.Severity.self), says: try key.string("says"))
        }
        mayBeFuture = Set(try reader.strings("mayBeFuture", optional: true))
    }
}
