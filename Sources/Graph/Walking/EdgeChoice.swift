import BSON
import QueryLanguage

/// Which edges a walk follows, and which way.
public struct EdgeChoice: Sendable {
    public var types: [EdgeType]
    public var direction: Direction
    /// Only edges whose time is this or later, in milliseconds since 1970. An edge without a time is in no window.
    public var from: Int64?
    /// Only edges whose time is before this.
    public var to: Int64?
    /// Only edges that match, as documents `{type, weight, time}`, in MongoDB's query language.
    public var filter: Document?
    /// At most so many edges of each node: against hubs. Nil for all.
    public var perNode: Int?
    /// Which ones then.
    public var preference = Preference.weight

    public enum Preference: String, CaseIterable, Sendable {
        /// The heaviest, then those to the lowest ids.
        case weight
        /// The latest, then those to the lowest ids.
        case recent
    }

    public init(_ types: [EdgeType] = EdgeType.allCases, _ direction: Direction = .both) {
        self.types = types
        self.direction = direction
    }
}

/// An edge as a walk meets it.
public struct Hop: Sendable {
    public let type: EdgeType
    /// The node that it leads to.
    public let node: Int
    public let weight: Float
    public let time: Int64
    /// Whether it was followed from its source to its target.
    public let isForward: Bool
}

/// Follows the chosen edges of one node after another, and counts them. For one thread at a time.
final class EdgeWalker {
    let graph: Graph
    let choice: EdgeChoice
    private let monitor: GraphMonitor
    private let matcher: DocumentMatcher?
    private let maximumEdges: Int
    private let adjacencies: [(type: EdgeType, isForward: Bool, rows: Adjacency)]
    private let isPlain: Bool
    /// How many edges have been looked at.
    private(set) var edges = 0
    private var lastCheck = 0
    private var hops: [Hop] = []

    /// - Parameter maximumEdges: how many edges may be looked at.
    init(_ graph: Graph, _ choice: EdgeChoice, maximumEdges: Int = Traversal.standardMaximum, _ monitor: GraphMonitor)
        throws
    {
        self.graph = graph
        self.choice = choice
        self.monitor = monitor
        self.maximumEdges = maximumEdges
        matcher = try choice.filter.map { try DocumentMatcher($0) }
        isPlain = matcher == nil && choice.from == nil && choice.to == nil
        adjacencies = choice.types.flatMap { type -> [(EdgeType, Bool, Adjacency)] in
            let edges = graph.edges(type)
            var found: [(EdgeType, Bool, Adjacency)] = []
            if choice.direction != .in || type.isSymmetric { found.append((type, true, edges.forward)) }
            if choice.direction != .out && !type.isSymmetric { found.append((type, false, edges.reverse)) }
            return found
        }
    }

    /// Shows every chosen edge of a node: by type, forward first, then by number of the other end; with a cap, the
    /// preferred ones first.
    ///
    /// - Throws: `operationFailed` where more edges would be looked at than may be; what the monitor throws.
    func forEach(_ node: Int, _ body: (Hop) throws -> Void) throws {
        if let cap = choice.perNode {
            hops.removeAll(keepingCapacity: true)
            try forEachUncapped(node) { hops.append($0) }
            if hops.count > cap {
                switch choice.preference {
                case .weight: hops.sort { ($1.weight, $0.node) < ($0.weight, $1.node) }
                case .recent: hops.sort { ($1.time, $0.node) < ($0.time, $1.node) }
                }
            }
            let chosen = hops.prefix(cap)
            for hop in chosen { try body(hop) }
        } else {
            try forEachUncapped(node, body)
        }
    }

    private func forEachUncapped(_ node: Int, _ body: (Hop) throws -> Void) throws {
        for (type, isForward, rows) in adjacencies {
            let row = rows.row(of: node)
            edges += row.count
            if edges > maximumEdges { throw tooMany() }
            if edges - lastCheck > 100_000 {
                lastCheck = edges
                try monitor.check()
            }
            for place in row {
                let hop = Hop(
                    type: type, node: rows.neighbor(place), weight: rows.weights[place], time: rows.times[place],
                    isForward: isForward)
                if try isPlain || isChosen(hop) { try body(hop) }
            }
        }
    }

    private func isChosen(_ hop: Hop) throws -> Bool {
        if choice.from != nil || choice.to != nil {
            guard hop.time != Graph.noTime, hop.time >= choice.from ?? Graph.noTime, hop.time < choice.to ?? Int64.max
            else { return false }
        }
        return try matcher.map { try hop.document.withView($0.matches) } ?? true
    }

    private func tooMany() -> AtelierError {
        AtelierError(
            ErrorCode(rawValue: 96), "this walk would look at more than \(maximumEdges) edges",
            advice:
                "Follow fewer: cap the edges of each node with perNode, choose types, a time window or a filter, take fewer steps; or allow more with maxEdges."
        )
    }
}

extension Hop {
    /// As filters on edges see it.
    var document: Document {
        [
            "type": .string(type.name), "weight": .double(Double(weight)),
            "time": time == Graph.noTime ? .null : .date(time),
        ]
    }
}
