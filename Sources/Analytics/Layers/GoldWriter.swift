import BSON
import DocumentStore

/// Computes the rows of one gold collection and puts them into place.
///
/// 1. Rows are merged (`$merge`) into a collection beside it, with a name of its own for every refresh.
/// 2. `refreshes` is told that rows are about to be put into place.
/// 3. `$out` replaces the gold collection by that one, in one step.
/// 4. `refreshes` is told what is there now.
///
/// Killed before 3, the old rows stand; killed after it, the new ones; in both cases all of them. After a refresh that was
/// killed between 2 and 4 the next one is full.
struct GoldWriter {
    private let database: Database
    private let aggregation: SavedAggregation
    private let time: Int64
    private let token: String
    private let staging: String

    /// - Parameter time: of the refresh, in milliseconds since 1970-01-01.
    init(_ database: Database, _ aggregation: SavedAggregation, at time: Int64) {
        self.database = database
        self.aggregation = aggregation
        self.time = time
        let number = String(UInt32.random(in: .min ... .max), radix: 36)
        token = "\(time)_\(number)"
        staging = "\(aggregation.goldName)_next_\(token)"
    }

    /// Computes and puts into place; says how many rows there are, and how many of them were computed.
    func write(_ work: Refresher.Work, _ arguments: Arguments, keeping before: GoldState?) throws -> (
        rows: Int, computed: Int
    ) {
        try dropLeftovers()
        let gold = database.collection(aggregation.goldName)
        let next = database.collection(staging)
        do {
            var kept = 0
            switch work {
            case .nothing: return (before?.rows ?? 0, 0)
            case .everything: try merge(aggregation.stages(arguments))
            case .windows(let windows, let rule):
                let stays: Document = [
                    "$nor": .array(BSONArray(documents: windows.map { rule.names($0.replaced, of: "_id") }))
                ]
                _ = try gold.aggregate([["$match": .document(stays)], ["$merge": .document(target)]])
                kept = try next.count()
                for window in windows {
                    try merge(
                        aggregation.stages(arguments.limited(to: window.read, by: rule))
                            + [["$match": .document(rule.names(window.replaced, of: rule.key))]])
                }
            }
            let rows = try next.count()
            let writing: Document = ["$set": ["writing": .string(token)]]
            try database.collection(GoldState.collection)
                .updateOne(["_id": .string(aggregation.goldName)], writing, upsert: true).orThrow()
            _ = try next.aggregate([["$sort": ["_id": 1]], ["$out": .string(aggregation.goldName)]])
            try next.drop()
            return (rows, rows - kept)
        } catch {
            _ = try? next.drop()
            throw error
        }
    }

    /// Notes what is in place now.
    /// - Throws: `writeConflict` where another refresh of the same collection was under way; the next one will be full.
    func settle(_ state: GoldState) throws {
        let mine: Document = ["_id": .string(state.name), "writing": .string(token)]
        let result = try database.collection(GoldState.collection).replaceOne(mine, state.document)
        try result.orThrow()
        guard result.matched == 1 else {
            let unsettled: Document = ["$set": ["writing": .string(token)]]
            try database.collection(GoldState.collection).updateOne(
                ["_id": .string(state.name)], unsettled, upsert: true
            )
            .orThrow()
            throw AtelierError(
                .writeConflict, "another refresh of \(state.name) was under way", advice: "Run the refresh again.")
        }
    }

    /// Runs stages and merges their rows into the collection beside the gold one.
    private func merge(_ stages: [Document]) throws {
        var fields: [(String, BSONValue)] = [(Refresher.timeField, .date(time))]
        var ending: [Document] = []
        if case .byPeriod(let rule) = aggregation.refresh {
            // A key of null is none to merge by: the documents without a date share a name that no period has.
            fields.insert(("_id", ["$ifNull": [.string("$" + rule.key), "unknown"]]), at: 0)
        } else if !aggregation.columns.contains(where: { $0.name == "_id" }) {
            // The deployment numbers rows without an _id in the order they come.
            ending.append(["$project": ["_id": 0]])
        }
        ending += [["$addFields": .document(Document(fields))], ["$merge": .document(target)]]
        do {
            _ = try database.collection(aggregation.collection).aggregate(stages + ending, allowDiskUse: true)
        } catch var error as AtelierError {
            error.location = error.location.map { "\(aggregation.name): \($0)" } ?? aggregation.name
            throw error
        }
    }

    /// A row with the `_id` of another is an error: one of them would be lost.
    private var target: Document { ["into": .string(staging), "whenMatched": "fail", "whenNotMatched": "insert"] }

    /// What refreshes that were killed have left: those of more than an hour ago, as another may be at work.
    private func dropLeftovers() throws {
        let prefix = aggregation.goldName + "_next_"
        for name in try database.collectionNames() where name.hasPrefix(prefix) {
            let started = name.dropFirst(prefix.count).split(separator: "_").first.flatMap { Int64($0) }
            if let started, started < time - 3_600_000 { try database.collection(name).drop() }
        }
    }
}

extension PeriodRule {
    /// The condition that a field is the name of one of these periods.
    fileprivate func names(_ periods: (first: Int?, last: Int?), of field: String) -> Document {
        var bounds: [(String, BSONValue)] = []
        if let first = periods.first { bounds.append(("$gte", .string(period.name(of: first)))) }
        if let last = periods.last { bounds.append(("$lte", .string(period.name(of: last)))) }
        return bounds.isEmpty ? [:] : [field: .document(Document(bounds))]
    }
}

extension Arguments {
    /// The same with the dates limited to these periods.
    fileprivate func limited(to periods: (first: Int?, last: Int?), by rule: PeriodRule) -> Arguments {
        var values = values
        func start(_ number: Int) -> BSONValue { .date(Int64(rule.period.firstDay(of: number)) * millisecondsOfDay) }
        if let first = periods.first { values[rule.from] = start(first) }
        if let last = periods.last { values[rule.to] = start(last + 1) }
        return Arguments(values: values)
    }
}
