import BSON
import Glibc
import Platform

/// Customers in groups of similar behaviour, found by k-means.
///
/// Each customer is seen as recency, orders, revenue, average order and tenure; what is skewed enters as a logarithm, all are
/// standardised. Segments are numbered by their mean revenue, the highest first.
public struct Segmentation: Sendable {
    /// What customers are compared by.
    public enum Measure: String, CaseIterable, Sendable {
        case recencyDays, orders, revenue, averageOrder, tenureDays
    }

    public struct Segment: Sendable {
        /// From 1, by mean revenue.
        public let number: Int
        public let customers: Int
        /// The mean of each measure, in the order of the cases.
        public let means: [Double]
        /// The sum of the customers' revenue.
        public let revenue: Double
        /// What sets it apart from the others, in words.
        public let description: String
    }

    public struct Member: Sendable {
        public let id: String
        public let segment: Int
        public let values: [Double]
        /// Exact.
        public let revenue: Decimal128
    }

    public let segments: [Segment]
    /// In the order of their ids.
    public let members: [Member]
    /// The mean silhouette of each k that was tried.
    public let silhouettes: [(k: Int, value: Double)]
    /// Which measures entered as logarithms.
    public let logarithmic: [Measure]
    /// The day the customers are looked at, since 1970.
    public let day: Int

    /// How many customers a silhouette is computed on at most.
    public static let silhouetteSample = 2000

    /// - Parameters:
    ///   - counts: how many segments; of several numbers the one with the highest mean silhouette is taken.
    ///   - checkpoint: called before every iteration; throws to stop.
    /// - Throws: `badValue` where there are too few customers, or too few that differ.
    public init(
        _ log: ActivityLog, counts: ClosedRange<Int>, seed: UInt64 = 1, checkpoint: () throws -> Void = {}
    ) throws {
        guard let last = log.lastDay, !log.customers.isEmpty else {
            throw AtelierError(
                .badValue, "there are no sale orders of known customers",
                advice: "Load some with `atelier import`, or fill the store with `atelier generate`.")
        }
        day = last + 1
        let values = log.customers.map { [day] in Segmentation.values($0, before: day) }
        let distinct = Set(values).count
        guard distinct >= max(counts.upperBound, 2) else {
            throw AtelierError(
                .badValue,
                "\(log.customers.count) customers that differ in \(distinct) ways do not make "
                    + "\(counts.upperBound) segments",
                advice: "Ask for fewer segments, or load more orders.")
        }
        let (points, logarithmic) = Segmentation.standardised(values)
        self.logarithmic = logarithmic
        var random = SeededRandom(seed: seed)
        var sample = Array(points.indices)
        if sample.count > Segmentation.silhouetteSample {
            random.shuffle(&sample)
            sample = sample.prefix(Segmentation.silhouetteSample).sorted()
        }
        var silhouettes: [(k: Int, value: Double)] = []
        var best: (found: KMeans, value: Double)?
        for k in counts {
            // Every k has random numbers of its own: the segments for k do not depend on which others are tried.
            var random = SeededRandom(seed: seed &+ UInt64(k) &* 0x9E37_79B9)
            let found = try KMeans(points, k: k, random: &random, checkpoint: checkpoint)
            try checkpoint()
            let value = KMeans.silhouette(points, found.labels, k: k, members: sample)
            silhouettes.append((k, value))
            if value > best?.value ?? -.infinity { best = (found, value) }
        }
        self.silhouettes = silhouettes
        let labels = best?.found.labels ?? []
        let k = best?.found.centers.count ?? 0
        let groups: [[Int]] = (0..<k).map { group in labels.indices.filter { labels[$0] == group } }
        let means = groups.map { members in Segmentation.means(members.map { values[$0] }) }
        let occupied: [Int] = (0..<k).filter { !groups[$0].isEmpty }
        let order = occupied.sorted { (a: Int, b: Int) -> Bool in
            let (first, second) = (means[a][2], means[b][2])
            return first == second ? a < b : first > second
        }
        var numbers = [Int](repeating: 0, count: k)
        for (place, group) in order.enumerated() { numbers[group] = place + 1 }
        let profiles = Segmentation.profiles(groups.map { members in members.map { points[$0] } })
        var segments: [Segment] = []
        for group in order {
            let total = groups[group].reduce(0.0) { sum, customer in sum + values[customer][2] }
            segments.append(
                Segment(
                    number: numbers[group], customers: groups[group].count, means: means[group], revenue: total,
                    description: profiles[group]))
        }
        self.segments = segments
        members = log.customers.indices.map {
            Member(
                id: log.customers[$0].id, segment: numbers[labels[$0]], values: values[$0],
                revenue: log.customers[$0].orders.reduce(.zero) { $0 + $1.money })
        }
    }

    private static func values(_ customer: CustomerActivity, before day: Int) -> [Double] {
        let count = Double(customer.orders.count)
        let revenue = customer.orders.reduce(0) { $0 + $1.amount }
        let (first, last) = (customer.orders.first?.at ?? 0, customer.orders.last?.at ?? 0)
        return [
            Double(day - ActivityLog.day(last)), count, revenue, revenue / count,
            Double(day - ActivityLog.day(first)),
        ]
    }

    private static func means(_ rows: [[Double]]) -> [Double] {
        Measure.allCases.indices.map { measure in
            rows.reduce(0) { $0 + $1[measure] } / Double(max(1, rows.count))
        }
    }

    /// Columns with mean 0 and deviation 1; those with a skewness above 1 as logarithms.
    static func standardised(_ rows: [[Double]]) -> (points: [[Double]], logarithmic: [Measure]) {
        var columns: [[Double]] = []
        var logarithmic: [Measure] = []
        for (place, measure) in Measure.allCases.enumerated() {
            var column = rows.map { $0[place] }
            if skewness(column) > 1 && column.allSatisfy({ $0 > -1 }) {
                column = column.map(log1p)
                logarithmic.append(measure)
            }
            let mean = column.reduce(0, +) / Double(column.count)
            let deviation = (column.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(column.count)).squareRoot()
            columns.append(column.map { deviation > 0 ? ($0 - mean) / deviation : 0 })
        }
        return (rows.indices.map { row in columns.map { $0[row] } }, logarithmic)
    }

    private static func skewness(_ values: [Double]) -> Double {
        let count = Double(values.count)
        let mean = values.reduce(0, +) / count
        let second = values.reduce(0) { $0 + pow($1 - mean, 2) } / count
        let third = values.reduce(0) { $0 + pow($1 - mean, 3) } / count
        return second > 0 ? third / pow(second, 1.5) : 0
    }

    // MARK: Words

    /// What sets each group apart: its means in deviations from those of all.
    private static func profiles(_ groups: [[[Double]]]) -> [String] {
        let words: [(measure: Measure, low: String, high: String)] = [
            (.recencyDays, "bought recently", "silent for long"), (.orders, "few orders", "many orders"),
            (.revenue, "little revenue", "much revenue"), (.averageOrder, "small orders", "large orders"),
            (.tenureDays, "new", "with us for long"),
        ]
        return groups.map { group in
            let mean = means(group)
            let notable = words.enumerated().filter { abs(mean[$0.offset]) >= 0.5 }
                .sorted { abs(mean[$0.offset]) > abs(mean[$1.offset]) }
                .map { mean[$0.offset] > 0 ? $0.element.high : $0.element.low }
            guard let first = notable.first else { return "Near the average in all" }
            return ([first.prefix(1).uppercased() + first.dropFirst()] + notable.dropFirst().prefix(2)).joined(
                separator: ", ")
        }
    }
}
