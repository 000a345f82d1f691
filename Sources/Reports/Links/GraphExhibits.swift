import Analytics
import BSON
import DocumentStore
import Graph
import Recommendations

/// The shape of a graph: how large it is, how its links are spread, what hangs together.
struct GraphExhibits {
    let graph: Graph
    let purchases: PurchaseLog
    let database: Database

    static let title = "Graph"

    /// What was recorded; `boughtTogether` follows from it and is cut off at the most frequent.
    static let recorded = EdgeType.allCases.filter { $0 != .boughtTogether }
    private static let recordedNames = "--edges " + recorded.map(\.name).joined(separator: ",")

    func section() throws -> LinkSection {
        func section(_ lead: String, _ exhibits: [Exhibit]) -> LinkSection {
            LinkSection(topic: "graph", title: GraphExhibits.title, lead: lead, exhibits: exhibits)
        }
        if graph.nodes.count == 0 {
            return section("The store holds no customers, products or designers to link.", [])
        }
        if graph.edgeCount == 0 {
            return section("Nothing links the customers, products and designers of the store yet.", [try size()])
        }
        let latest = graph.provenance.latest
        let time =
            latest == Graph.noTime
            ? "No link has a time." : "The latest link is of \(HTMLPage.timeText(latest))."
        let degrees = try graph.degrees(EdgeChoice(GraphExhibits.recorded))
        let groups = try Communities(graph, types: GraphExhibits.recorded)
        return section(
            "How customers, products and designers are linked, over all the data. \(time)",
            [
                try size(), spread(degrees.map(\.count)), try best(degrees), try components(degrees),
                try communities(groups, degrees), try NeighborhoodExhibit(self).exhibit(),
            ].compactMap(\.self))
    }

    // MARK: Size

    private func size() throws -> Exhibit {
        var exhibit = Exhibit(
            "graph-size", "Nodes and edges", "What there is, and what happened between it.",
            command: "atelier graph build")
        exhibit.numbers = [("Nodes", graph.nodes.count.readable), ("Edges", graph.edgeCount.readable)]
        let degrees = try graph.degrees(EdgeChoice())
        let nodes = NodeKind.allCases.map { kind -> Document in
            let range = graph.nodes.range(kind)
            let linked = range.count { degrees[$0].count > 0 }
            return [
                "kind": .string(kind.plural), "count": .integer(range.count), "linked": .integer(linked),
                "alone": .integer(range.count - linked),
            ]
        }
        let edges = EdgeType.allCases.map { type -> Document in
            let set = graph.edges(type)
            let weight = set.forward.weights.reduce(0.0) { $0 + Double($1) } / (type.isSymmetric ? 2 : 1)
            return [
                "edges": .string(type.name), "from": .string(type.source.plural), "to": .string(type.target.plural),
                "count": .integer(set.count), "mean": set.count == 0 ? .null : .double(weight / Double(set.count)),
                "weight": .string(type.weightText),
            ]
        }
        exhibit.tables = [
            .init(
                title: "Nodes by kind",
                columns: [
                    Column(name: "kind", type: .string, title: "Nodes"),
                    Column(name: "count", type: .integer, title: "Count"),
                    Column(name: "linked", type: .integer, title: "Linked"),
                    Column(name: "alone", type: .integer, title: "Without a link"),
                ], rows: nodes),
            .init(
                title: "Edges by kind",
                columns: [
                    Column(name: "edges", type: .string, title: "Edges"),
                    Column(name: "from", type: .string, title: "From"),
                    Column(name: "to", type: .string, title: "To"),
                    Column(name: "count", type: .integer, title: "Count"),
                    Column(name: "mean", type: .number, title: "Mean weight"),
                    Column(name: "weight", type: .string, title: "A weight is"),
                ], rows: edges, chart: Chart(kind: .bar, x: "edges", series: nil, y: ["count"])),
        ]
        exhibit.definitions = [
            "Two nodes have at most one edge of a kind, however often it happened.",
            "Of orders, sales count that were not canceled or unavailable; of their lines, goods with a quantity and a price "
                + "above 0. For bought a sale needs a customer; for boughtTogether guests’ sales count too.",
            "Of boughtTogether, pairs count from two sales on that are among the 100 most frequent of either product.",
        ]
        return exhibit
    }

