import BSON

/// One ranking under way: conjugate gradients on the system that `PersonalizedPageRank` describes.
///
/// Where the network has two sides u and v, y_v = b_v + d·S_vu·y_u is put into the other half, which leaves
/// (I − d²·S_uv·S_vu) y_u = b_u + d·S_uv·b_v: half the vectors, and the square of the convergence a step.
final class RankSolver {
    private let rank: PersonalizedPageRank
    private let damping: Double
    private let scale: UnsafePointer<Double>
    /// The side that is solved for, and the other one where there are two.
    private let side: RankNetwork.Side
    private let other: RankNetwork.Side?
    /// What the smallest eigenvalue of the matrix is at least.
    private let smallestEigenvalue: Double
    private let largestRoot: Double
    /// Vectors over all nodes: right-hand side, solution, residual, direction, product, and one to work in.
    private let b, y, r, p, q, work: UnsafeMutablePointer<Double>
    private let count: Int
    private var residual = 0.0

    /// - Parameter focus: the kind whose scores are asked for; its side is solved for.
    init(_ rank: PersonalizedPageRank, _ restarts: [(node: Int, weight: Double)], focus: NodeKind?) throws {
        let total = restarts.reduce(0) { $0 + $1.weight }
        guard total > 0 && total.isFinite && restarts.allSatisfy({ $0.weight >= 0 }) else {
            throw AtelierError(
                .badValue, "there is no node to start from, or the weights of those are not above 0",
                advice: "Name at least one node that the graph has.")
        }
        self.rank = rank
        damping = rank.damping
        count = rank.graph.nodes.count
        scale = rank.inverseRoots.pointer
        let sides = rank.network.sides
        let chosen =
            sides.count == 1
            ? 0
            : focus.flatMap { kind in sides.firstIndex { $0.kinds.contains(kind) } }
                ?? (sides[0].count <= sides[1].count ? 0 : 1)
        side = sides[chosen]
        other = sides.count == 2 ? sides[1 - chosen] : nil
        smallestEigenvalue = other == nil ? 1 - damping : 1 - damping * damping
        largestRoot = rank.roots.max() ?? 0
        func vector(_ count: Int) -> UnsafeMutablePointer<Double> {
            let vector = UnsafeMutablePointer<Double>.allocate(capacity: max(1, count))
            vector.initialize(repeating: 0, count: count)
            return vector
        }
        (b, y, r) = (vector(count), vector(count), vector(count))
        (p, q, work) = (vector(count), vector(count), vector(count))
        for (node, weight) in restarts { b[node] += (1 - damping) * weight / total * restartScale(node) }
        start()
    }

    deinit { for vector in [b, y, r, p, q, work] { vector.deallocate() } }

    /// A node without an edge is in no equation but its own: y is its score itself.
    private func restartScale(_ node: Int) -> Double { rank.degrees[node] > 0 ? scale[node] : 1 }

    // MARK: Steps

    private func start() {
        if let other {
            forEach(other) { work[$0] = b[$0] * scale[$0] }
            side.gather(work, scale: scale, into: r)
            forEach(side) { r[$0] = b[$0] + damping * r[$0] }
        } else {
            forEach(side) { r[$0] = b[$0] }
        }
        forEach(side) { p[$0] = r[$0] }
        residual = dot(r, r)
    }

    /// What no solved component can be off by, times its node's √degree: |e| ≤ ‖r‖ / λ.
    var errorBound: Double { residual.squareRoot() / smallestEigenvalue }

    private func step() {
        // q = matrix · p.
        forEach(side) { work[$0] = p[$0] * scale[$0] }
        if let other {
            other.gather(work, scale: scale, into: q)
            forEach(other) { work[$0] = q[$0] * scale[$0] }
            side.gather(work, scale: scale, into: q)
            let factor = damping * damping
            forEach(side) { q[$0] = p[$0] - factor * q[$0] }
        } else {
            side.gather(work, scale: scale, into: q)
            forEach(side) { q[$0] = p[$0] - damping * q[$0] }
        }
        let curvature = dot(p, q)
        guard curvature > 0 else {
            residual = 0
            return
        }
        let alpha = residual / curvature
        forEach(side) {
            y[$0] += alpha * p[$0]
            r[$0] -= alpha * q[$0]
        }
        let next = dot(r, r)
        let beta = next / residual
        residual = next
        forEach(side) { p[$0] = r[$0] + beta * p[$0] }
    }

