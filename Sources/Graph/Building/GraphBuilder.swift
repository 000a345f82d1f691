import BSON

/// Collects nodes and edges and makes a graph of them. For one thread at a time.
///
/// ```swift
/// let builder = GraphBuilder()
/// builder.add(.bought, from: builder.node(.customer, "c1"), to: builder.node(.product, "p1"), time: at)
/// let graph = try builder.finish()
/// ```
public final class GraphBuilder {
    /// A node by the builder's own number, which is not the graph's.
    public struct Node: Sendable, Hashable {
        let number: UInt32
    }

    struct Edge: BitwiseCopyable {
        var time: Int64
        var source: UInt32
        var target: UInt32
        var weight: Float
    }

    let ids = NodeKind.allCases.map { _ in Interner() }
    var edges = EdgeType.allCases.map { _ in GrowingList<Edge>() }
    public var provenance = Provenance()

    public init() {}

    /// The node with this id, new where it was not seen before.
    public func node(_ kind: NodeKind, _ id: String) -> Node {
        var id = id
        return id.withUTF8 { text in
            Node(number: ids[Int(kind.rawValue)].number(tag: NodeKey.text, UnsafeRawBufferPointer(text)))
        }
    }

    /// The node with this id, new where it was not seen before; nil where the value is missing or null.
    public func node(_ kind: NodeKind, _ id: ValueView) -> Node? {
        ids[Int(kind.rawValue)].number(of: id).map { Node(number: $0) }
    }

    /// Adds an edge. Several between two nodes become one, as the type says. An edge of a symmetric type is added once,
    /// in either direction; one from a node to itself is left out.
    ///
    /// - Parameters:
    ///   - source: of the kind `type.source`.
    ///   - target: of the kind `type.target`.
    ///   - weight: above 0; others are left out.
    @inline(__always)
    public func add(_ type: EdgeType, from source: Node, to target: Node, weight: Float = 1, time: Int64 = Graph.noTime)
    {
        guard weight > 0 && weight.isFinite else { return }
        let edge = Edge(time: time, source: source.number, target: target.number, weight: weight)
        if type.isSymmetric {
            if source == target { return }
            edges[Int(type.rawValue)].append(
                Edge(time: time, source: target.number, target: source.number, weight: weight))
        }
        edges[Int(type.rawValue)].append(edge)
    }

    /// The graph of what was added. O(nodes · log nodes + edges). The builder is spent.
    ///
    /// - Throws: `overflow` where there are 2³² nodes or more.
    public func finish() throws -> Graph {
        let (nodes, numbers) = try sortedNodes()
        var sets: [EdgeSet] = []
        for type in EdgeType.allCases {
            let index = Int(type.rawValue)
            let source = (nodes.range(type.source), numbers[Int(type.source.rawValue)])
            let target = (nodes.range(type.target), numbers[Int(type.target.rawValue)])
            let forward = EdgeSorter(edges[index].elements, source, target).rows(merging: type.merging)
            edges[index] = GrowingList()
            sets.append(
                EdgeSet(
                    type: type, forward: forward,
                    reverse: type.isSymmetric ? forward : forward.transposed(to: nodes.range(type.target))))
        }
        for set in sets { provenance.latest = max(provenance.latest, set.forward.times.max() ?? Graph.noTime) }
        return Graph(nodes: nodes, edgeSets: sets, provenance: provenance)
    }

    /// The nodes in their order, and each builder's number's number in it.
    private func sortedNodes() throws -> (NodeTable, numbers: [[UInt32]]) {
        let count = ids.reduce(0) { $0 + $1.count }
        guard count < UInt32.max else {
            throw AtelierError(.overflow, "a graph has fewer than 2³² nodes, found \(count)")
        }
        var starts = [0]
        var numbers: [[UInt32]] = []
        var orders: [[UInt32]] = []
        for interner in ids {
            let order = interner.sortedNumbers()
            var ranks = [UInt32](repeating: 0, count: order.count)
            for (rank, number) in order.enumerated() { ranks[Int(number)] = UInt32(starts.last! + rank) }
            starts.append(starts.last! + order.count)
            numbers.append(ranks)
            orders.append(order)
        }
        let bytes = ids.reduce(0) { $0 + $1.offsets[$1.count] }
        let offsets = PackedColumn<UInt64>(count: count + 1) { $0[0] = 0 }
        let writable = UnsafeMutablePointer(mutating: offsets.pointer)
        let keys = PackedColumn<UInt8>(count: bytes) { keys in
            var (node, position) = (0, 0)
            for (interner, order) in zip(ids, orders) {
                for number in order {
                    let key = interner.key(Int(number))
                    UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(keys)[position...])
                        .copyMemory(from: key)
                    position += key.count
                    node += 1
                    writable[node] = UInt64(position)
                }
            }
        }
        return (NodeTable(starts: starts, offsets: offsets, keys: keys), numbers)
    }
}

extension Interner {
    /// The numbers in the order of their keys. O(n) where they came in order, otherwise O(n · log n).
    fileprivate func sortedNumbers() -> [UInt32] {
        struct Entry {
            /// The key's first eight bytes after the tag, as a number that orders like them.
            var head: UInt64
            var number: UInt32
        }
        var entries: [Entry] = []
        entries.reserveCapacity(count)
        for number in 0..<count {
            let key = key(number)
            var head: UInt64 = 0
            for i in 0..<8 { head = head << 8 | (i < key.count ? UInt64(key[i]) : 0) }
            entries.append(Entry(head: head, number: UInt32(number)))
        }
        func precedes(_ a: Entry, _ b: Entry) -> Bool {
            if a.head != b.head { return a.head < b.head }
            return NodeTable.compare(key(Int(a.number)), key(Int(b.number))) < 0
        }
        var isSorted = true
        for i in entries.indices.dropFirst() where !precedes(entries[i - 1], entries[i]) {
            isSorted = false
            break
        }
        if !isSorted { entries.sort(by: precedes) }
        return entries.map(\.number)
    }
}