    // MARK: Degrees

    /// How many nodes have how many links, in classes that double.
    private func spread(_ degrees: [Int]) -> Exhibit {
        let kinds = NodeKind.allCases.filter { !graph.nodes.range($0).isEmpty }
        func place(_ degree: Int) -> Int { degree == 0 ? 0 : Int.bitWidth - degree.leadingZeroBitCount }
        let classes = (degrees.map(place).max() ?? 0) + 1
        var counts = [[Int]](repeating: [Int](repeating: 0, count: classes), count: kinds.count)
        for (index, kind) in kinds.enumerated() {
            for node in graph.nodes.range(kind) { counts[index][place(degrees[node])] += 1 }
        }
        let rows = (0..<classes).map { number -> Document in
            let (low, high) = number == 0 ? (0, 0) : (1 << (number - 1), (1 << number) - 1)
            let label = low == high ? low.readable : "\(low.readable)–\(high.readable)"
            return Document(
                [("links", .string(label))]
                    + kinds.enumerated().map { ($1.name, BSONValue.integer(counts[$0][number])) })
        }
        var exhibit = Exhibit(
            "graph-degrees", "How many links each has", "Few have many: how links are spread.",
            command: "atelier graph centrality \(GraphExhibits.recordedNames)")
        exhibit.tables = [
            .init(
                title: "Nodes by their number of links",
                columns: [Column(name: "links", type: .string, title: "Links")]
                    + kinds.map { Column(name: $0.name, type: .integer, title: $0.plural.uppercasedFirst) },
                rows: rows, chart: Chart(kind: .bar, x: "links", series: nil, y: kinds.map(\.name)))
        ]
        exhibit.definitions = ["Links are edges of every kind but boughtTogether, which is cut off at 100 a product."]
        return exhibit
    }

    /// The nodes of each kind with the most links.
    private func best(_ degrees: [(count: Int, weight: Double)]) throws -> Exhibit {
        let best = NodeKind.allCases.flatMap { kind in
            RankedNode.best(3, of: graph.nodes.range(kind).filter { degrees[$0].count > 0 }) {
                Double(degrees[$0].count)
            }
        }.map(\.node)
        let names = try names(best)
        let rows = best.map { node -> Document in
            [
                "node": .string(name(node, names)), "kind": .string(graph.nodes.kind(node).name),
                "links": .integer(degrees[node].count), "weight": .double(degrees[node].weight),
            ]
        }
        var exhibit = Exhibit(
            "graph-hubs", "The largest hubs", hub(degrees, best, names),
            command: "atelier graph centrality \(GraphExhibits.recordedNames)")
        exhibit.tables = [
            .init(
                title: "The nodes of each kind with the most links",
                columns: [
                    Column(name: "node", type: .string, title: "Node"),
                    Column(name: "kind", type: .string, title: "Kind"),
                    Column(name: "links", type: .integer, title: "Links"),
                    Column(name: "weight", type: .number, title: "Weight"),
                ], rows: rows)
        ]
        return exhibit
    }

    private func hub(_ degrees: [(count: Int, weight: Double)], _ best: [Int], _ names: [Int: String]) -> String {
        guard let hub = best.max(by: { (degrees[$0].count, $1) < (degrees[$1].count, $0) }) else {
            return "Nothing is linked but by boughtTogether."
        }
        let share = Double(degrees[hub].count) / Double(max(1, graph.nodes.count - 1))
        let percent = Decimal128(exactly34: share * 100).rounded(toPlaces: 1)
        return
            "The \(graph.nodes.kind(hub).name) \(name(hub, names)) has the most links, "
            + "\(degrees[hub].count.readable): as many as \(percent) % of all other nodes."
    }

    // MARK: Groups

    private func components(_ degrees: [(count: Int, weight: Double)]) throws -> Exhibit {
        let found = Components(graph, types: GraphExhibits.recorded)
        let several = found.sizes.count { $0 > 1 }
        let largest = found.sizes.first ?? 0
        let percent = Decimal128(exactly34: Double(largest) / Double(graph.nodes.count) * 100).rounded(toPlaces: 1)
        var exhibit = Exhibit(
            "graph-components", "What hangs together",
            "The largest component has \(largest.readable) nodes, which is \(percent) % of all.",
            command: "atelier graph components \(GraphExhibits.recordedNames)")
        exhibit.numbers = [
            ("Components of two nodes or more", several.readable),
            ("Nodes without a link", (found.sizes.count - several).readable),
        ]
        exhibit.tables = [
            try groups(
                "The largest components", "Component", found.component, found.sizes, degrees, limit: 5, isDrawn: false)
        ]
        return exhibit
    }

