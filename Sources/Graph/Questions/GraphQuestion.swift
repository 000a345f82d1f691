import Analytics
import BSON
import DocumentStore

/// A question to a graph, as the command line and the worker both ask it: a task and its parameters as JSON.
///
/// ```swift
/// let question = try GraphQuestion(.rank, ["from": "customer:17850", "edges": "bought", "limit": 10])
/// let graph = try Graph(of: database, GraphOptions(types: question.types))
/// let answer = try question.answer(graph, NodeDocuments(database))
/// ```
public struct GraphQuestion: Sendable {
    public enum Task: String, CaseIterable, Sendable {
        case rank, neighbors, traverse, path, common, components, communities, centrality, similar, describe
    }

    public let task: Task
    /// The edges that it asks about: those that the graph has to have.
    public let types: Set<EdgeType>
    private let ask: @Sendable (Asked) throws -> GraphAnswer

    /// What there is to answer with.
    struct Asked {
        let graph: Graph
        let documents: NodeDocuments
        let monitor: GraphMonitor
    }

    /// - Throws: `badValue`, with the place, for parameters that the task does not have or cannot use.
    public init(_ task: Task, _ parameters: Document) throws {
        self.task = task
        let reader = ParameterReader(parameters)
        switch task {
        case .rank: (types, ask) = try GraphQuestion.rank(reader)
        case .neighbors: (types, ask) = try GraphQuestion.neighbors(reader)
        case .traverse: (types, ask) = try GraphQuestion.traverse(parameters)
        case .path: (types, ask) = try GraphQuestion.path(reader)
        case .common: (types, ask) = try GraphQuestion.common(reader)
        case .components: (types, ask) = try GraphQuestion.components(reader)
        case .communities: (types, ask) = try GraphQuestion.communities(reader)
        case .centrality: (types, ask) = try GraphQuestion.centrality(reader)
        case .similar: (types, ask) = try GraphQuestion.similar(reader)
        case .describe: (types, ask) = try GraphQuestion.describe(reader)
        }
        if task != .traverse { try reader.finish() }
    }

    /// - Throws: `noSuchKey` for a node that the graph does not have; `operationFailed` for a walk over more edges than
    ///   may be looked at; what the store and the monitor throw.
    public func answer(_ graph: Graph, _ documents: NodeDocuments, monitor: GraphMonitor = GraphMonitor()) throws
        -> GraphAnswer
    {
        var answer = try ask(Asked(graph: graph, documents: documents, monitor: monitor))
        answer.time = graph.provenance.time
        answer.types = EdgeType.allCases.filter(types.contains)
        answer.answer.notes.append(graph.timeNote)
        return answer
    }
}

/// What a question is answered with.
public struct GraphAnswer: Sendable {
    /// The rows, and how to read them.
    public var answer: Answer
    /// The time of the graph's data: `{readAt, latest, freshness}`.
    public var time: Document = [:]
    /// The nodes to draw, those that the question began with first.
    public var drawn: [Int]
    /// How many of those the question began with.
    public var emphasized: Int
    /// The edges to draw between them.
    public var types: [EdgeType] = []

    init(_ answer: Answer, drawing drawn: [Int] = [], emphasizing emphasized: Int = 0) {
        self.answer = answer
        self.drawn = drawn
        self.emphasized = emphasized
    }
}

extension Graph {
    /// The time of the data, as a sentence: below tables, and in drawings.
    public var timeNote: String {
        func text(_ time: Int64) -> String { UTCDate(milliseconds: time).iso8601(milliseconds: .whenNotZero) }
        let latest =
            provenance.latest == Graph.noTime
            ? "no edge has a time" : "the latest edge is of \(text(provenance.latest))"
        guard provenance.readAt != Graph.noTime else { return "Data: \(latest)." }
        let caution =
            switch provenance.freshness {
            case .counts:
                " What changed since it was read first was told by counts and times; changes in place were not."
            case .snapshot: " It comes from a file and was compared with no store."
            case .read, .states, .changes: ""
            }
        return "Data: read at \(text(provenance.readAt)), \(latest).\(caution)"
    }
}
