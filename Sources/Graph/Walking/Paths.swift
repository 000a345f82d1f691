import BSON

/// A way from one node to another.
public struct Path: Sendable {
    /// From the start to the end.
    public let nodes: [Int]
    /// One between any two nodes that follow each other.
    public let hops: [Hop]
    /// The edges' costs together.
    public let cost: Double
}

/// What an edge costs on a way.
public enum EdgeCost: String, CaseIterable, Sendable {
    /// Every edge 1: the cheapest way is the shortest.
    case one
    /// 1 / weight: strong links are short.
    case inverse
    /// The weight.
    case weight

    func of(_ hop: Hop) -> Double {
        switch self {
        case .one: 1
        case .inverse: 1 / Double(hop.weight)
        case .weight: Double(hop.weight)
        }
    }
}

extension Graph {
    /// The cheapest way between two nodes; of several, the one found through the lowest nodes. Nil where there is none.
    ///
    /// Dijkstra's algorithm, O(edges · log nodes); breadth first where every edge costs 1.
    public func path(
        from start: Int, to end: Int, _ choice: EdgeChoice, cost: EdgeCost = .one,
        maximumEdges: Int = Traversal.standardMaximum, monitor: GraphMonitor = GraphMonitor()
    ) throws -> Path? {
        let walker = try EdgeWalker(self, choice, maximumEdges: maximumEdges, monitor)
        var costs = [Double](repeating: .infinity, count: nodes.count)
        var arrivals: [Int: (from: Int, hop: Hop)] = [:]
        costs[start] = 0
        if cost == .one {
            var queue = [start]
            var next = 0
            while next < queue.count && costs[end] == .infinity {
                let node = queue[next]
                next += 1
                try walker.forEach(node) { hop in
                    guard costs[hop.node] == .infinity else { return }
                    costs[hop.node] = costs[node] + 1
                    arrivals[hop.node] = (node, hop)
                    queue.append(hop.node)
                }
            }
        } else {
            var queue = CostQueue()
            queue.push(0, start)
            var isDone = [Bool](repeating: false, count: nodes.count)
            while let node = queue.pop() {
                if isDone[node] { continue }
                isDone[node] = true
                if node == end { break }
                try walker.forEach(node) { hop in
                    let total = costs[node] + cost.of(hop)
                    guard total < costs[hop.node] else { return }
                    costs[hop.node] = total
                    arrivals[hop.node] = (node, hop)
                    queue.push(total, hop.node)
                }
            }
        }
        guard costs[end] < .infinity else { return nil }
        var (reversedNodes, reversedHops) = ([end], [Hop]())
        var node = end
        while node != start, let (from, hop) = arrivals[node] {
            reversedHops.append(hop)
            reversedNodes.append(from)
            node = from
        }
        return Path(nodes: reversedNodes.reversed(), hops: reversedHops.reversed(), cost: costs[end])
    }

    /// The ways between two nodes that visit no node twice, of at most so many edges: shorter ones first, those of a
    /// length in the order of their nodes.
    ///
    /// Nodes from which the end is too far are not gone to.
    ///
    /// - Parameter limit: how many ways at most.
    /// - Returns: the ways, and whether those are all.
    /// - Throws: `operationFailed` where finding them means looking at more edges than may be.
    public func paths(
        from start: Int, to end: Int, maximumLength: Int, _ choice: EdgeChoice, limit: Int = 100,
        maximumEdges: Int = Traversal.standardMaximum, monitor: GraphMonitor = GraphMonitor()
    ) throws -> (paths: [Path], isComplete: Bool) {
        // How far each node is from the end, against the edges' direction. A cap on a node's edges holds from its side
        // only, so that this may find ways that the walk cannot go; it never misses one.
        var backward = choice
        backward.direction = choice.direction == .out ? .in : choice.direction == .in ? .out : .both
        backward.perNode = nil
        let nearby = try Neighborhood(
            self, around: [end], depth: maximumLength, backward, maximumEdges: maximumEdges, monitor: monitor)
        var distance = [Int](repeating: Int.max, count: nodes.count)
        for member in nearby.members { distance[member.node] = member.depth }
        let walker = try EdgeWalker(self, choice, maximumEdges: maximumEdges, monitor)
        var found: [Path] = []
        var isComplete = true
        var isOnWay = [Bool](repeating: false, count: nodes.count)
        guard start != end else { return ([Path(nodes: [start], hops: [], cost: 0)], true) }
        // One length after another, so that the shortest are found first and a limit keeps those.
        lengths: for length in 1...max(1, maximumLength) where distance[start] <= length {
            var way: [(node: Int, hops: [Hop], next: Int)] = []
            func descend(_ node: Int) throws {
                isOnWay[node] = true
                var hops: [Hop] = []
                let rest = length - way.count - 1
                try walker.forEach(node) { hop in
                    if distance[hop.node] <= rest && !isOnWay[hop.node] { hops.append(hop) }
                }
                hops.sort { ($0.node, $0.type.rawValue) < ($1.node, $1.type.rawValue) }
                way.append((node, hops, 0))
            }
            try descend(start)
            while let last = way.last {
                guard last.next < last.hops.count else {
                    isOnWay[last.node] = false
                    way.removeLast()
                    continue
                }
                way[way.count - 1].next += 1
                let hop = last.hops[last.next]
                if hop.node == end {
                    guard way.count == length else { continue }
                    if found.count >= limit {
                        isComplete = false
                        break lengths
                    }
                    found.append(
                        Path(
                            nodes: way.map(\.node) + [end], hops: way.map { $0.hops[$0.next - 1] },
                            cost: Double(length)))
                } else if way.count < length {
                    try descend(hop.node)
                }
            }
        }
        return (found, isComplete)
    }
}

/// Nodes by what it costs to get there, cheapest first, then lowest number.
private struct CostQueue {
    private var heap: [(cost: Double, node: Int)] = []

    private func precedes(_ a: Int, _ b: Int) -> Bool {
        heap[a].cost != heap[b].cost ? heap[a].cost < heap[b].cost : heap[a].node < heap[b].node
    }

    mutating func push(_ cost: Double, _ node: Int) {
        heap.append((cost, node))
        var i = heap.count - 1
        while i > 0, precedes(i, (i - 1) / 2) {
            heap.swapAt(i, (i - 1) / 2)
            i = (i - 1) / 2
        }
    }

    mutating func pop() -> Int? {
        guard let first = heap.first else { return nil }
        let last = heap.removeLast()
        if !heap.isEmpty {
            heap[0] = last
            var i = 0
            while true {
                var least = i
                for child in [2 * i + 1, 2 * i + 2] where child < heap.count && precedes(child, least) { least = child }
                if least == i { break }
                heap.swapAt(i, least)
                i = least
            }
        }
        return first.node
    }
}