    private func communities(_ found: Communities, _ degrees: [(count: Int, weight: Double)]) throws -> Exhibit? {
        let several = found.sizes.count { $0 > 1 }
        guard several > 0 else { return nil }
        var exhibit = Exhibit(
            "graph-communities", "Communities",
            "Groups with more weight among themselves than chance would put there: customers and what they mostly buy.",
            command: "atelier graph communities \(GraphExhibits.recordedNames)")
        exhibit.numbers = [
            ("Communities of two nodes or more", several.readable),
            ("Modularity", "\(Decimal128(exactly34: found.modularity).rounded(toPlaces: 3))"),
        ]
        exhibit.tables = [
            try groups(
                "The largest communities", "Community", found.community, found.sizes, degrees, limit: 10, isDrawn: true)
        ]
        exhibit.definitions = [
            "Found by Louvain's method. Modularity is the share of the weight within communities beyond what chance would "
                + "put there: above 0.3 the groups are distinct."
        ]
        return exhibit
    }

    /// Groups of two nodes or more: how many of each kind, and the products and designers with the most weight.
    private func groups(
        _ title: String, _ word: String, _ group: [Int], _ sizes: [Int],
        _ degrees: [(count: Int, weight: Double)], limit: Int, isDrawn: Bool
    ) throws -> Exhibit.Table {
        let shown = sizes.prefix(limit).prefix { $0 > 1 }.count
        var kinds = [[Int]](repeating: [0, 0, 0], count: shown)
        var members = [[Int]](repeating: [], count: shown)
        for (node, number) in group.enumerated() where number < shown {
            let kind = graph.nodes.kind(node)
            kinds[number][Int(kind.rawValue)] += 1
            if kind != .customer { members[number].append(node) }
        }
        let best = members.map { nodes in RankedNode.best(3, of: nodes) { degrees[$0].weight }.map(\.node) }
        let names = try names(best.flatMap(\.self))
        let rows = (0..<shown).map { number -> Document in
            [
                "group": .string("\(number + 1)"), "size": .integer(sizes[number]),
                "customers": .integer(kinds[number][0]), "products": .integer(kinds[number][1]),
                "designers": .integer(kinds[number][2]),
                "best": .string(best[number].map { name($0, names) }.joined(separator: ", ")),
            ]
        }
        return .init(
            title: title,
            columns: [
                Column(name: "group", type: .string, title: word),
                Column(name: "size", type: .integer, title: "Nodes"),
                Column(name: "customers", type: .integer, title: "Customers"),
                Column(name: "products", type: .integer, title: "Products"),
                Column(name: "designers", type: .integer, title: "Designers"),
                Column(name: "best", type: .string, title: "Best linked"),
            ], rows: rows,
            chart: isDrawn && shown > 1
                ? Chart(kind: .bar, x: "group", series: nil, y: ["customers", "products"]) : nil)
    }

    // MARK: Names

    /// Names of products and designers. Customers go by their ids, as everywhere in the report.
    func names(_ nodes: [Int]) throws -> [Int: String] {
        try NodeDocuments(database).names(nodes.filter { graph.nodes.kind($0) != .customer }, in: graph)
    }

    /// `WHITE HANGING HEART (85123A)`, or the id alone.
    func name(_ node: Int, _ names: [Int: String]) -> String {
        let id = graph.nodes.idText(node)
        return names[node].map { "\($0) (\(id))" } ?? id
    }
}

extension NodeKind {
    /// `customers`, as people speak of several.
    var plural: String { name + "s" }
}

extension EdgeType {
    /// What an edge's weight counts.
    var weightText: String {
        switch self {
        case .bought: "a sale with the product"
        case .viewed: "a view"
        case .reviewed: "a point of the last review"
        case .met: "a session"
        case .designed: "1 each"
        case .boughtTogether: "a sale with both"
        }
    }
}
