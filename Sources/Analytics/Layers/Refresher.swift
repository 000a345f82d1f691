import BSON
import DocumentStore
import Glibc

/// Keeps saved aggregations as gold collections: computes what has changed, and puts it into place as a whole.
///
/// New rows are merged into a collection of their own beside the gold one, which `$out` then replaces in one step; readers
/// see all of the old rows or all of the new ones, whenever the refresh ends. What is kept about each is in `refreshes`.
/// Sources are read once a refresher, however many aggregations start from them; make a new one for each refresh.
public final class Refresher {
    private let database: Database
    /// What the sources hold, by collection, as far as they have been read.
    private var digests: [String: ContentDigest] = [:]
    private var digestFields: [String: Set<String>] = [:]

    /// The field that says when a row was computed.
    public static let timeField = "refreshedAt"

    public init(_ database: Database) { self.database = database }

    /// Brings gold collections up to date.
    ///
    /// An aggregation that fails is reported and stops no other.
    /// - Parameters:
    ///   - full: compute everything anew, changed or not.
    ///   - advance: told before each one.
    /// - Throws: what reading `refreshes` or the sources throws, and interruptions.
    public func refresh(
        _ requests: [(aggregation: SavedAggregation, arguments: Arguments)], full: Bool = false,
        advance: (_ done: Int, _ of: Int, _ name: String) -> Void = { _, _, _ in }
    ) throws -> [RefreshReport] {
        for (aggregation, _) in requests {
            if case .byPeriod(let rule) = aggregation.refresh {
                digestFields[aggregation.collection, default: []].insert(rule.field)
            }
        }
        var reports: [RefreshReport] = []
        for (index, (aggregation, arguments)) in requests.enumerated() {
            advance(index, requests.count, aggregation.name)
            do {
                reports.append(try refresh(aggregation, arguments, full: full))
            } catch let error as AtelierError where error.code != .interrupted && error.code != .hostUnreachable {
                let before = try GoldState.named(aggregation.goldName, in: database)
                reports.append(
                    RefreshReport(
                        gold: aggregation.goldName, aggregation: aggregation.name, outcome: .failed,
                        reason: error.message, rows: before?.rows, computed: 0, refreshedAt: before?.refreshedAt,
                        seconds: 0, error: error))
            }
        }
        return reports
    }

    private func refresh(_ aggregation: SavedAggregation, _ arguments: Arguments, full: Bool) throws -> RefreshReport {
        let started = Refresher.clock(CLOCK_MONOTONIC)
        let now = Int64(Refresher.clock(CLOCK_REALTIME) * 1000)
        let gold = aggregation.goldName
        let stages = aggregation.stages(arguments)
        let sources = PipelineSources(stages)
        var contents: [String: ContentDigest] = [:]
        for name in sources.joined.union([aggregation.collection]) { contents[name] = try digest(of: name) }
        let before = try GoldState.named(gold, in: database)
        let pipeline = Document([("pipeline", .array(BSONArray(documents: stages)))]).withView {
            ContentHash.of($0.bytes)
        }

        let plan = try plan(aggregation, arguments, sources, contents, pipeline, before, full: full)
        if case .nothing = plan.work, let before {
            let checked: Document = ["$set": ["checkedAt": .date(now)]]
            try database.collection(GoldState.collection).updateOne(["_id": .string(gold)], checked).orThrow()
            return RefreshReport(
                gold: gold, aggregation: aggregation.name, outcome: .unchanged, reason: plan.reason, rows: before.rows,
                computed: 0, refreshedAt: before.refreshedAt, seconds: Refresher.clock(CLOCK_MONOTONIC) - started,
                error: nil)
        }
        let writer = GoldWriter(database, aggregation, at: now)
        let written = try writer.write(plan.work, arguments, keeping: before)
        let seconds = Refresher.clock(CLOCK_MONOTONIC) - started
        var isIncremental = false
        if case .windows = plan.work { isIncremental = true }
        let state = GoldState(
            name: gold, aggregation: aggregation.name, parameters: arguments.document(aggregation.parameters),
            refreshedAt: now, how: isIncremental ? "incremental" : "full", rows: written.rows, seconds: seconds,
            sources: contents, pipeline: pipeline)
        try writer.settle(state)
        return RefreshReport(
            gold: gold, aggregation: aggregation.name, outcome: isIncremental ? .incremental : .full,
            reason: plan.reason, rows: written.rows, computed: written.computed, refreshedAt: now, seconds: seconds,
            error: nil)
    }

