import BSON
import DocumentStore

/// What a refresh did.
public enum RefreshKind: String, Sendable {
    /// Nothing had changed.
    case unchanged
    /// What is new was read and added.
    case added
    /// Collections that changed were read anew, the edges of the others stayed.
    case replaced
    /// The graph was read anew, as not everything that changed could be told.
    case rebuilt
}

extension Graph {
    /// This graph as the store is now.
    ///
    /// Where the deployment tells which state collections are in, as Atelier's own does, only those that changed are read:
    /// what is new of one that only had insertions, the whole of others. A change stream tells the same of a MongoDB replica
    /// set. Where there is neither, counts and times have to do:
    /// of collections that are ordered by a time (orders, views, reviews, sessions) the documents from the latest time
    /// known on are read; where their count together with those read before is not that of the collection, the graph is
    /// read anew; nodes' collections are read again if their count changed. A document that was changed in place is not
    /// noticed then. `provenance.freshness` says which it was. Pairs of products are counted anew whenever orders
    /// changed, and so is everything in a time window.
    ///
    /// - Throws: what the store throws.
    public func refreshed(from database: Database, _ options: GraphOptions, monitor: GraphMonitor = GraphMonitor())
        throws -> (graph: Graph, kind: RefreshKind)
    {
        let collections = StoreReader.collections(for: options.types)
        let marks = provenance.collections
        guard provenance.types == options.types, marks.map(\.name) == collections.map(\.name) else {
            return (try Graph(of: database, options, monitor: monitor), .rebuilt)
        }
        let refresh = Refresh(graph: self, database: database, options: options, monitor: monitor)
        let known = marks.compactMap(\.state)
        if known.count == marks.count, let now = try CollectionState.read(marks.map(\.name), in: database) {
            return try refresh.byStates(collections, known, now)
        }
        if let token = provenance.resumeToken {
            return try refresh.byEvents(collections, since: token)
        }
        return try refresh.byCounts(collections)
    }
}

/// Brings one graph up to date.
private struct Refresh {
    let graph: Graph
    let database: Database
    let options: GraphOptions
    let monitor: GraphMonitor

    private var isWindow: Bool { options.from != nil || options.to != nil }
    private var marks: [CollectionMark] { graph.provenance.collections }

    private func rebuilt() throws -> (Graph, RefreshKind) {
        (try Graph(of: database, options, monitor: monitor), .rebuilt)
    }

    /// The graph, as fresh as if it had been read now.
    private func unchanged(_ reader: StoreReader, _ freshness: Freshness) -> (Graph, RefreshKind) {
        var provenance = graph.provenance
        provenance.readAt = reader.builder.provenance.readAt
        provenance.freshness = freshness
        return (Graph(nodes: graph.nodes, edgeSets: graph.edgeSets, provenance: provenance), .unchanged)
    }

    // MARK: By the collections' states

    func byStates(_ collections: [GraphCollection], _ known: [CollectionState], _ now: [CollectionState]) throws
        -> (Graph, RefreshKind)
    {
        let reader = StoreReader(database, options, monitor)
        let changes = zip(known, now).map { $0.change(to: $1) }
        if changes.allSatisfy({ $0 == .none }) { return unchanged(reader, .states) }
        if isWindow { return try rebuilt() }
        let kind = try add(changes, of: collections, to: reader) { index in
            try reader.read(collections[index], since: marks[index], skipping: known[index].count)
        }
        guard let kind else { return try rebuilt() }
        try reader.setStates(now)
        reader.builder.provenance.freshness = .states
        return (try reader.finish(), kind)
    }

    // MARK: By a change stream

