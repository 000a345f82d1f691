import BSON
import Platform
import Synchronization

/// Finds all sets of items that many baskets hold together.
public struct ItemsetMiner: Sendable {
    /// How many baskets have to hold a set.
    public enum Threshold: Sendable, Equatable {
        /// This part of all baskets, more than none and at most all.
        case support(DecimalRatio)
        /// At least one.
        case count(Int)

        func leastCount(of total: Int) -> Int {
            switch self {
            case .support(let ratio): max(1, ratio.leastCount(of: total))
            case .count(let count): max(1, count)
            }
        }
    }

    public var threshold: Threshold
    /// The most items of a set; nil for any number.
    public var maximumSize: Int?
    public var threads: Int
    public var monitor: MiningMonitor
    public let budget: MemoryBudget

    /// - Parameter threads: nil for as many as there are processors. The result is the same for any number.
    public init(
        threshold: Threshold, maximumSize: Int? = nil, budget: MemoryBudget = MemoryBudget(), threads: Int? = nil,
        monitor: MiningMonitor = MiningMonitor()
    ) {
        self.threshold = threshold
        self.maximumSize = maximumSize
        self.budget = budget
        self.threads = threads ?? SideBySide.processors
        self.monitor = monitor
    }

    /// All frequent sets of the baskets.
    ///
    /// - Throws: `queryExceededMemory` where the budget does not do; what the monitor throws.
    /// - Complexity: grows with the number of frequent sets, which can be exponential in the items of a basket.
    public func mine(_ baskets: Baskets) throws -> FrequentSets {
        let database = try MiningDatabase(
            baskets, minimumCount: threshold.leastCount(of: baskets.count), budget)
        // The first items are handed out from the rarest on. Ranks of a thread ascend, so that its trees do too.
        let work = MiningWork(database, self)
        let threads = max(1, min(threads, database.itemCount / 8, 64))
        do {
            try SideBySide.share(database.itemCount, threads: threads) { try work.mine($0) }
        } catch {
            work.discard()
            throw error
        }
        return work.result()
    }
}

/// What the threads of one mining share.
private final class MiningWork: Sendable {
    private struct State {
        var miners: [PrefixMiner] = []
        /// By rank: which miner has its tree, and where.
        var places: [(miner: Int, root: Int)]
    }

    private let database: MiningDatabase
    private let options: ItemsetMiner
    private let done = Atomic<Int>(0)
    private let state: Mutex<State>

    init(_ database: MiningDatabase, _ options: ItemsetMiner) {
        self.database = database
        self.options = options
        state = Mutex(State(places: Array(repeating: (0, 0), count: database.itemCount)))
    }

    /// Mines items until there are none left, or some thread has failed.
    func mine(_ items: Shares) throws {
        let monitor = MiningMonitor(
            check: { [self] in
                if items.isStopped { throw Stopped() }
                try options.monitor.check()
            }, report: options.monitor.report)
        var miner = try PrefixMiner(
            database, maximumSize: options.maximumSize ?? .max, monitor: monitor, budget: options.budget)
        var roots: [(rank: Int, root: Int)] = []
        do {
            while let rank = items.next()?.lowerBound {
                roots.append((rank, try miner.mine(rank)))
                options.monitor.report(done.add(1, ordering: .relaxed).newValue, database.itemCount)
            }
        } catch {
            miner.freeScratch()
            miner.freeNodes()
            if error is Stopped { return }
            throw error
        }
        miner.freeScratch()
        state.withLock { state in
            for (rank, root) in roots { state.places[rank] = (state.miners.count, root) }
            state.miners.append(miner)
        }
    }

    /// Frees what was found before some thread failed.
    func discard() {
        state.withLock { state in
            for index in state.miners.indices { state.miners[index].freeNodes() }
            state.miners = []
        }
    }

    func result() -> FrequentSets {
        state.withLock { state in
            let roots = state.places.map { state.miners[$0.miner].nodes.base + $0.root }
            let count = state.miners.reduce(0) { $0 + $1.nodeCount }
            return FrequentSets(
                database: database, roots: roots, count: count, buffers: state.miners.map(\.nodes))
        }
    }

    private struct Stopped: Error {}
}
