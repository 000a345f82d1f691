import BSON

/// What links customers, products and designers: numbered nodes, and edges of several types with weight and time.
///
/// Immutable and thread-safe. Nodes are numbers; `nodes` knows their ids. Build one from a store with
/// `Graph(of:types:)`, from edges of your own with `GraphBuilder`, or from a file with `Graph(snapshot:)`.
public final class Graph: Sendable {
    /// The time of an edge that has none.
    public static let noTime = Int64.min

    public let nodes: NodeTable
    /// By the type's raw value; a type that was not read has no edges.
    let edgeSets: [EdgeSet]
    /// What the graph was read from.
    public let provenance: Provenance

    init(nodes: NodeTable, edgeSets: [EdgeSet], provenance: Provenance) {
        self.nodes = nodes
        self.edgeSets = edgeSets
        self.provenance = provenance
    }

    /// The edges of a type.
    public func edges(_ type: EdgeType) -> EdgeSet { edgeSets[Int(type.rawValue)] }

    /// The rows to look in to follow edges of a type: one set for a direction, both for `both` (one, where the type is
    /// symmetric).
    public func adjacencies(_ type: EdgeType, _ direction: Direction) -> [Adjacency] {
        let edges = edges(type)
        switch direction {
        case .out: return [edges.forward]
        case .in: return [edges.reverse]
        case .both: return type.isSymmetric ? [edges.forward] : [edges.forward, edges.reverse]
        }
    }

    /// How many edges of all types there are.
    public var edgeCount: Int { edgeSets.reduce(0) { $0 + $1.count } }

    /// What the edges take in memory, in bytes, both directions together.
    public var edgeBytes: Int {
        edgeSets.reduce(0) { $0 + $1.forward.byteCount + ($1.type.isSymmetric ? 0 : $1.reverse.byteCount) }
    }

    /// What the nodes take in memory, in bytes.
    public var nodeBytes: Int { nodes.offsets.byteCount + nodes.keys.byteCount }
}

/// What a graph was read from, and when.
public struct Provenance: Sendable, Equatable {
    /// When reading began, in milliseconds since 1970; `Graph.noTime` for a graph that was not read from a store.
    public var readAt = Graph.noTime
    /// The latest time of any edge; `Graph.noTime` where none has one.
    public var latest = Graph.noTime
    /// The types that were asked for; others have no edges because nobody read them.
    public var types = Set(EdgeType.allCases)
    /// Per collection, how far it was read: what `refreshed(from:)` starts from.
    public var collections: [CollectionMark] = []
    /// The moment in a MongoDB deployment's change stream before it was read; nil where there is none.
    var resumeToken: Document?
    /// How it is known that nothing newer was there when it was read.
    public var freshness = Freshness.read

    public init() {}

    /// `{readAt, latest, freshness}`: the time of a graph's data, as answers state it.
    public var time: Document {
        func date(_ time: Int64) -> BSONValue { time == Graph.noTime ? .null : .date(time) }
        return [
            "readAt": date(readAt), "latest": date(latest), "freshness": .string(freshness.rawValue),
        ]
    }
}

/// How it is known that a graph has everything its store had at `readAt`.
public enum Freshness: String, CaseIterable, Sendable {
    /// All of it was read then.
    case read
    /// The store told which collections had changed, and these were read.
    case states
    /// A MongoDB deployment's change stream told which collections had changed, and these were read. It has writes that a
    /// majority of the replica set has.
    case changes
    /// Collections whose count or latest time had changed were read; a document changed in place may have been missed.
    case counts
    /// It comes from a file and was compared with no store.
    case snapshot
}

/// How far a collection was read.
public struct CollectionMark: Sendable, Equatable {
    public let name: String
    /// How many documents there were.
    public var documents: Int
    /// The highest value of the field that orders the collection in time; `Graph.noTime` where there is none.
    public var latest: Int64
    /// Hashes of the ids of the documents that have that time.
    public var atLatest: [UInt64]
    /// The state it was in; nil where the deployment does not tell.
    public var state: CollectionState?

    public init(
        name: String, documents: Int = 0, latest: Int64 = Graph.noTime, atLatest: [UInt64] = [],
        state: CollectionState? = nil
    ) {
        self.state = state
        self.name = name
        self.documents = documents
        self.latest = latest
        self.atLatest = atLatest
    }
}
