import BSON
import DocumentStore
import Glibc
import Platform

extension QuestionComparison {
    /// What one side took for one question.
    public struct Measurement: Sendable {
        public let question: String
        public let database: String
        public let model: DataModel
        /// How many rows the answer has; nil where it took too long.
        public let rows: Int?
        /// Whether the rows are those of the first side; nil where one of them took too long. Only equal answers are timed.
        public let isEqual: Bool?
        /// The first run after the database was opened, its file's pages dropped from the system's cache; nil where a server
        /// holds them.
        public var coldMs: Double?
        /// Of the runs after that.
        public var warmMs: Times?
        /// How many warm runs there were; fewer than asked for where they took long.
        public var runs = 0
        /// What all collections of the mapping, or all tables, take with their indexes.
        public let bytesOnDisk: Int64
        /// How far the resident memory of the answering process rose; nil where that cannot be known.
        public var peakMemory: Int64?
        public let queryBytes: Int
        public let joins: Int
        /// How the answer was found, in the side's own words; empty unless asked for.
        public let plan: [String]

        /// Whether the answer took longer than the time limit.
        public var isOverTime: Bool { rows == nil }
    }

    /// Times every question whose answers are equal, in an order that is shuffled anew for every round.
    ///
    /// No store may be open at the location meanwhile: what is mapped cannot be dropped from memory.
    ///
    /// - Parameters:
    ///   - runs: how many warm runs each question has, at least one. A side that has spent the time limit on a question's warm
    ///     runs has no more of them.
    ///   - seed: another number makes other orders.
    ///   - plans: whether to ask for plans too.
    /// - Returns: one a side for each question, in the order of sides; the questions first that cost documents the most against
    ///   tables.
    public func time(runs: Int, seed: UInt64, plans: Bool = false, progress: (Int) -> Void) throws -> [[Measurement]] {
        var order = SeededRandom(seed: seed)
        var measurements = try describe(plans: plans)
        let turns = questions.indices.flatMap { question in
            sides.indices.filter { questions[question].isEqual($0) == true }.map { (question, $0) }
        }
        for turn in turns.shuffled(using: &order) {
            measurements[turn.0][turn.1].coldMs = try coldRun(questions[turn.0], of: sides[turn.1])
        }
        let asked = try sides.map { try $0.open(timeLimit: timeLimit) }
        defer { for side in asked { side.close() } }
        for turn in turns.shuffled(using: &order) {
            let memory = try PeakMemory(of: asked[turn.1].processes())
            _ = try withinTime { try asked[turn.1].ask(questions[turn.0]) }
            measurements[turn.0][turn.1].peakMemory = memory?.rise()
        }
        progress(0)
        var times = Array(repeating: Array(repeating: [Double](), count: sides.count), count: questions.count)
        for round in 1...max(runs, 1) {
            for turn in turns.shuffled(using: &order) {
                if let timeLimit, times[turn.0][turn.1].reduce(0, +) > timeLimit * 1000 { continue }
                let time = try milliseconds { _ = try withinTime { try asked[turn.1].ask(questions[turn.0]) } }
                times[turn.0][turn.1].append(time)
            }
            progress(round)
        }
        for (question, side) in turns {
            measurements[question][side].warmMs = Times(milliseconds: times[question][side])
            measurements[question][side].runs = times[question][side].count
        }
        return measurements.sorted { cost($0) > cost($1) }
    }

    /// Versions and settings of the sides.
    public func descriptions() throws -> [SideDescription] {
        try sides.map { side in
            let asked = try side.open(timeLimit: timeLimit)
            defer { asked.close() }
            return try asked.description()
        }
    }

    private func describe(plans: Bool) throws -> [[Measurement]] {
        let asked = try sides.map { try $0.open(timeLimit: timeLimit) }
        defer { for side in asked { side.close() } }
        let sizes = try asked.map { try $0.bytesOnDisk(schema) }
        return try questions.map { question in
            try sides.indices.map { side in
                let outcome = question.outcomes[side]
                let size = try asked[side].size(of: question)
                return Measurement(
                    question: question.aggregation.name, database: sides[side].database, model: sides[side].model,
                    rows: outcome.isOverTime ? nil : outcome.rows, isEqual: question.isEqual(side),
                    bytesOnDisk: sizes[side], queryBytes: size.bytes, joins: size.joins,
                    plan: plans ? try asked[side].plan(of: question) : [])
            }
        }
    }

    private func coldRun(_ question: Question, of side: Side) throws -> Double? {
        guard !side.files.isEmpty else { return nil }
        for file in side.files { dropFromCache(file) }
        let asked = try side.open(timeLimit: nil)
        defer { asked.close() }
        return try milliseconds { try asked.ask(question) }
    }

    /// How much longer documents took than the quickest tables: where answers differ, more than anything; where documents
    /// alone took too long, more than any number; where tables alone did, or both, nothing.
    private func cost(_ measurements: [Measurement]) -> Double {
        if measurements.contains(where: { $0.isEqual == false }) { return .infinity }
        let tables = measurements.filter { $0.model == .tables }
        guard let documents = measurements[0].warmMs?.median else {
            return tables.contains { !$0.isOverTime } ? .greatestFiniteMagnitude : 0
        }
        return tables.compactMap(\.warmMs?.median).min().map { documents / max($0, 1e-6) } ?? 0
    }
}

/// Asks the system to forget the file's pages. What another process has mapped stays.
private func dropFromCache(_ path: String) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    defer { close(descriptor) }
    fdatasync(descriptor)
    posix_fadvise(descriptor, 0, 0, POSIX_FADV_DONTNEED)
}

func milliseconds(_ body: () throws -> Void) rethrows -> Double {
    let start = monotonicSeconds()
    try body()
    return (monotonicSeconds() - start) * 1000
}
