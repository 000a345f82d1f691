import BSON
import DocumentStore

/// The documents that nodes stand for, where a question needs them: filters, and names for people.
public struct NodeDocuments: Sendable {
    private let database: Database?
    /// How many ids are asked for at once.
    private static let batch = 1000

    /// - Parameter database: nil for a graph without a store, of which no such question can be answered.
    public init(_ database: Database?) { self.database = database }

    /// Those of some nodes whose documents match, in their order. A node without a document matches nothing.
    ///
    /// - Throws: `illegalOperation` where there is no store; what the store throws, for example for a filter that is none.
    public func matching(_ filter: Document, _ nodes: [Int], in graph: Graph) throws -> [Int] {
        if filter.isEmpty { return nodes }
        var found = Set<Int>()
        try each(nodes, graph, filter, ["_id": 1]) { node, _ in found.insert(node) }
        return nodes.filter(found.contains)
    }

    /// The `name` of each node's document, where it has one. Without a store there are none.
    public func names(_ nodes: [Int], in graph: Graph) throws -> [Int: String] {
        guard database != nil else { return [:] }
        var names: [Int: String] = [:]
        try each(nodes, graph, [:], ["name": 1]) { node, document in
            let name = document.find("name")
            if name.type == .string { names[node] = name.asString }
        }
        return names
    }

    private func each(
        _ nodes: [Int], _ graph: Graph, _ filter: Document, _ projection: Document,
        _ body: @escaping (Int, DocumentView) -> Void
    ) throws {
        guard let database else {
            throw AtelierError(
                .illegalOperation, "filters on nodes need the store's documents, and there is only a snapshot",
                advice: "Name the store with --store, or filter edges instead.")
        }
        for kind in NodeKind.allCases {
            let range = graph.nodes.range(kind)
            let wanted = nodes.filter(range.contains)
            var start = 0
            while start < wanted.count {
                let ids = wanted[start..<min(start + NodeDocuments.batch, wanted.count)].map(graph.nodes.id)
                start += ids.count
                let cursor = try database.collection(kind.collection).find(
                    ["$and": [["_id": ["$in": .array(BSONArray(ids))]], .document(filter)]], projection: projection)
                let take: (DocumentView) -> Void = { document in
                    if let node = graph.nodes.find(kind, id: BSONValue(copying: document.find("_id"))) {
                        body(node, document)
                    }
                }
                while try cursor.withNext(take) != nil {}
            }
        }
    }
}