    // MARK: What to do

    enum Work {
        case nothing
        case everything
        case windows([PeriodWindow], PeriodRule)
    }

    private func plan(
        _ aggregation: SavedAggregation, _ arguments: Arguments, _ sources: PipelineSources,
        _ contents: [String: ContentDigest], _ pipeline: UInt64, _ before: GoldState?, full: Bool
    ) throws -> (work: Work, reason: String) {
        if full { return (.everything, "asked for") }
        if sources.isVolatile { return (.everything, "depends on the time or on chance") }
        guard let before else { return (.everything, "first time") }
        if before.isUnsettled { return (.everything, "the last refresh did not end") }
        if before.pipeline != pipeline { return (.everything, "other parameters or another definition") }
        guard try isIntact(before) else { return (.everything, "its rows were changed by others") }
        let changed = contents.filter {
            before.sources[$0.key]?.total != $0.value.total
                || before.sources[$0.key]?.documents != $0.value.documents
        }.keys.sorted()
        if changed.isEmpty { return (.nothing, "nothing it reads has changed") }
        let names = changed.joined(separator: ", ") + " changed"
        guard case .byPeriod(let rule) = aggregation.refresh else { return (.everything, names) }
        guard arguments[rule.from] == nil, arguments[rule.to] == nil else {
            return (.everything, "\(names), and it is limited to a time")
        }
        guard changed == [aggregation.collection] else { return (.everything, names) }
        guard let old = before.sources[aggregation.collection], let new = contents[aggregation.collection],
            let oldDays = old.days[rule.field], let newDays = new.days[rule.field],
            old.undated[rule.field] == 0, new.undated[rule.field] == 0
        else { return (.everything, "\(names), and some documents have no \(rule.field)") }
        let days = Set(oldDays.keys).union(newDays.keys).filter { oldDays[$0] != newDays[$0] }
        let periods = Set(days.map(rule.period.number(ofDay:)))
        guard let kept = try keptPeriods(rule, in: aggregation.goldName) else {
            return (.everything, "its rows were changed by others")
        }
        let windows = PeriodWindow.covering(periods, kept: kept, neighbours: rule.neighbours)
        if windows.contains(where: \.isEverything) { return (.everything, "every \(rule.period.rawValue) may differ") }
        let what = periods.count == 1 ? "1 \(rule.period.rawValue)" : "\(periods.count) \(rule.period.rawValue)s"
        return (.windows(windows, rule), "\(what) of \(names)")
    }

    /// Whether the gold collection still has as many rows as were put there.
    private func isIntact(_ state: GoldState) throws -> Bool {
        try database.collection(state.name).count() == state.rows
    }

    /// The periods that have rows; nil where a row is of none, or of one that has another.
    private func keptPeriods(_ rule: PeriodRule, in gold: String) throws -> Set<Int>? {
        var periods = Set<Int>()
        let names = try database.collection(gold).find([:], projection: ["_id": 1]).all().map { $0["_id"]?.stringValue }
        for name in names {
            guard let name, let number = rule.period.number(named: name), periods.insert(number).inserted else {
                return nil
            }
        }
        return periods
    }

    private func digest(of collection: String) throws -> ContentDigest {
        if let digest = digests[collection] { return digest }
        let digest = try ContentDigest(of: database.collection(collection), by: digestFields[collection] ?? [])
        digests[collection] = digest
        return digest
    }

    /// Seconds of a clock.
    private static func clock(_ clock: clockid_t) -> Double {
        var time = timespec()
        clock_gettime(clock, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}
