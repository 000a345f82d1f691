import BSON
import DocumentStore

/// What a refresh did.
public enum RefreshKind: String, Sendable {
    /// Nothing had changed.
    case unchanged
    /// What is new was read and added.
    case added
    /// The graph was read anew, as not everything that changed could be told.
    case rebuilt
}

extension Graph {
    /// This graph with what the store has gained since it was read.
    ///
    /// Of collections that are ordered by a time (orders, views, reviews, sessions) the documents from the latest time
    /// known on are read. Where their count together with those read before is not that of the collection (documents were
    /// deleted, or came in with earlier times), and where pairs of products or a time window were asked for and orders
    /// came in, the graph is read anew. Nodes' collections are read again if their count changed. A document that was
    /// changed without a change of these counts and times is not noticed.
    ///
    /// - Throws: what the store throws.
    public func refreshed(from database: Database, _ options: GraphOptions, monitor: GraphMonitor = GraphMonitor())
        throws -> (graph: Graph, kind: RefreshKind)
    {
        func rebuilt() throws -> (Graph, RefreshKind) {
            (try Graph(of: database, options, monitor: monitor), .rebuilt)
        }
        let collections = StoreReader.collections(for: options.types)
        let marks = provenance.collections
        guard provenance.types == options.types, marks.map(\.name) == collections.map(\.name) else {
            return try rebuilt()
        }
        let counts = try collections.map { try database.collection($0.name).estimatedCount() }
        let isWindow = options.from != nil || options.to != nil
        let reader = StoreReader(database, options, monitor)
        var (isChanged, newMarks) = (false, [CollectionMark]())
        for (index, collection) in collections.enumerated() {
            let mark = marks[index]
            if mark.documents == counts[index] && !isWindow {
                newMarks.append(mark)
                continue
            }
            if !isChanged { reader.builder.add(self) }
            isChanged = true
            if isWindow || counts[index] < mark.documents { return try rebuilt() }
            if collection.types.contains(.boughtTogether) && options.types.contains(.boughtTogether) {
                return try rebuilt()
            }
            if collection.time == nil {
                newMarks.append(try reader.read(collection))
            } else {
                let now = try reader.read(collection, since: mark)
                if now.documents < counts[index] { return try rebuilt() }
                newMarks.append(now)
            }
        }
        if !isChanged {
            // As fresh as if it had been read now.
            var provenance = provenance
            provenance.readAt = reader.builder.provenance.readAt
            return (Graph(nodes: nodes, edgeSets: edgeSets, provenance: provenance), .unchanged)
        }
        reader.builder.provenance.collections = newMarks
        return (try reader.finish(), .added)
    }
}

extension GraphBuilder {
    /// Adds a graph's nodes and edges. O(nodes + edges).
    public func add(_ graph: Graph) {
        var numbers: [Node] = []
        for node in 0..<graph.nodes.count {
            let key = graph.nodes.key(node)
            let interner = ids[Int(graph.nodes.kind(node).rawValue)]
            numbers.append(
                Node(number: interner.number(tag: key[0], UnsafeRawBufferPointer(rebasing: key.dropFirst()))))
        }
        for type in EdgeType.allCases {
            let edges = graph.edges(type).forward
            for node in edges.rows {
                for place in edges.row(of: node) {
                    // Of a symmetric type an edge stands in both rows, and adding makes both.
                    let other = edges.neighbor(place)
                    if type.isSymmetric && other < node { continue }
                    add(
                        type, from: numbers[node], to: numbers[other], weight: edges.weights[place],
                        time: edges.times[place])
                }
            }
        }
    }
}