    /// The error falls to 0.56 a step or less (0.31 with two sides) at a damping of 0.85: where so many steps do not do,
    /// rounding stands in the way.
    private var limit: Int { 64 + Int(40 / (1 - damping).squareRoot()) }

    /// Steps until no score is off by more than the tolerance.
    func run(tolerance: Double) {
        var steps = 0
        while errorBound * largestRoot > tolerance && steps < limit {
            step()
            steps += 1
        }
    }

    // MARK: Results

    /// Every node's score. The solution is complete then: nothing further may be solved.
    func scores() -> [Double] {
        if let other {
            forEach(side) { work[$0] = y[$0] * scale[$0] }
            other.gather(work, scale: scale, into: q)
            forEach(other) { y[$0] = b[$0] + damping * q[$0] }
        }
        var total = 0.0
        var scores = [Double](repeating: 0, count: count)
        for i in 0..<count {
            scores[i] = y[i] * (rank.degrees[i] > 0 ? rank.roots[i] : 1)
            total += scores[i]
        }
        // What walkers lost at nodes without an edge starts over, in proportion.
        if total > 0 { for i in 0..<count { scores[i] /= total } }
        return scores
    }

    /// The best nodes of a kind, which has to be the focus.
    func top(_ wanted: Int, of kind: NodeKind, tolerance: Double, _ isWanted: (Int) -> Bool) -> [RankedNode] {
        let range = rank.graph.nodes.range(kind)
        guard wanted > 0 && !range.isEmpty else { return [] }
        // A walker that starts at a node without an edge is somewhere else than the equations say, and the whole has to
        // be known to add up to 1.
        let isWhole = (0..<count).contains { rank.degrees[$0] == 0 && b[$0] > 0 }
        if !isWhole {
            let roots = rank.roots
            var steps = 0
            while errorBound * largestRoot > 1e-13 && steps < limit {
                step()
                steps += 1
                // The first steps settle nothing.
                guard steps > 2, errorBound * largestRoot <= tolerance else { continue }
                if let best = settled(wanted, range, roots, isWanted) { return best }
            }
        }
        run(tolerance: 1e-13)
        let scores = scores()
        return best(wanted, range, isWanted) { scores[$0] }
    }

    /// The best nodes where the bounds leave no doubt which they are and in what order.
    private func settled(_ wanted: Int, _ range: Range<Int>, _ roots: PackedColumn<Double>, _ isWanted: (Int) -> Bool)
        -> [RankedNode]?
    {
        let bound = errorBound
        let best = best(wanted + 1, range, isWanted) { y[$0] * roots[$0] }
        for (a, b) in zip(best, best.dropFirst())
        where a.score - b.score <= bound * (roots[a.node] + roots[b.node]) { return nil }
        guard best.count > wanted else { return nil }
        let last = best[wanted - 1].score - bound * roots[best[wanted - 1].node]
        let chosen = Set(best.prefix(wanted).map(\.node))
        for node in range where !chosen.contains(node) && y[node] * roots[node] + bound * roots[node] >= last {
            if isWanted(node) { return nil }
        }
        return Array(best.prefix(wanted))
    }

    private func best(_ wanted: Int, _ range: Range<Int>, _ isWanted: (Int) -> Bool, score: (Int) -> Double)
        -> [RankedNode]
    {
        var top = TopNodes(wanted)
        for node in range {
            let score = score(node)
            if score > 0 && isWanted(node) { top.offer(RankedNode(node: node, score: score)) }
        }
        return top.sorted()
    }

    // MARK: Vectors

    @inline(__always)
    private func forEach(_ side: RankNetwork.Side, _ body: (Int) -> Void) {
        for range in side.ranges { for i in range { body(i) } }
    }

    private func dot(_ a: UnsafePointer<Double>, _ b: UnsafePointer<Double>) -> Double {
        var sum = 0.0
        for range in side.ranges { for i in range { sum += a[i] * b[i] } }
        return sum
    }
}
