import Glibc

/// How the time of a question or workload grows with the number of orders.
public struct Growth: Sendable {
    /// The question's or workload's name, and how people write it.
    public let name: String
    public let title: String
    public let isWorkload: Bool
    public let database: String
    public let model: DataModel
    /// Medians by the number of orders, the least first; nil where there is no time.
    public let points: [(orders: Int, medianMs: Double?)]

    public init(
        name: String, title: String, isWorkload: Bool, database: String, model: DataModel,
        points: [(orders: Int, medianMs: Double?)]
    ) {
        self.name = name
        self.title = title
        self.isWorkload = isWorkload
        self.database = database
        self.model = model
        self.points = points
    }

    /// The power of the number of orders that the time follows: 1 where twice the orders take twice as long; nil with fewer than
    /// two times. The slope of the least squares' line through the logarithms.
    public var exponent: Double? {
        let known = points.compactMap { point in point.medianMs.map { (log(Double(point.orders)), log(max($0, 1e-6))) }
        }
        guard known.count > 1 else { return nil }
        let count = Double(known.count)
        let (x, y) = (known.reduce(0) { $0 + $1.0 } / count, known.reduce(0) { $0 + $1.1 } / count)
        let spread = known.reduce(0) { $0 + ($1.0 - x) * ($1.0 - x) }
        return spread > 0 ? known.reduce(0) { $0 + ($1.0 - x) * ($1.1 - y) } / spread : nil
    }

    /// How many times as long ten times the orders take, by the exponent.
    public var factorPerTenfold: Double? { exponent.map { pow(10, $0) } }

    /// One for each question and workload of each side, in the order of the greatest size.
    ///
    /// - Parameter sizes: what was measured with so many orders, the least first.
    public static func all(_ sizes: [Size]) -> [Growth] {
        guard let last = sizes.last else { return [] }
        let questions = last.measurements.joined().map { one in
            Growth(
                name: one.question, title: last.titles[one.question] ?? one.question, isWorkload: false,
                database: one.database, model: one.model,
                points: sizes.map { size in
                    let same = size.measurements.joined().first {
                        $0.question == one.question && $0.database == one.database && $0.model == one.model
                    }
                    return (size.orders, same?.warmMs?.median)
                })
        }
        let workloads = last.workloads.joined().map { one in
            Growth(
                name: one.workload.rawValue, title: one.workload.title, isWorkload: true, database: one.database,
                model: one.model,
                points: sizes.map { size in
                    let same = size.workloads.joined().first {
                        $0.workload == one.workload && $0.database == one.database && $0.model == one.model
                    }
                    return (size.orders, same?.times?.median)
                })
        }
        return questions + workloads
    }

    /// What was measured with a number of orders.
    public struct Size: Sendable {
        public let orders: Int
        public let measurements: [[QuestionComparison.Measurement]]
        public let workloads: [[WorkloadMeasurement]]
        /// Of questions, by name.
        public let titles: [String: String]

        public init(
            orders: Int, measurements: [[QuestionComparison.Measurement]], workloads: [[WorkloadMeasurement]],
            titles: [String: String]
        ) {
            self.orders = orders
            self.measurements = measurements
            self.workloads = workloads
            self.titles = titles
        }
    }
}