    func byEvents(_ collections: [GraphCollection], since token: Document) throws -> (Graph, RefreshKind) {
        let reader = StoreReader(database, options, monitor)
        let stream = ChangeStream(database: database, names: collections.map(\.name))
        guard let (changes, now) = try stream.changes(since: token) else { return try rebuilt() }
        // What happens from here on, the next refresh hears of; reading some of it twice is no harm, as whole collections
        // are read, or documents after a time that are told apart by their ids.
        if changes.allSatisfy({ $0 == .none }) {
            let (same, kind) = unchanged(reader, .changes)
            var provenance = same.provenance
            provenance.resumeToken = now
            return (Graph(nodes: same.nodes, edgeSets: same.edgeSets, provenance: provenance), kind)
        }
        if isWindow { return try rebuilt() }
        let kind = try add(changes, of: collections, to: reader) { index in
            guard collections[index].time != nil else { return try reader.read(collections[index]) }
            let count = try database.collection(collections[index].name).estimatedCount()
            let mark = try reader.read(collections[index], since: marks[index])
            // Documents with earlier times came in.
            return mark.documents < count ? nil : mark
        }
        guard let kind else { return try rebuilt() }
        reader.builder.provenance.resumeToken = now
        reader.builder.provenance.freshness = .changes
        return (try reader.finish(), kind)
    }

    /// Adds what stays and what has changed.
    ///
    /// - Parameter readNew: reads what is new of a collection that only had insertions; nil where that cannot be told.
    /// - Returns: nil where everything has to be read anew.
    private func add(
        _ changes: [CollectionState.Change], of collections: [GraphCollection], to reader: StoreReader,
        readNew: (Int) throws -> CollectionMark?
    ) throws -> RefreshKind? {
        var changes = changes
        for (index, collection) in collections.enumerated() where changes[index] == .insertions {
            // The pairs that were below the least count are not known.
            if collection.types.contains(.boughtTogether) && options.types.contains(.boughtTogether) {
                changes[index] = .any
            }
        }
        let hasReplaced = changes.contains(.any)
        if hasReplaced {
            // Which nodes have documents is not known either: those of what is gone go only if all are read again.
            for (index, collection) in collections.enumerated() where collection.nodes != nil { changes[index] = .any }
        }
        let kept = collections.indices.filter { changes[$0] != .any }.flatMap { collections[$0].types }
        reader.builder.add(graph, types: Set(kept), withNodes: !hasReplaced)
        for (index, collection) in collections.enumerated() {
            switch changes[index] {
            case .none: reader.builder.provenance.collections.append(marks[index])
            case .insertions:
                guard let mark = try readNew(index) else { return nil }
                reader.builder.provenance.collections.append(mark)
            case .any: reader.builder.provenance.collections.append(try reader.read(collection))
            }
        }
        return hasReplaced ? .replaced : .added
    }

    // MARK: By counts and times

    func byCounts(_ collections: [GraphCollection]) throws -> (Graph, RefreshKind) {
        let counts = try collections.map { try database.collection($0.name).estimatedCount() }
        let reader = StoreReader(database, options, monitor)
        var (isChanged, newMarks) = (false, [CollectionMark]())
        for (index, collection) in collections.enumerated() {
            let mark = marks[index]
            if mark.documents == counts[index] && !isWindow {
                newMarks.append(mark)
                continue
            }
            if !isChanged { reader.builder.add(graph) }
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
        guard isChanged else { return unchanged(reader, .counts) }
        reader.builder.provenance.collections = newMarks
        reader.builder.provenance.freshness = .counts
        return (try reader.finish(), .added)
    }
}

extension GraphBuilder {
    /// Adds a graph's edges and nodes. O(nodes + edges).
    ///
    /// - Parameters:
    ///   - types: the edges to add.
    ///   - withNodes: whether to add nodes too that none of these edges has.
    public func add(_ graph: Graph, types: Set<EdgeType> = Set(EdgeType.allCases), withNodes: Bool = true) {
        var wanted = [Bool](repeating: withNodes, count: graph.nodes.count)
        if !withNodes {
            for type in types {
                let edges = graph.edges(type).forward
                for node in edges.rows where !edges.row(of: node).isEmpty { wanted[node] = true }
                for target in edges.targets { wanted[Int(target)] = true }
            }
        }
        let numbers = (0..<graph.nodes.count).map { node -> Node in
            guard wanted[node] else { return Node(number: .max) }
            let key = graph.nodes.key(node)
            let interner = ids[Int(graph.nodes.kind(node).rawValue)]
            return Node(number: interner.number(tag: key[0], UnsafeRawBufferPointer(rebasing: key.dropFirst())))
        }
        for type in EdgeType.allCases where types.contains(type) {
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
