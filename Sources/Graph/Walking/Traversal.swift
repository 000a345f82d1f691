import BSON

/// Steps from some nodes to others, and which of those reached are the best.
///
/// As JSON:
///
/// ```json
/// { "start": "customer:17850",
///   "steps": [ { "edges": "bought", "direction": "out", "perNode": 20, "prefer": "recent" },
///              { "edges": "bought", "direction": "in", "filter": { "address.country": "France" }, "unseen": true },
///              { "edges": "bought", "direction": "out", "from": "2010-06-01", "unseen": true } ],
///   "rank": "paths", "limit": 10 }
/// ```
public struct Traversal: Sendable {
    /// How many edges a walk looks at unless it is said otherwise.
    public static let standardMaximum = 10_000_000

    /// The nodes to start from.
    public enum Start: Sendable {
        /// By name, such as `customer:17850`.
        case names([String])
        /// Those of a kind whose documents match.
        case matching(NodeKind, Document)
    }

    public struct Step: Sendable {
        public var edges: EdgeChoice
        /// Only to nodes whose documents match, in MongoDB's query language.
        public var filter: Document?
        /// Not to nodes that were started from or reached by a step before.
        public var unseen = false

        public init(_ edges: EdgeChoice, filter: Document? = nil, unseen: Bool = false) {
            self.edges = edges
            self.filter = filter
            self.unseen = unseen
        }
    }

    /// What comes first.
    public enum Rank: String, CaseIterable, Sendable {
        /// The nodes that most ways lead to.
        case paths
        /// Those with the highest sum over their ways of the product of the edges' weights.
        case weight
        /// Those whose last edge is the latest.
        case recent
    }

    public var start: Start
    public var steps: [Step]
    public var rank = Rank.paths
    public var limit = 100
    public var maximumEdges = Traversal.standardMaximum

    public init(from start: Start, _ steps: [Step]) {
        self.start = start
        self.steps = steps
    }

    /// Reads a traversal.
    /// - Throws: `badValue`, with the place, for what cannot be understood.
    public init(_ document: Document) throws {
        let reader = ParameterReader(document)
        if let start = try? reader.object("start") {
            let part = ParameterReader(start, at: "start")
            guard let name = try part.string("kind"), let kind = NodeKind(name: name) else {
                throw part.error(
                    "kind", "expected one of \(NodeKind.allCases.map(\.name).joined(separator: ", "))")
            }
            self.start = .matching(kind, try part.object("filter") ?? [:])
            try part.finish()
        } else if let names = try reader.strings("start"), !names.isEmpty {
            start = .names(names)
        } else {
            throw reader.error(
                "start", "expected where to start from",
                advice: "Name nodes, \"customer:17850\" or several, or {\"kind\": \"customer\", \"filter\": {…}}.")
        }
        steps = try reader.objects("steps").enumerated().map { index, step in
            let part = ParameterReader(step, at: "steps[\(index)]")
            let result = Step(
                try part.edgeChoice(), filter: try part.object("filter"), unseen: try part.bool("unseen") ?? false)
            try part.finish()
            return result
        }
        guard !steps.isEmpty else {
            throw reader.error(
                "steps", "expected at least one step",
                advice: "For example [{\"edges\": \"bought\", \"direction\": \"out\"}].")
        }
        if let rank = try reader.choice("rank", Rank.self) { self.rank = rank }
        if let limit = try reader.integer("limit", in: 0...Int.max) { self.limit = limit }
        if let most = try reader.integer("maxEdges", in: 1...Int.max) { maximumEdges = most }
        try reader.finish()
    }

    /// The edges that it follows.
    public var types: Set<EdgeType> { Set(steps.flatMap(\.edges.types)) }

    /// A node that the last step reached.
    public struct Arrival: Sendable {
        public let node: Int
        /// How many ways lead to it; `UInt128.max` for that many or more.
        public let paths: UInt128
        /// The sum over the ways of the product of their edges' weights.
        public let weight: Double
        /// When the latest last edge was; `Graph.noTime` where none has a time.
        public let latest: Int64
        /// One way to it: the one of the greatest weight.
        public let example: [Int]
    }

