import BSON

/// Everything that a comparison says, before it is laid out on a page.
public struct ComparisonReport: Sendable {
    /// A database with one model of the data.
    public struct Side: Sendable {
        /// As results name it: atelier, mongodb, sqlite, postgresql, mariadb.
        public let database: String
        /// As people write it: SQLite, PostgreSQL, MariaDB.
        public let title: String
        /// `documents`, `tables`, or another.
        public let model: String
        public let version: String
        /// What a commit promises, in a sentence.
        public let durability: String
        /// The settings that matter, each with its value.
        public let settings: [String]
        /// The indexes the questions can use, each as `orders (customerId, orderedAt)`.
        public let indexes: [String]
        public let bytesOnDisk: Int64
        /// The most that a question needed besides; nil where it is not known.
        public let memoryBytes: Int64?

        public init(
            database: String, title: String, model: String, version: String, durability: String, settings: [String],
            indexes: [String], bytesOnDisk: Int64, memoryBytes: Int64? = nil
        ) {
            self.database = database
            self.title = title
            self.model = model
            self.version = version
            self.durability = durability
            self.settings = settings
            self.indexes = indexes
            self.bytesOnDisk = bytesOnDisk
            self.memoryBytes = memoryBytes
        }

        /// `SQLite, tables`.
        public var name: String { "\(title), \(model)" }
    }

    /// What one side needed for a question.
    public struct Answer: Sendable {
        /// Whether the rows are those of the first side; nil where that cannot be said.
        public let isEqual: Bool?
        public let coldMs: Double?
        /// Of the warm runs; nil where none was timed.
        public let warm: Times?
        public let query: String
        public let queryBytes: Int
        public let joins: Int
        public let plan: PlanInWords?
        /// Where it differs, or why there is no answer.
        public let remarks: [String]

        public init(
            isEqual: Bool?, coldMs: Double?, warm: Times?, query: String, queryBytes: Int, joins: Int,
            plan: PlanInWords?, remarks: [String] = []
        ) {
            self.isEqual = isEqual
            self.coldMs = coldMs
            self.warm = warm
            self.query = query
            self.queryBytes = queryBytes
            self.joins = joins
            self.plan = plan
            self.remarks = remarks
        }
    }

    public struct Question: Sendable {
        public let name: String
        public let title: String
        public let question: String
        public let rows: Int
        /// One for each side, nil where the side was not asked.
        public let answers: [Answer?]

        public init(name: String, title: String, question: String, rows: Int, answers: [Answer?]) {
            self.name = name
            self.title = title
            self.question = question
            self.rows = rows
            self.answers = answers
        }
    }

    public let title: String
    /// When it was measured, in milliseconds since the epoch.
    public let computedAt: Int64
    /// What the data are and how it was measured, each as a name and a value.
    public let facts: [(name: String, value: String)]
    /// What a reader has to know to judge it, a sentence each.
    public let method: [String]
    /// The first is the one the others are held against: documents.
    public let sides: [Side]
    /// Those first that cost the first side the most.
    public let questions: [Question]
    /// For each workload one a side.
    public var workloads: [[WorkloadMeasurement]] = []
    /// Of each question and workload, where several numbers of orders were measured.
    public var growth: [Growth] = []

    public init(
        title: String, computedAt: Int64, facts: [(name: String, value: String)], method: [String], sides: [Side],
        questions: [Question]
    ) {
        self.title = title
        self.computedAt = computedAt
        self.facts = facts
        self.method = method
        self.sides = sides
        self.questions = questions
    }
}

extension ComparisonReport.Question {
    /// How many times as long the first side took as another; nil where one of them has no time.
    func ratio(to side: Int) -> Double? {
        guard let own = answers[0]?.warm?.median, let other = answers[side]?.warm?.median else { return nil }
        return own / max(other, 1e-6)
    }

    var isEqual: Bool { answers.allSatisfy { $0?.isEqual != false } }
}
