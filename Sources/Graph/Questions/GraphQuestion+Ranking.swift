import Analytics
import BSON

extension GraphQuestion {
    typealias Plan = (types: Set<EdgeType>, ask: @Sendable (Asked) throws -> GraphAnswer)

    private static let node = Column(name: "node", type: .string, title: "Node")
    private static let score = Column(name: "score", type: .number, title: "Score")

    /// Kinds by name, `all` among them.
    private static func kinds(_ reader: ParameterReader) throws -> [NodeKind]? {
        guard let text = try reader.string("kind") else { return nil }
        if text == "all" { return NodeKind.allCases }
        guard let kind = NodeKind(name: text) else {
            let names = NodeKind.allCases.map(\.name) + ["all"]
            throw reader.error(
                "kind", "there is no kind \(text)", advice: "There are \(names.joined(separator: ", ")).")
        }
        return [kind]
    }

    static func rank(_ reader: ParameterReader) throws -> Plan {
        let starts = try reader.strings("from") ?? []
        let edges = try reader.edgeTypes(isWeighing: true) ?? EdgeType.allCases.map { ($0, 1) }
        let damping = try reader.number("damping") ?? 0.85
        guard damping >= 0 && damping < 1 else {
            throw reader.error("damping", "expected at least 0 and less than 1, found \(damping)")
        }
        let limit = try reader.integer("limit", in: 0...Int.max) ?? 10
        let kinds = try kinds(reader)
        let factors = Dictionary(edges.map { ($0.type, $0.factor) }, uniquingKeysWith: { _, last in last })
        return (
            Set(factors.keys),
            { asked in
                let graph = asked.graph
                let from = try starts.map(graph.nodes.find(name:))
                // From a node, what its edges lead to; from nowhere, everything.
                let wanted =
                    kinds
                    ?? (from.isEmpty ? NodeKind.allCases : ends(of: Set(factors.keys), Set(from.map(graph.nodes.kind))))
                let rank = try PersonalizedPageRank(graph, edges: factors, damping: damping)
                var best: [RankedNode] = []
                let restarts = from.map { (node: $0, weight: 1.0) }
                if wanted.count == 1 && !from.isEmpty && limit <= 100 {
                    best = try rank.top(limit, of: wanted[0], from: restarts, tolerance: 1e-12)
                } else if !from.isEmpty || graph.edgeCount > 0 {
                    let scores = try from.isEmpty ? rank.scores() : rank.scores(from: restarts)
                    let nodes = wanted.flatMap { Array(graph.nodes.range($0)) }.filter { scores[$0] > 0 }
                    best = RankedNode.best(min(limit, nodes.count), of: nodes) { scores[$0] }
                }
                let rows = best.map {
                    ["node": .string(graph.nodes.name($0.node)), "score": .double($0.score)] as Document
                }
                let names = EdgeType.allCases.filter { factors[$0] != nil }.map(\.name).joined(separator: ", ")
                let heading =
                    (from.isEmpty ? "PageRank" : "PageRank from \(starts.joined(separator: ", "))")
                    + " over \(names), damping \(damping)"
                return GraphAnswer(
                    Answer(heading: heading, columns: [node, score], rows: rows), drawing: from + best.map(\.node),
                    emphasizing: from.count)
            }
        )
    }

    /// The kinds that edges of some types lead to from nodes of some kinds.
    private static func ends(of types: Set<EdgeType>, _ kinds: Set<NodeKind>) -> [NodeKind] {
        let ends = types.flatMap { type in
            (kinds.contains(type.source) ? [type.target] : []) + (kinds.contains(type.target) ? [type.source] : [])
        }
        return ends.isEmpty ? NodeKind.allCases : NodeKind.allCases.filter(ends.contains)
    }

    private enum Centrality: String, CaseIterable {
        case degree, strength, pagerank
    }