    /// What a traversal found.
    public struct Result: Sendable {
        /// The best, best first.
        public let arrivals: [Arrival]
        /// How many nodes the last step reached.
        public let reached: Int
        /// How many edges were looked at.
        public let edges: Int
    }

    /// Walks.
    ///
    /// - Parameter documents: answers filters on nodes.
    /// - Throws: `noSuchKey` for a node that the graph does not have; `operationFailed` where more edges would be looked
    ///   at than may be; what the documents and the monitor throw.
    public func run(on graph: Graph, _ documents: NodeDocuments, monitor: GraphMonitor = GraphMonitor()) throws
        -> Result
    {
        let count = graph.nodes.count
        var frontier: [Int]
        switch start {
        case .names(let names): frontier = Array(Set(try names.map(graph.nodes.find(name:)))).sorted()
        case .matching(let kind, let filter):
            frontier = try documents.matching(filter, Array(graph.nodes.range(kind)), in: graph)
        }
        var seen = [Bool](repeating: false, count: count)
        var paths = [UInt128](repeating: 0, count: count)
        var weights = [Double](repeating: 0, count: count)
        var latest = [Int64](repeating: Graph.noTime, count: count)
        for node in frontier {
            seen[node] = true
            (paths[node], weights[node]) = (1, 1)
        }
        /// Per step, where the heaviest way to each node it reached came from.
        var origins: [[Int: Int]] = []
        var edges = 0
        for step in steps {
            let walker = try EdgeWalker(graph, step.edges, maximumEdges: maximumEdges - edges, monitor)
            var next: [Int] = []
            var nextPaths = [UInt128](repeating: 0, count: count)
            var nextWeights = [Double](repeating: 0, count: count)
            var nextLatest = [Int64](repeating: Graph.noTime, count: count)
            var heaviest: [Int: (weight: Double, from: Int)] = [:]
            for node in frontier {
                try walker.forEach(node) { hop in
                    if step.unseen && seen[hop.node] { return }
                    if nextPaths[hop.node] == 0 { next.append(hop.node) }
                    let weight = weights[node] * Double(hop.weight)
                    let (sum, isTooMany) = nextPaths[hop.node].addingReportingOverflow(paths[node])
                    nextPaths[hop.node] = isTooMany ? .max : sum
                    nextWeights[hop.node] += weight
                    nextLatest[hop.node] = max(nextLatest[hop.node], hop.time)
                    if let known = heaviest[hop.node], known.weight >= weight { return }
                    heaviest[hop.node] = (weight, node)
                }
            }
            edges += walker.edges
            next.sort()
            if let filter = step.filter {
                let matching = try documents.matching(filter, next, in: graph)
                let kept = Set(matching)
                for node in next where !kept.contains(node) { nextPaths[node] = 0 }
                next = matching
            }
            for node in next { seen[node] = true }
            origins.append(heaviest.mapValues(\.from))
            (frontier, paths, weights, latest) = (next, nextPaths, nextWeights, nextLatest)
        }
        func precedes(_ a: Int, _ b: Int) -> Bool {
            switch rank {
            case .paths: (paths[b], weights[b], a) < (paths[a], weights[a], b)
            case .weight: (weights[b], paths[b], a) < (weights[a], paths[a], b)
            case .recent: (latest[b], weights[b], a) < (latest[a], weights[a], b)
            }
        }
        let arrivals = frontier.sorted(by: precedes).prefix(limit).map { node in
            var example = [node]
            for origin in origins.reversed() { example.append(origin[example[example.count - 1]] ?? node) }
            return Arrival(
                node: node, paths: paths[node], weight: weights[node], latest: latest[node],
                example: example.reversed())
        }
        return Result(arrivals: Array(arrivals), reached: frontier.count, edges: edges)
    }
}
