import Analytics
import BSON

/// Everything a report says, before it is laid out.
public struct Report: Sendable {
    public let title: String
    /// When it was computed, in milliseconds since the epoch.
    public let computedAt: Int64
    /// The moment of the latest order: what is younger is not in it. Nil where there are no orders.
    public let dataUntil: Int64?
    /// The currencies of the products, in which the amounts of money are.
    public let currencies: [String]
    /// The tiles at the top; empty where there is no complete month.
    public let keyFigures: [KeyFigure]
    public let topics: [Topic]
    /// How customers, products and designers are linked, and what is recommended from it.
    public let links: [LinkSection]
    /// The saved aggregations that are not in it, and why.
    public let omissions: [Omission]

    /// The answers about one thing.
    public struct Topic: Sendable {
        public let name: String
        public let answers: [Answer]
    }

    /// A saved aggregation and what it found.
    public struct Answer: Sendable {
        public let aggregation: SavedAggregation
        public let arguments: Arguments
        /// The first rows, at most `maximumRows`.
        public let rows: [Document]
        public let rowCount: Int

        /// More rows than anybody reads on a page are counted only.
        public static let maximumRows = 2000
    }

    /// A saved aggregation that is left out.
    public struct Omission: Sendable {
        public let name: String
        public let title: String
        public let reason: String
    }
}

/// What a report is about.
public struct ReportOptions: Sendable {
    public var title: String
    /// Only what is about this: a topic of aggregations or of `LinkSection.topics`; nil for everything.
    public var topic: String?
    /// Arguments by name, given to every aggregation that has such a parameter.
    public var parameters: [(name: String, text: String)]
    /// When it is computed, in milliseconds since the epoch.
    public var computedAt: Int64

    public init(
        title: String, topic: String? = nil, parameters: [(name: String, text: String)] = [], computedAt: Int64
    ) {
        self.title = title
        self.topic = topic
        self.parameters = parameters
        self.computedAt = computedAt
    }
}
