import Glibc
import Platform

/// k-means: points put into k groups so that the squared distances to their groups' means are least.
///
/// k-means++ seeding, Lloyd's iterations, several restarts of which the best counts.
/// Source: D. Arthur and S. Vassilvitskii, "k-means++: The Advantages of Careful Seeding" (2007).
struct KMeans {
    let centers: [[Double]]
    /// The group of each point.
    let labels: [Int]
    /// The sum of the squared distances.
    let inertia: Double

    /// - Parameters:
    ///   - points: of equal length; at least k.
    ///   - checkpoint: called before every iteration; throws to stop.
    /// - Complexity: O(restarts · iterations · points · k · dimensions).
    init(
        _ points: [[Double]], k: Int, restarts: Int = 10, random: inout SeededRandom,
        checkpoint: () throws -> Void = {}
    ) throws {
        let flat = points.flatMap { $0 }
        let dimensions = points.first?.count ?? 0
        var best: (centers: [Double], labels: [Int], inertia: Double)?
        for _ in 0..<restarts {
            let found = try KMeans.run(flat, dimensions, k, &random, checkpoint)
            if found.inertia < best?.inertia ?? .infinity { best = found }
        }
        let found = best ?? ([], [], 0)
        centers = stride(from: 0, to: found.centers.count, by: max(1, dimensions)).map {
            Array(found.centers[$0..<$0 + dimensions])
        }
        labels = found.labels
        inertia = found.inertia
    }

    private static func run(
        _ points: [Double], _ dimensions: Int, _ k: Int, _ random: inout SeededRandom, _ checkpoint: () throws -> Void
    ) throws -> (centers: [Double], labels: [Int], inertia: Double) {
        let count = points.count / max(1, dimensions)
        var centers = Array(points[(random.index(below: count) * dimensions)...].prefix(dimensions))
        var nearest = [Double](repeating: .infinity, count: count)
        while centers.count < k * dimensions {
            try checkpoint()
            let last = centers.count / dimensions - 1
            points.withUnsafeBufferPointer { points in
                centers.withUnsafeBufferPointer { centers in
                    for point in 0..<count {
                        nearest[point] = min(nearest[point], distance(points, point, centers, last, dimensions))
                    }
                }
            }
            let total = nearest.reduce(0, +)
            var place = random.uniform() * total
            // Where all points lie on centers already, any will do.
            var chosen = total > 0 ? count - 1 : random.index(below: count)
            if total > 0 {
                for point in 0..<count {
                    place -= nearest[point]
                    if place < 0 {
                        chosen = point
                        break
                    }
                }
            }
            centers += points[(chosen * dimensions)...].prefix(dimensions)
        }
        var labels = [Int](repeating: -1, count: count)
        for _ in 0..<300 {
            try checkpoint()
            var changed = false
            points.withUnsafeBufferPointer { points in
                centers.withUnsafeBufferPointer { centers in
                    for point in 0..<count {
                        var (label, least) = (0, Double.infinity)
                        for center in 0..<k {
                            let between = distance(points, point, centers, center, dimensions)
                            if between < least { (label, least) = (center, between) }
                        }
                        nearest[point] = least
                        if labels[point] != label {
                            labels[point] = label
                            changed = true
                        }
                    }
                }
            }
            if !changed { break }
            var sums = [Double](repeating: 0, count: centers.count)
            var sizes = [Int](repeating: 0, count: k)
            for point in 0..<count {
                sizes[labels[point]] += 1
                for d in 0..<dimensions { sums[labels[point] * dimensions + d] += points[point * dimensions + d] }
            }
            for center in 0..<k {
                if sizes[center] == 0 {
                    // A group that lost all its points starts again at the point farthest from its center.
                    let farthest = nearest.indices.max { nearest[$0] < nearest[$1] } ?? 0
                    nearest[farthest] = 0
                    for d in 0..<dimensions { centers[center * dimensions + d] = points[farthest * dimensions + d] }
                } else {
                    for d in 0..<dimensions {
                        centers[center * dimensions + d] = sums[center * dimensions + d] / Double(sizes[center])
                    }
                }
            }
        }
        return (centers, labels, nearest.reduce(0, +))
    }

    /// The square of the distance of two points.
    private static func distance(
        _ a: UnsafeBufferPointer<Double>, _ first: Int, _ b: UnsafeBufferPointer<Double>, _ second: Int,
        _ dimensions: Int
    ) -> Double {
        var sum = 0.0
        var (i, j) = (first * dimensions, second * dimensions)
        for _ in 0..<dimensions {
            let difference = a[i] - b[j]
            sum += difference * difference
            i += 1
            j += 1
        }
        return sum
    }

    /// How much nearer points are to their own group than to the next, from -1 to 1: the mean silhouette.
    ///
    /// Source: P. Rousseeuw, "Silhouettes: A Graphical Aid to the Interpretation and Validation of Cluster Analysis" (1987).
    /// - Parameter members: the points that are looked at, and compared with one another.
    /// - Complexity: O(members² · dimensions).
    static func silhouette(_ points: [[Double]], _ labels: [Int], k: Int, members: [Int]) -> Double {
        let dimensions = points.first?.count ?? 0
        let flat = members.flatMap { points[$0] }
        let own = members.map { labels[$0] }
        var sizes = [Int](repeating: 0, count: k)
        for label in own { sizes[label] += 1 }
        var sum = 0.0
        var distances = [Double](repeating: 0, count: k)
        for (member, label) in own.enumerated() {
            // By definition a group of one has 0.
            guard sizes[label] > 1 else { continue }
            for group in 0..<k { distances[group] = 0 }
            flat.withUnsafeBufferPointer { flat in
                for (other, group) in own.enumerated() {
                    distances[group] += distance(flat, member, flat, other, dimensions).squareRoot()
                }
            }
            let inside = distances[label] / Double(sizes[label] - 1)
            var outside = Double.infinity
            for group in 0..<k where group != label && sizes[group] > 0 {
                outside = min(outside, distances[group] / Double(sizes[group]))
            }
            let larger = max(inside, outside)
            if larger > 0 && outside < .infinity { sum += (outside - inside) / larger }
        }
        return members.isEmpty ? 0 : sum / Double(members.count)
    }
}
