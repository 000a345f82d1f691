/// The nodes around some nodes.
public struct Neighborhood: Sendable {
    /// In which order they are found.
    public enum Order: String, CaseIterable, Sendable {
        /// Nearest first, those of a distance as the edges of the nodes before them lead to them.
        case breadth
        /// From each node on to those one farther from the starts, as far as that leads, then back to the last branch.
        /// The nodes and their distances are those of breadth first.
        case depth
    }

    /// A node that was found.
    public struct Member: Sendable, Equatable {
        public let node: Int
        /// How many edges away from the nearest start.
        public let depth: Int
        /// The node it was found from, one nearer; nil for those it began with.
        public let parent: Int?
        public let edge: EdgeType?
        public let weight: Float
        public let time: Int64
    }

    /// In the order of discovery, the starts first.
    public let members: [Member]
    /// Whether there was no more to find within the depth, or a limit cut it off.
    public let isComplete: Bool

    /// Walks from some nodes: O(edges of the nodes within the depth), and of depth first twice that.
    ///
    /// - Parameters:
    ///   - depth: how many edges away at most.
    ///   - limit: how many nodes besides the starts at most.
    ///   - maximumEdges: how many edges may be looked at; those that depth first looks at again do not count again.
    /// - Throws: what `EdgeWalker.forEach` throws.
    public init(
        _ graph: Graph, around starts: [Int], depth: Int, _ choice: EdgeChoice, order: Order = .breadth,
        limit: Int = Int.max, maximumEdges: Int = Traversal.standardMaximum, monitor: GraphMonitor = GraphMonitor()
    ) throws {
        let walker = try EdgeWalker(graph, choice, maximumEdges: maximumEdges, monitor)
        var seen = [Bool](repeating: false, count: graph.nodes.count)
        var members: [Member] = []
        var isComplete = true
        func add(_ hop: Hop, from parent: Int, depth: Int) {
            members.append(
                Member(
                    node: hop.node, depth: depth, parent: parent, edge: hop.type, weight: hop.weight, time: hop.time))
        }
        let roots = starts.filter { node in
            defer { seen[node] = true }
            return !seen[node]
        }
        let rootMembers = roots.map {
            Member(node: $0, depth: 0, parent: nil, edge: nil, weight: 0, time: Graph.noTime)
        }
        let most = limit > Int.max - roots.count ? Int.max : limit + roots.count
        switch order {
        case .breadth:
            members = rootMembers
            var next = 0
            while next < members.count {
                let member = members[next]
                next += 1
                if member.depth == depth { break }
                try walker.forEach(member.node) { hop in
                    if seen[hop.node] { return }
                    if members.count >= most {
                        isComplete = false
                        return
                    }
                    seen[hop.node] = true
                    add(hop, from: member.node, depth: member.depth + 1)
                }
                if !isComplete { break }
            }
        case .depth:
            // A node met at the depth's end may be met again nearer, so that the distances have to be known before.
            let nearest = try Neighborhood(
                graph, around: roots, depth: depth, choice, maximumEdges: maximumEdges, monitor: monitor)
            var distances = [Int](repeating: Int.max, count: graph.nodes.count)
            for member in nearest.members { distances[member.node] = member.depth }
            // Each level keeps the edges of its node that lead farther and are still to be followed.
            walk: for root in rootMembers {
                members.append(root)
                var levels: [(node: Int, hops: [Hop], next: Int)] = []
                func descend(_ node: Int) throws {
                    var hops: [Hop] = []
                    if levels.count < depth {
                        try walker.forEach(node) { hop in
                            if distances[hop.node] == levels.count + 1 && !seen[hop.node] { hops.append(hop) }
                        }
                    }
                    levels.append((node, hops, 0))
                }
                try descend(root.node)
                while let level = levels.last {
                    guard level.next < level.hops.count else {
                        levels.removeLast()
                        continue
                    }
                    levels[levels.count - 1].next += 1
                    let hop = level.hops[level.next]
                    if seen[hop.node] { continue }
                    if members.count >= most {
                        isComplete = false
                        break walk
                    }
                    seen[hop.node] = true
                    add(hop, from: level.node, depth: levels.count)
                    try descend(hop.node)
                }
            }
        }
        self.members = members
        self.isComplete = isComplete
    }
}
