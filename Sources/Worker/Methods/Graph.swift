import Analytics
import BSON
import DocumentStore
import Graph

extension Method {
    static let graphRank = graph(
        .rank, "Nodes by personalised PageRank: where a walker is most often who starts over at given nodes.",
        parameters: [
            .optional("from", names, "Where the walker starts over, such as `customer:17850`; otherwise anywhere."),
            .optional(
                "edges", .either(.string, .array(of: .string), .document),
                "The types of edges to follow, or an object with what the weights of each are multiplied by; all types."
            ),
            .optional("damping", .number.defaulting(to: 0.85), "How probably an edge is followed: 0 to below 1."),
            .optional("kind", kinds, "The kind of nodes to return; what the edges lead to from where it starts."),
            .limit(10),
        ])

    static let graphNeighbors = graph(
        .neighbors, "What is around nodes, with the distance and the edge that leads there.",
        parameters: [
            .required("of", names, "The nodes, such as `customer:17850`."),
            .optional("depth", .integer(1...1000).defaulting(to: 1), "How many edges away at most."),
            .optional(
                "order", .choice(Neighborhood.Order.allCases.map(\.rawValue)).defaulting(to: "breadth"),
                "Nearest first, or along the edges as far as they go."),
        ] + Property.edgeChoice + [.limit(100), .maximumEdges])

    static let graphTraverse = graph(
        .traverse, "Steps from nodes to others, and which of those reached are the best.",
        parameters: [
            .required(
                "start", .either(.string, .array(of: .string), .document),
                "Nodes by name, or `{kind, filter}`: those of a kind whose documents match."),
            .required(
                "steps",
                .array(
                    of: .object(
                        Property.edgeChoice + [
                            .optional("filter", .document, "Only to nodes whose documents match."),
                            .optional(
                                "unseen", .boolean.defaulting(to: false),
                                "Not to nodes started from or reached by a step before."),
                        ]), minimumCount: 1), "The steps, one after another."),
            .optional(
                "rank", .choice(Traversal.Rank.allCases.map(\.rawValue)).defaulting(to: "paths"),
                "What comes first: most ways, greatest weight of the ways, or latest last edge."),
            .limit(100), .maximumEdges,
        ])

    static let graphPath = graph(
        .path, "The cheapest way between two nodes, or all ways up to a length.",
        parameters: [
            .required("from", .string, "A node such as `customer:17850`."), .required("to", .string, "Another."),
            .optional(
                "cost", .choice(EdgeCost.allCases.map(\.rawValue)).defaulting(to: "one"),
                "What an edge costs: 1, 1 / weight, or its weight."),
            .optional("all", .integer(1...20), "All ways of at most so many edges that visit no node twice."),
            .optional("since", .any, "Only edges of this time or later."),
            .optional("until", .any, "Only edges of before this time."),
        ] + Property.edgeChoice.filter { !["from", "to"].contains($0.name) } + [.limit(100), .maximumEdges])

    static let graphCommon = graph(
        .common, "What two nodes are both linked to.",
        parameters: [.required("of", .array(of: .string, minimumCount: 2), "The two nodes.")] + Property.edgeChoice
            + [.limit(100)])

    static let graphComponents = graph(
        .components, "Which nodes hang together, the largest groups first.",
        parameters: [.edgeTypes, .groupsOf, .groupMembers, .limit(10)])

    static let graphCommunities = graph(
        .communities, "Groups with more weight among themselves than chance would put there, by Louvain's method.",
        parameters: [
            .edgeTypes, .groupsOf, .groupMembers,
            .optional("resolution", .number.defaulting(to: 1), "Above 1 for more and smaller groups."), .limit(10),
        ])

    static let graphCentrality = graph(
        .centrality, "The best linked nodes.",
        parameters: [
            .optional(
                "measure", .choice("degree", "strength", "pagerank").defaulting(to: "degree"),
                "How many edges, what they weigh together, or PageRank."),
            .optional("kind", kinds, "The kind of nodes to return; all."),
            .optional("damping", .number, "Of PageRank; 0.85."),
        ] + Property.edgeChoice + [.limit(10)])

    static let graphSimilar = graph(
        .similar, "The nodes most like one by what they are linked to.",
        parameters: [
            .required("to", .string, "A node such as `product:85123A`."),
            .optional("edges", .string.defaulting(to: "bought"), "The type of edges that they are compared by."),
            .optional(
                "measure", .choice(SimilarityMeasure.allCases.map(\.rawValue)).defaulting(to: "cosine"),
                "How likeness is measured."),
            .limit(10), .maximumEdges,
        ])

    static let graphDescribe = graph(
        .describe, "How large the graph is: edges by type, and the memory they take.",
        parameters: [
            .edgeTypes,
            .optional(
                "reread", .boolean.defaulting(to: false),
                "Whether to read the store anew, and not only what is new by counts and times."),
        ])

