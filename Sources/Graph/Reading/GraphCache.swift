import DocumentStore
import Synchronization

/// Graphs that were read, kept for the next question: each is brought up to date before it is handed out.
///
/// Thread-safe. Two that ask for the same at once may both read it.
public final class GraphCache: Sendable {
    private struct Key: Hashable {
        let database: String
        let types: Set<EdgeType>
    }

    private struct Entry {
        var graph: Graph
        var lastUse: Int
    }

    private struct State {
        var entries: [Key: Entry] = [:]
        var uses = 0
    }

    private let state = Mutex(State())
    private let capacity: Int

    /// - Parameter capacity: how many graphs are kept; those used last.
    public init(capacity: Int = 4) { self.capacity = capacity }

    /// The graph of a database with these edges, and nothing older than the store.
    ///
    /// - Parameter isForced: whether to read it anew, whatever is known.
    /// - Throws: what reading throws.
    public func graph(
        of database: Database, _ types: Set<EdgeType>, isForced: Bool = false, monitor: GraphMonitor = GraphMonitor()
    ) throws -> Graph {
        let key = Key(database: database.name, types: types)
        let known = isForced ? nil : state.withLock { $0.entries[key]?.graph }
        let options = GraphOptions(types: types)
        let graph =
            try known?.refreshed(from: database, options, monitor: monitor).graph
            ?? Graph(of: database, options, monitor: monitor)
        state.withLock { state in
            state.uses += 1
            state.entries[key] = Entry(graph: graph, lastUse: state.uses)
            if state.entries.count > capacity,
                let oldest = state.entries.min(by: { $0.value.lastUse < $1.value.lastUse })
            {
                state.entries[oldest.key] = nil
            }
        }
        return graph
    }
}
