import BSON

/// A question about the data that somebody wrote down once: its parameters, its pipeline, and how to read the answer.
///
/// Lives in `aggregations/NAME.json`; the format, and the rule by which arguments are put into the pipeline, are in
/// aggregations/README.md. `AggregationCatalog` finds them.
public struct SavedAggregation: Sendable {
    public let name: String
    public let title: String
    /// The question in words.
    public let question: String
    /// What the question is about: `sales`, `customers`, `products` …; lists and reports put those of one topic together.
    public let topic: String
    /// The collection the pipeline starts from.
    public let collection: String
    public let parameters: [Parameter]
    /// The stages, with `$param` and `$if` where arguments go.
    public let pipeline: [Document]
    public let columns: [Column]
    public let chart: Chart?
    /// Definitions and traps: what counts and what does not.
    public let notes: [String]
    /// The oldest MongoDB that knows every operator used.
    public let since: String
    /// How its rows are kept as a gold collection.
    public let refresh: RefreshRule
    /// The file it was read from.
    public let path: String

    /// The topic of an aggregation that names none.
    public static let defaultTopic = "other"

    /// The stages to run with these arguments.
    public func stages(_ arguments: Arguments) -> [Document] { Substitution(arguments: arguments).apply(to: pipeline) }
}
