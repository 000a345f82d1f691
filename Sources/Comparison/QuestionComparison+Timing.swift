import BSON
import DocumentStore
import Glibc

extension QuestionComparison {
    /// What one database took for one question.
    public struct Measurement: Sendable {
        public enum Model: String, Sendable { case documents, tables }

        public let question: String
        public let database: String
        public let model: Model
        /// How many rows the answer has.
        public let rows: Int
        /// Whether both gave the same rows; times are nil where not.
        public let isEqual: Bool
        /// The first run after the database was opened, its file's pages dropped from the system's cache; nil over a network.
        public var coldMs: Double?
        /// Of the runs after that.
        public var warmMs: (median: Double, p90: Double)?
        /// What all collections of the mapping, or all tables, take with their indexes.
        public let bytesOnDisk: Int64
        public let queryBytes: Int
        public let joins: Int
    }

    /// Times every question whose answers are equal, in an order that is shuffled anew for every round.
    ///
    /// No store may be open at the location meanwhile: what is mapped cannot be dropped from memory.
    ///
    /// - Parameters:
    ///   - runs: how many warm runs each question has, at least one.
    ///   - seed: another number makes other orders.
    /// - Returns: two for each question, documents first; the questions first that cost documents the most against tables.
    public func time(runs: Int, seed: UInt64, progress: (Int) -> Void) throws -> [[Measurement]] {
        var order = SplitMix64(state: seed)
        var pairs = try describe()
        let equal = questions.indices.filter { questions[$0].differences.isEmpty }
        for turn in equal.flatMap({ [($0, 0), ($0, 1)] }).shuffled(using: &order) {
            pairs[turn.0][turn.1].coldMs = try coldRun(questions[turn.0], ofTables: turn.1 == 1)
        }
        let store = try Store(location, options: StoreOptions(readOnly: isEmbedded))
        defer { store.close() }
        let database = try QuestionComparison.open(tables)
        var times = Array(repeating: [[Double](), [Double]()], count: questions.count)
        for round in 0...max(runs, 1) {
            for turn in equal.flatMap({ [($0, 0), ($0, 1)] }).shuffled(using: &order) {
                let question = questions[turn.0]
                let time = try milliseconds {
                    if turn.1 == 0 {
                        _ = try question.documents(store)
                    } else {
                        _ = try database.ask(question.twin, of: question.aggregation, question.arguments)
                    }
                }
                // The first round warms up.
                if round > 0 { times[turn.0][turn.1].append(time) }
            }
            progress(round)
        }
        for index in equal {
            for side in 0..<2 {
                let sorted = times[index][side].sorted()
                pairs[index][side].warmMs = (quantile(sorted, 0.5), quantile(sorted, 0.9))
            }
        }
        return pairs.sorted { cost($0) > cost($1) }
    }

    private func describe() throws -> [[Measurement]] {
        let store = try Store(location)
        defer { store.close() }
        let existing = Set(try store.database.collectionNames())
        var stored: Int64 = 0
        for name in schema.sources.map(\.collection.name) where existing.contains(name) {
            let stats = try store.database.run(["collStats": .string(name)])
            stored += (stats["storageSize"]?.integerValue ?? 0) + (stats["totalIndexSize"]?.integerValue ?? 0)
        }
        let size = try SQLiteDatabase(tables).size()
        return questions.map { question in
            let pipeline = question.pipeline
            let isEqual = question.differences.isEmpty
            return [
                Measurement(
                    question: question.aggregation.name, database: isEmbedded ? "atelier" : "mongodb",
                    model: .documents, rows: question.rows, isEqual: isEqual, bytesOnDisk: stored,
                    queryBytes: pipeline.bytes, joins: pipeline.joins),
                Measurement(
                    question: question.aggregation.name, database: "sqlite", model: .tables, rows: question.rows,
                    isEqual: isEqual, bytesOnDisk: size, queryBytes: question.twin.queryBytes,
                    joins: question.twin.joins),
            ]
        }
    }

    private var isEmbedded: Bool { if case .path? = try? StoreLocation(location) { true } else { false } }

    private func coldRun(_ question: Question, ofTables: Bool) throws -> Double? {
        if ofTables {
            dropFromCache(tables)
            let database = try QuestionComparison.open(tables)
            return try milliseconds {
                _ = try database.ask(question.twin, of: question.aggregation, question.arguments)
            }
        }
        guard isEmbedded else { return nil }
        dropFromCache(location)
        let store = try Store(location, options: StoreOptions(readOnly: true))
        defer { store.close() }
        return try milliseconds { _ = try question.documents(store) }
    }

    private func cost(_ pair: [Measurement]) -> Double {
        guard let documents = pair[0].warmMs?.median, let tables = pair[1].warmMs?.median else { return .infinity }
        return documents / max(tables, 1e-6)
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

private func milliseconds(_ body: () throws -> Void) rethrows -> Double {
    func now() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Double(time.tv_sec) * 1e3 + Double(time.tv_nsec) / 1e6
    }
    let start = now()
    try body()
    return now() - start
}

/// Interpolated between the two nearest of sorted values.
private func quantile(_ sorted: [Double], _ part: Double) -> Double {
    let at = part * Double(sorted.count - 1)
    let below = sorted[Int(at)]
    return below + (sorted[min(Int(at) + 1, sorted.count - 1)] - below) * (at - at.rounded(.down))
}

/// Steele, Lea and Flood's generator (OOPSLA 2014): the same numbers for the same seed.
private struct SplitMix64: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