    static func centrality(_ reader: ParameterReader) throws -> Plan {
        let measure = try reader.choice("measure", Centrality.self) ?? .degree
        let choice = try reader.edgeChoice()
        let damping = try reader.number("damping")
        let kinds = try kinds(reader) ?? NodeKind.allCases
        let limit = try reader.integer("limit", in: 0...Int.max) ?? 10
        if measure == .pagerank {
            if choice.direction != .both || choice.filter != nil || choice.from != nil || choice.to != nil
                || choice.perNode != nil
            {
                throw reader.error("measure", "pagerank follows all edges of the types, both ways")
            }
        } else if damping != nil {
            throw reader.error("damping", "it is for pagerank")
        }
        if let damping, !(damping >= 0 && damping < 1) {
            throw reader.error("damping", "expected at least 0 and less than 1, found \(damping)")
        }
        return (
            Set(choice.types),
            { asked in
                let graph = asked.graph
                let degrees = try graph.degrees(choice, monitor: asked.monitor)
                let scores: [Double]
                switch measure {
                case .degree: scores = degrees.map { Double($0.count) }
                case .strength: scores = degrees.map(\.weight)
                case .pagerank:
                    let factors = Dictionary(choice.types.map { ($0, 1.0) }, uniquingKeysWith: { a, _ in a })
                    scores =
                        degrees.contains { $0.count > 0 }
                        ? try PersonalizedPageRank(graph, edges: factors, damping: damping ?? 0.85).scores()
                        : degrees.map { _ in 0 }
                }
                let nodes = kinds.flatMap { Array(graph.nodes.range($0)) }.filter { scores[$0] > 0 }
                let best = RankedNode.best(min(limit, nodes.count), of: nodes) { scores[$0] }
                let rows = best.map { ranked -> Document in
                    [
                        "node": .string(graph.nodes.name(ranked.node)),
                        "score": measure == .degree ? .integer(Int(ranked.score)) : .double(ranked.score),
                        "degree": .integer(degrees[ranked.node].count),
                        "strength": .double(degrees[ranked.node].weight),
                    ]
                }
                return GraphAnswer(
                    Answer(
                        heading: "Nodes by \(measure.rawValue)",
                        columns: [
                            node, score, Column(name: "degree", type: .integer, title: "Edges"),
                            Column(name: "strength", type: .number, title: "Weight"),
                        ], rows: rows), drawing: best.map(\.node))
            }
        )
    }

    static func similar(_ reader: ParameterReader) throws -> Plan {
        guard let to = try reader.string("to") else {
            throw reader.error("to", "expected a node such as product:85123A")
        }
        let edges = try reader.edgeTypes() ?? [(.bought, 1)]
        guard edges.count == 1 else { throw reader.error("edges", "expected one type of edges") }
        let type = edges[0].type
        let measure = try reader.choice("measure", SimilarityMeasure.self) ?? .cosine
        let limit = try reader.integer("limit", in: 0...Int.max) ?? 10
        let most = try reader.integer("maxEdges", in: 1...Int.max) ?? Traversal.standardMaximum
        let kind = try NodeTable.parse(to).kind
        guard type.source == kind || type.target == kind else {
            throw reader.error(
                "edges", "\(type.name) edges link \(type.source.name)s and \(type.target.name)s, not \(kind.name)s")
        }
        return (
            [type],
            { asked in
                let graph = asked.graph
                let start = try graph.nodes.find(name: to)
                let found = try graph.similar(
                    to: start, by: type, measure, limit: limit, maximumEdges: most, monitor: asked.monitor)
                let rows = found.map { other -> Document in
                    [
                        "node": .string(graph.nodes.name(other.node)), "similarity": .double(other.similarity),
                        "common": .integer(other.common),
                    ]
                }
                return GraphAnswer(
                    Answer(
                        heading: "Most like \(to) by \(type.name), \(measure.rawValue)",
                        columns: [
                            node, Column(name: "similarity", type: .number, title: "Similarity"),
                            Column(name: "common", type: .integer, title: "In common"),
                        ], rows: rows), drawing: [start] + found.map(\.node), emphasizing: 1)
            }
        )
    }
}
