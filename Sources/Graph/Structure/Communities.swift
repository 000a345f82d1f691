/// Groups of nodes with more weight among themselves than chance would put there.
///
/// Louvain's method: every node moves to the neighbouring group that raises modularity most, over and over; then groups
/// become nodes and the same begins anew. Nodes are visited in their order and ties go to the lowest group, so that the
/// same graph gives the same groups. Source: Blondel, Guillaume, Lambiotte, Lefebvre, "Fast unfolding of communities in
/// large networks" (2008).
public struct Communities: Sendable {
    /// Each node's group, from 0 on: the largest first, those of a size by their lowest node.
    public let community: [Int]
    /// How many nodes each has.
    public let sizes: [Int]
    /// The part of the weight within groups beyond what chance would put there: −½ to 1.
    public let modularity: Double

    /// - Parameters:
    ///   - types: the edges that count, whatever their direction.
    ///   - resolution: above 1 for more and smaller groups, below 1 for fewer and larger ones.
    ///   - check: called now and then; may throw to stop.
    public init(
        _ graph: Graph, types: [EdgeType] = EdgeType.allCases, resolution: Double = 1, check: () throws -> Void = {}
    ) throws {
        var network = WeightedNetwork(graph, types)
        let original = network
        var groups = Array(0..<graph.nodes.count)
        while true {
            try check()
            let (labels, count, hasMoved) = try network.localMoves(resolution, check)
            if !hasMoved { break }
            groups = groups.map { labels[$0] }
            network = network.contracted(labels, count)
        }
        (community, sizes) = Components.numbered(groups)
        modularity = original.modularity(community, groups: sizes.count, resolution)
    }
}

/// An undirected weighted network whose nodes are numbered from 0 on; an edge stands in the rows of both its ends, a
/// loop apart.
private struct WeightedNetwork {
    var offsets: [Int]
    var targets: [Int]
    var weights: [Double]
    /// The weight of each node's loop.
    var loops: [Double]
    /// The weights of each node's edges together, loops twice.
    var degrees: [Double]

    var count: Int { loops.count }
    /// Twice the weight of all edges.
    var total: Double { degrees.reduce(0, +) }

    init(_ graph: Graph, _ types: [EdgeType]) {
        let adjacencies = types.flatMap { graph.adjacencies($0, .both) }
        offsets = [0]
        (targets, weights) = ([], [])
        loops = [Double](repeating: 0, count: graph.nodes.count)
        for node in 0..<graph.nodes.count {
            for rows in adjacencies {
                for place in rows.row(of: node) {
                    targets.append(rows.neighbor(place))
                    weights.append(Double(rows.weights[place]))
                }
            }
            offsets.append(targets.count)
        }
        degrees = []
        for node in 0..<count { degrees.append(weights[offsets[node]..<offsets[node + 1]].reduce(0, +)) }
    }

    private init(offsets: [Int], targets: [Int], weights: [Double], loops: [Double], degrees: [Double]) {
        self.offsets = offsets
        self.targets = targets
        self.weights = weights
        self.loops = loops
        self.degrees = degrees
    }

    func localMoves(_ resolution: Double, _ check: () throws -> Void) rethrows -> (
        labels: [Int], count: Int, hasMoved: Bool
    ) {
        let total = total
        var groups = Array(0..<count)
        guard total > 0 else { return (groups, count, false) }
        var groupDegrees = degrees
        var links = [Double](repeating: 0, count: count)
        var near: [Int] = []
        var hasMoved = false
        var moves = 1
        while moves > 0 {
            try check()
            moves = 0
            for node in 0..<count {
                let own = groups[node]
                near.removeAll(keepingCapacity: true)
                for i in offsets[node]..<offsets[node + 1] {
                    let group = groups[targets[i]]
                    if links[group] == 0 { near.append(group) }
                    links[group] += weights[i]
                }
                groupDegrees[own] -= degrees[node]
                let factor = resolution * degrees[node] / total
                var best = own
                var bestGain = links[own] - groupDegrees[own] * factor
                for group in near {
                    let gain = links[group] - groupDegrees[group] * factor
                    // A gain within rounding is none: without that, nodes could move in circles.
                    if gain > bestGain + 1e-10 * total.squareRoot() || (gain == bestGain && group < best && best != own)
                    {
                        best = group
                        bestGain = gain
                    }
                }
                groupDegrees[best] += degrees[node]
                if best != own {
                    groups[node] = best
                    moves += 1
                    hasMoved = true
                }
                for group in near { links[group] = 0 }
            }
        }
        var numbers: [Int: Int] = [:]
        let labels = groups.map { group in
            if let number = numbers[group] { return number }
            numbers[group] = numbers.count
            return numbers.count - 1
        }
        return (labels, numbers.count, hasMoved)
    }

    /// The groups as nodes.
    func contracted(_ labels: [Int], _ groups: Int) -> WeightedNetwork {
        var members = [[Int]](repeating: [], count: groups)
        for (node, label) in labels.enumerated() { members[label].append(node) }
        var result = WeightedNetwork(
            offsets: [0], targets: [], weights: [], loops: [Double](repeating: 0, count: groups),
            degrees: [Double](repeating: 0, count: groups))
        var links = [Double](repeating: 0, count: groups)
        for group in 0..<groups {
            var near: [Int] = []
            for node in members[group] {
                result.loops[group] += loops[node]
                result.degrees[group] += degrees[node]
                for i in offsets[node]..<offsets[node + 1] {
                    let other = labels[targets[i]]
                    if other == group {
                        result.loops[group] += weights[i] / 2
                    } else {
                        if links[other] == 0 { near.append(other) }
                        links[other] += weights[i]
                    }
                }
            }
            for other in near.sorted() {
                result.targets.append(other)
                result.weights.append(links[other])
                links[other] = 0
            }
            result.offsets.append(result.targets.count)
        }
        return result
    }

    func modularity(_ group: [Int], groups: Int, _ resolution: Double) -> Double {
        let total = total
        guard total > 0 else { return 0 }
        var (inner, degree) = ([Double](repeating: 0, count: groups), [Double](repeating: 0, count: groups))
        for node in 0..<count {
            degree[group[node]] += degrees[node]
            inner[group[node]] += 2 * loops[node]
            for i in offsets[node]..<offsets[node + 1] where group[targets[i]] == group[node] {
                inner[group[node]] += weights[i]
            }
        }
        return (0..<groups).reduce(0) { sum, g in
            sum + inner[g] / total - resolution * (degree[g] / total) * (degree[g] / total)
        }
    }
}
