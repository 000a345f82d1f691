import Analytics
import BSON

/// A part of a report that rests on how customers, products and designers are linked, and not on a saved aggregation.
public struct LinkSection: Sendable {
    /// Its topic's name, by which a report may be limited to it: one of `topics`.
    public let topic: String
    public let title: String
    /// What it rests on, in a sentence or two.
    public let lead: String
    /// Empty where the lead says that there is nothing to show.
    public let exhibits: [Exhibit]

    /// The topics that are parts of this kind.
    public static let topics = ["graph", "recommendations"]
}

/// Something to look at: a text with what belongs to it.
public struct Exhibit: Sendable {
    /// Part of the page's ids; unique in the report.
    public let id: String
    public let title: String
    /// What it shows, in a sentence or two.
    public let text: String
    /// Single numbers, as they are read.
    public var numbers: [(name: String, text: String)] = []
    public var drawing: Drawing?
    /// Lines in their order, such as recommended products.
    public var list: [String] = []
    public var tables: [Table] = []
    /// What else to know, in sentences.
    public var notes: [String] = []
    /// Definitions: what counts.
    public var definitions: [String] = []
    /// The command that answers the same, or more of it.
    public let command: String

    init(_ id: String, _ title: String, _ text: String, command: String) {
        self.id = id
        self.title = title
        self.text = text
        self.command = command
    }

    /// Rows, and perhaps how to draw them.
    public struct Table: Sendable {
        public let title: String
        public let columns: [Column]
        public let rows: [Document]
        public var chart: Chart?
    }

    /// A picture of nodes and edges.
    public struct Drawing: Sendable {
        /// The picture in words.
        public let summary: String
        /// An `svg` element; nil where there is no Graphviz.
        public let svg: String?
    }
}

extension Int {
    /// With commas between thousands, as everywhere in a report.
    var readable: String { CellText.readable(.int64(Int64(self)), Column(name: "", type: .integer)) }
}