    private static let names = Schema.either(.string, .array(of: .string, minimumCount: 1))
    private static let kinds = Schema.choice(NodeKind.allCases.map(\.name) + ["all"])

    private static func graph(_ task: GraphQuestion.Task, _ summary: String, parameters: [Property]) -> Method {
        let canBeDrawn = ![.describe, .components, .communities].contains(task)
        return Method(
            "graph.\(task.rawValue)", summary, parameters: parameters + (canBeDrawn ? [.drawing] : []) + [.database],
            result: .object(
                Property.answer + [
                    .required(
                        "data",
                        .object([
                            .required("readAt", .any, "When the store was read."),
                            .required("latest", .any, "The latest time of any edge; null where none has one."),
                            .required(
                                "freshness", .choice(Freshness.allCases.map(\.rawValue)),
                                "How it is known that nothing newer was there: all was `read`; the collections' `states` told "
                                    + "what had changed; or their `counts` and times did, which a change in place escapes."
                            ),
                        ]), "The time of the graph's data."),
                    .optional(
                        "drawing", .string,
                        "The nodes of the answer and the edges between them, where it was asked for."),
                    .optional("omitted", .integer(from: 0), "How many nodes did not fit the drawing."),
                ])
        ) { call in
            let names = Set(parameters.map(\.name)).subtracting(["reread"])
            let asked = Document(
                call.parameters.document.elements.filter { names.contains($0.key) }.map { ($0.key, $0.value) })
            do {
                let question = try GraphQuestion(task, asked)
                let monitor = GraphMonitor(
                    check: { [cancellation = call.cancellation] in try cancellation.check() },
                    report: { [progress = call.progress] _, count in progress?.report(done: count) })
                let graph = try call.service.graphs.graph(
                    of: call.database, question.types, isForced: call.parameters.bool("reread") ?? false,
                    monitor: monitor)
                let answer = try question.answer(graph, NodeDocuments(call.database), monitor: monitor)
                var rows = answer.answer
                // The time of the data is a member of its own here.
                rows.notes.removeLast()
                let document = rows.document.setting("data", .document(answer.time))
                guard let format = call.parameters.string("drawing") else { return document }
                let documents = NodeDocuments(call.database)
                let drawing = DotDrawing(
                    graph, answer.drawn, emphasizing: answer.emphasized, answer.types,
                    names: try documents.names(Array(answer.drawn.prefix(DotDrawing.maximumNodes)), in: graph),
                    caption: graph.timeNote)
                let text = format == "svg" ? try Graphviz.svg(drawing.text, check: monitor.check) : drawing.text
                return document.setting("drawing", .string(text)).setting("omitted", .integer(drawing.omitted))
            } catch let error as AtelierError where error.code == .badValue && error.location != nil {
                throw call.parameters.invalid(
                    error.location ?? "", AtelierError(error.code, error.message, advice: error.advice))
            }
        }
    }
}

extension Property {
    fileprivate static func limit(_ standard: Int) -> Property {
        .optional("limit", .integer(from: 0).defaulting(to: BSONValue.integer(standard)), "How many at most.")
    }

    fileprivate static let maximumEdges = Property.optional(
        "maxEdges", .integer(from: 1).defaulting(to: BSONValue.integer(Traversal.standardMaximum)),
        "How many edges may be looked at; more is an error, with advice.")

    fileprivate static let edgeTypes = Property.optional(
        "edges", .either(.string, .array(of: .string)),
        "Types of edges: \(EdgeType.allCases.map { "`\($0.name)`" }.joined(separator: ", ")); all.")

    fileprivate static let drawing = Property.optional(
        "drawing", .choice(["dot", "svg"]),
        "Whether to draw the answer too: in Graphviz's language, or as svg, for which Graphviz has to be installed.")

    fileprivate static let groupsOf = Property.optional(
        "of", .either(.string, .array(of: .string)), "Only the groups of these nodes.")

    fileprivate static let groupMembers = Property.optional(
        "members", .boolean.defaulting(to: false),
        "Whether to return the nodes of the groups, not a line for each group.")

    fileprivate static let edgeChoice: [Property] = [
        .edgeTypes,
        .optional(
            "direction", .choice(Direction.allCases.map(\.rawValue)).defaulting(to: "both"),
            "As the type says, against that, or both."),
        .optional("from", .any, "Only edges of this time or later: a date, or `\"2010-09-30\"`."),
        .optional("to", .any, "Only edges of before this time."),
        .optional("edgeFilter", .document, "Only edges that match, as documents of `type`, `weight` and `time`."),
        .optional("perNode", .integer(from: 1), "At most so many edges of each node: against hubs."),
        .optional(
            "prefer", .choice(EdgeChoice.Preference.allCases.map(\.rawValue)).defaulting(to: "weight"),
            "Which of a node's edges then."),
    ]
}
